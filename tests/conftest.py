"""What all tests share: the embedded servers, started once for those that ask."""

pytest_plugins = ["cryptoviz.local.fixtures"]
