"""The sink as an app of its own: `faust -A cryptoviz.sink worker`."""

from cryptoviz.app import sink as app

__all__ = ["app"]
