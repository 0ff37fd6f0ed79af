"""The typed records of the four input topics, and the decoder that makes them from messages.

A message that cannot become a record is an outcome, not an exception: `Rejected` says why.
"""

from cryptoviz.records.alert import Alert
from cryptoviz.records.article import Article
from cryptoviz.records.decode import Decoded, decoder_for
from cryptoviz.records.plain import declared
from cryptoviz.records.rejection import Code, Rejected
from cryptoviz.records.rules import RawRecord, Rules
from cryptoviz.records.ticker import Ticker
from cryptoviz.records.trade import Trade

__all__ = [
    "Alert",
    "Article",
    "Code",
    "Decoded",
    "RawRecord",
    "Rejected",
    "Rules",
    "Ticker",
    "Trade",
    "declared",
    "decoder_for",
]
