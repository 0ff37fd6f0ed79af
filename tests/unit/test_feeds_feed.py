"""What a feed makes of the records of a raw topic."""

import pytest
from aiokafka.structs import ConsumerRecord

from cryptoviz.feeds.feed import record_feed
from cryptoviz.records import Rules, Ticker

T_S = 1_764_310_291
GOOD = b'{"pair":"BTC/USD","last":1.5,"timestamp":%d}' % T_S


def a_record(offset, value):
    return ConsumerRecord("rawticker", 0, offset, T_S * 1000, 0, b"k", value, None, 1, 1, ())


@pytest.mark.parametrize("bad", [(), (1,), (0, 2), (0, 1, 2)])
def test_bad_messages_are_left_out_and_the_others_keep_their_offsets(bad):
    feed = record_feed("ticker", "rawticker", Ticker, Rules())
    values = [b"?" if number in bad else GOOD for number in range(3)]

    messages = feed.decode([a_record(10 + n, value) for n, value in enumerate(values)])

    assert [message.offset for message in messages] == [10 + n for n in range(3) if n not in bad]
