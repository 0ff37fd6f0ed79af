"""What a batch tells of its records."""

from types import SimpleNamespace

import pytest
from faust.types import TP

from cryptoviz.batch import Batch, RawBatch
from cryptoviz.records import Decoded

SOURCE = TP("source", 0)


@pytest.mark.parametrize(
    ("fetched", "indexes", "accepted"),
    [
        ([7, 8, 9], None, [7, 8, 9]),
        ([7], None, [7]),
        # A transaction's marker, or what was compacted away, leaves a hole.
        ([7, 9, 10], None, [7, 9, 10]),
        ([7, 8, 9], [0, 2], [7, 9]),
        ([7, 9, 12], [1, 2], [9, 12]),
        ([7, 8], [], []),
    ],
)
def test_each_accepted_record_has_its_offset(fetched, indexes, accepted):
    raw = RawBatch(SOURCE, [SimpleNamespace(offset=offset) for offset in fetched])

    batch = Batch(*SOURCE, raw, Decoded([None] * len(accepted), indexes, []))

    assert list(batch.offsets()) == accepted
    assert (batch.first, batch.next) == (fetched[0], fetched[-1] + 1)
