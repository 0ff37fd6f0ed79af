"""Read whole messages at once with typed decoders: the plain way, for the topics with many records.

A plain decoder accepts only what needs no thought: finite numbers above 0, as numbers or as text.
It is lax about text because that costs nothing here and saves most of the careful way's time.
"""

from __future__ import annotations

import sys
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

T = TypeVar("T", bound=msgspec.Struct)

# The upper bound is for "inf" as text. Zero is left to the careful way, which knows -0.0.
Positive = Annotated[float, Meta(gt=0, le=sys.float_info.max)]

# All that a typed decoder and the pure rules raise for some bytes; ValueError is invalid UTF-8 too.
# After any of them the message is read carefully, which mends it or says what is wrong.
NOT_PLAIN = (msgspec.MsgspecError, ValueError, TypeError, RecursionError)


def plain_decoder(struct: type[T]) -> msgspec.json.Decoder[T]:
    """Return the decoder of one plain message; it raises one of `NOT_PLAIN` for any other."""
    return msgspec.json.Decoder(struct, strict=False)
