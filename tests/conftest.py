"""What all tests share: the embedded servers, started once for those that ask."""

from hypothesis import settings

pytest_plugins = ["cryptoviz.local.fixtures"]

# No test of this suite times anything: on a busy machine any example may take its time.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
