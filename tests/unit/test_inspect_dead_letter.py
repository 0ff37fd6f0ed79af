"""Dead letters: each once, with what became of it, and which of them may be sent back."""

from contextlib import asynccontextmanager
from types import SimpleNamespace

from cryptoviz.inspection.dead_letter import letters, mark, marked, retry_header
from cryptoviz.inspection.retry import Marks, retry, sorted_out
from cryptoviz.settings import load


def a_record(offset, origin=7, code="bad_pair", topic="rawtrade", value=b"{", **headers):
    given = {"topic": topic, "partition": "1", "offset": str(origin), "code": code, "reason": "r"}
    return SimpleNamespace(
        partition=2,
        offset=offset,
        key=b"k",
        value=value,
        timestamp=1_000 + offset,
        headers=[(name, text.encode()) for name, text in (given | headers).items()],
    )


def the_mark_of(letter, now_ms=5_000, by="me", offset=99):
    return SimpleNamespace(
        partition=2,
        offset=offset,
        key=b"retried",
        value=None,
        timestamp=0,
        headers=mark(letter, now_ms, by),
    )


def test_a_copy_after_a_crash_is_the_same_letter():
    found = letters([a_record(0), a_record(1), a_record(2, origin=8)])

    assert [letter.place for letter in found.values()] == ["2:0", "2:2"]


def test_a_mark_says_when_its_letter_was_sent_back():
    records = [a_record(0), a_record(1, origin=8)]
    first = letters(records)["rawtrade", 1, 7]

    found = letters([*records, the_mark_of(first)])

    assert [letter.retried_ms for letter in found.values()] == [5_000, None]


def test_a_mark_may_come_before_its_letter_from_another_partition():
    letter = letters([a_record(0)])["rawtrade", 1, 7]

    assert letters([the_mark_of(letter), a_record(0)])[letter.origin].retried_ms == 5_000


def test_a_record_of_somebody_else_is_no_letter():
    other = SimpleNamespace(partition=0, offset=0, key=None, value=b"x", timestamp=0, headers=[])
    broken = a_record(1)
    broken.headers[2] = ("offset", b"many")

    assert letters([other, broken]) == {}


def test_a_mark_of_somebody_else_marks_nothing():
    foreign = a_record(1, value=None, retried="yesterday", by="them")

    assert [letter.retried_ms for letter in letters([a_record(0), foreign]).values()] == [None]
    assert marked(foreign) is None


def test_bytes_that_are_no_text_are_printed_in_base64():
    letter = letters([a_record(0, value=b"\xff\xfe")])["rawtrade", 1, 7]

    assert letter.line()["value"] is None
    assert letter.line()["value_base64"] == "//4="
    assert letters([a_record(0, value=None)])["rawtrade", 1, 7].line()["value"] is None


def test_the_header_of_a_message_that_is_sent_back_names_its_original():
    letter = letters([a_record(0)])["rawtrade", 1, 7]

    assert retry_header(letter) == [("retry-of", b"rawtrade/1/7")]


def test_only_letters_that_nothing_counts_yet_are_due():
    found = letters(
        [
            a_record(0, origin=1),
            a_record(1, origin=2, code="database"),
            a_record(2, origin=3, topic="elsewhere"),
            a_record(3, origin=4),
        ]
    )
    found["rawtrade", 1, 4].retried_ms = 5

    groups = sorted_out(found.values(), {"rawtrade"})

    assert [[letter.offset for letter in group] for group in groups] == [[1], [4], [2], [3]]


async def test_of_two_commands_that_mark_a_letter_the_first_one_counts():
    one, two = letters([a_record(0), a_record(1, origin=8)]).values()
    log = [
        the_mark_of(one, by="other", offset=10),
        the_mark_of(one, by="me", offset=11),
        the_mark_of(two, by="me", offset=12),
        a_record(13),
        the_mark_of(two, by="other", offset=14),
    ]
    asked = []

    class Reader:
        async def records(self, topic, since, until):
            asked.append((since, until))
            yield [each for each in log if since[2] <= each.offset < until[2]]

    marks = Marks(Reader(), "app-rejected", {2: 10})

    assert await marks.first(one, 2, 12) == "other"
    assert await marks.first(two, 2, 13) == "me"
    assert await marks.first(two, 2, 15) == "me"
    assert asked == [({2: 10}, {2: 12}), ({2: 12}, {2: 13}), ({2: 13}, {2: 15})]


async def test_a_letter_that_another_command_has_marked_meanwhile_is_not_sent(monkeypatch):
    one, two = letters([a_record(0), a_record(1, origin=8)]).values()
    topic = "cryptoviz-rejected"
    # Another command marks the first letter after both have read the topic, up to offset 2.
    log = {
        topic: [a_record(0), a_record(1), the_mark_of(one, by="other", offset=2)],
        "rawtrade": [],
    }

    class Producer:
        def __init__(self, **_):
            pass

        async def start(self):
            pass

        stop = start

        async def send_and_wait(self, topic, value=None, **record):
            made = SimpleNamespace(offset=len(log[topic]), value=value, **record)
            log[topic].append(made)
            return made

    class Reader:
        async def records(self, topic, since, until):
            yield log[topic][since[2] : until[2]]

    @asynccontextmanager
    async def open_reader(_):
        yield Reader()

    monkeypatch.setattr("cryptoviz.inspection.retry.AIOKafkaProducer", Producer)
    monkeypatch.setattr("cryptoviz.inspection.retry.open_reader", open_reader)

    sent = await retry(load({}), [one, two], {2: 2}, lambda: 5_000)

    assert sent == 1
    assert [(each.partition, each.key, each.value) for each in log["rawtrade"]] == [(1, b"k", b"{")]
    assert log["rawtrade"][0].headers == [("retry-of", b"rawtrade/1/8")]
