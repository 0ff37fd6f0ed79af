"""What all tests share: the embedded servers, started once for those that ask."""

import os

from hypothesis import settings

from tests import java_cache

pytest_plugins = ["cryptoviz.local.fixtures"]

# No test of this suite times anything: on a busy machine any example may take its time.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

os.environ.setdefault("JAVA_TOOL_OPTIONS", java_cache.options())


# Where the long tests are; begun last, they would keep one of two processes waiting for the other.
LONG = ("kafka", "end_to_end", "browser", "embedded", "timescale")


def pytest_collection_modifyitems(items):
    """Begin with the long tests."""
    items.sort(
        key=lambda item: LONG.index(d) if (d := item.path.parent.name) in LONG else len(LONG)
    )


def pytest_terminal_summary(terminalreporter):
    """Tell why each first try failed where a second one was made, so that it can be mended."""
    for report in terminalreporter.getreports("rerun"):
        terminalreporter.write_sep("=", f"first try of {report.nodeid}")
        terminalreporter.write_line(report.longreprtext)
