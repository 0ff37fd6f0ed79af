import math
from operator import attrgetter
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from cryptoviz.origin import Forwarded, Progress, SourceClocks, by_source
from cryptoviz.parts import Part


class Record(NamedTuple):
    subject: str
    event_time_s: float


subject_of = attrgetter("subject")


def part_of(*records, first=0, reached=None):
    return Part(0, records, range(first, first + len(records)), subject_of, reached)


def test_records_are_grouped_by_subject_and_window_in_the_order_of_their_offsets():
    part = part_of(Record("a", 61), Record("b", 1), Record("a", 119), Record("a", 120))

    groups = part.groups(60)

    assert [(g.subject, g.start, g.offsets, g.newest_s) for g in groups] == [
        ("a", 60, [0, 2], 119),
        ("b", 0, [1], 1),
        ("a", 120, [3], 120),
    ]
    assert part.groups(60) is groups


def test_a_group_is_summarised_once():
    (group,) = part_of(Record("a", 1), Record("a", 2)).groups(60)
    calls = []

    for _ in range(2):
        assert group.summary(lambda records: calls.append(1) or len(records)) == 2

    assert len(calls) == 1


times = st.lists(st.integers(0, 500).map(float), min_size=1, max_size=40)
times = times | times.map(sorted)


@given(times)
def test_groups_are_those_of_a_plain_walk_whether_or_not_times_ascend(times_s):
    walked = {}
    for offset, time_s in enumerate(times_s):
        walked.setdefault(int(time_s // 60) * 60, []).append((offset, time_s))

    groups = part_of(*(Record("a", time_s) for time_s in times_s)).groups(60)

    for group in groups:
        taken = list(zip(group.offsets, group.times_s, strict=True))
        assert walked.pop(group.start) == taken
        assert [record.event_time_s for record in group.records] == group.times_s
    assert not walked
    assert [group.offsets[0] for group in groups] == sorted(group.offsets[0] for group in groups)


@given(times, st.integers(0, 600), st.one_of(st.just(-math.inf), st.integers(0, 600)))
def test_the_count_before_a_bound_is_that_of_a_plain_walk(times_s, bound_s, known_s):
    part = part_of(*(Record("a", time_s) for time_s in times_s))

    for group in part.groups(60):
        walked, stream_time_s = 0, known_s
        for offset, time_s in enumerate(times_s):
            if offset in group.offsets and stream_time_s < bound_s:
                walked += 1
            stream_time_s = max(stream_time_s, time_s)
        assert part.count_before(group, bound_s, known_s) == walked


def test_what_the_source_had_reached_counts_not_what_this_part_shows():
    part = part_of(Record("a", 10), Record("a", 11), reached=[5.0, 900.0])
    (group,) = part.groups(60)

    assert part.count_before(group, 900, known_s=-math.inf) == 1


def a_forwarded(subject, offset, source=0, before_s=0.0):
    return Forwarded(Record(subject, float(offset)), source, offset, before_s)


def taken(*messages):
    return by_source(messages, attrgetter("record"), subject_of)


def test_forwarded_records_go_back_to_their_sources():
    parts, stream_times = taken(
        a_forwarded("a", 4),
        a_forwarded("a", 9, source=1),
        Progress(1, 9, 77.0),
        Progress(1, 8, 70.0),
    )

    assert [(part.source, list(part.offsets)) for part in parts] == [(0, [4]), (1, [9])]
    assert stream_times == {1: 77.0}


def test_what_was_forwarded_twice_counts_once():
    parts, _ = taken(*(a_forwarded("a", offset) for offset in (4, 5, 4, 5, 6)))

    assert list(parts[0].offsets) == [4, 5, 6]


def test_two_subjects_of_one_source_record_both_count():
    parts, _ = taken(a_forwarded("a", 4), a_forwarded("b", 4))

    assert [record.subject for record in parts[0].records] == ["a", "b"]


def test_a_source_clock_tells_the_time_before_each_record():
    clocks = SourceClocks()

    assert [clocks.advance(3, time_s) for time_s in (10.0, 30.0, 20.0, 5.0)] == [0, 10, 30, 30]
    assert clocks.progress(3, 99) == Progress(3, 99, 30.0)
    clocks.forget()
    assert clocks.advance(3, 1.0) == 0.0
