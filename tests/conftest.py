"""What all tests share: the embedded servers, started once for those that ask."""

from hypothesis import settings

pytest_plugins = ["cryptoviz.local.fixtures"]

# No test of this suite times anything: on a busy machine any example may take its time.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_terminal_summary(terminalreporter):
    """Tell why each first try failed where a second one was made, so that it can be mended."""
    for report in terminalreporter.getreports("rerun"):
        terminalreporter.write_sep("=", f"first try of {report.nodeid}")
        terminalreporter.write_line(report.longreprtext)
