"""Lines come out of files and pipes as they went in."""

import asyncio
import os
from pathlib import Path

import pytest

from cryptoviz.commands import lines as module
from cryptoviz.commands.lines import read_lines


async def lines_of(path: Path) -> list[bytes]:
    with path.open("rb") as file:
        return [line async for some in read_lines(file.fileno(), asyncio.Event()) for line in some]


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"", []),
        (b"a\nb\n", [b"a", b"b"]),
        (b"a\nb", [b"a", b"b"]),
        (b"\n\na\n", [b"", b"", b"a"]),
        (b"a\r\n", [b"a\r"]),
    ],
)
async def test_a_line_keeps_every_byte_but_its_newline(tmp_path, content, lines):
    (tmp_path / "recorded.jsonl").write_bytes(content)

    assert await lines_of(tmp_path / "recorded.jsonl") == lines


async def test_a_line_longer_than_several_blocks_stays_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "BLOCK_BYTES", 3)
    (tmp_path / "recorded.jsonl").write_bytes(b"a long line\nb\n\nanother long one")

    assert await lines_of(tmp_path / "recorded.jsonl") == [
        b"a long line", b"b", b"", b"another long one",
    ]  # fmt: skip


async def test_lines_of_a_pipe_come_before_it_ends():
    reading, writing = os.pipe()
    lines = read_lines(reading, asyncio.Event())

    os.write(writing, b"first\nsec")
    assert await anext(lines) == [b"first"]
    os.write(writing, b"ond\nthird")
    assert await anext(lines) == [b"second"]
    os.close(writing)
    assert await anext(lines) == [b"third"]
    with pytest.raises(StopAsyncIteration):
        await anext(lines)
    os.close(reading)


async def test_stopping_does_not_wait_for_a_silent_pipe():
    reading, writing = os.pipe()
    stop = asyncio.Event()
    asyncio.get_running_loop().call_soon(stop.set)

    async with asyncio.timeout(5):
        assert [lines async for lines in read_lines(reading, stop)] == []
    os.close(writing)
