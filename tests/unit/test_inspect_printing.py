"""How rows are printed: for people no line breaks a table, for programs nothing is lost."""

import csv
import io
import json

import msgspec
import pytest
from rich.console import Console

from cryptoviz.inspection.printing import as_table, print_lines
from cryptoviz.inspection.showing import row_lines, table_lines
from cryptoviz.inspection.summary import state_of
from cryptoviz.inspection.view import PartitionState, TableRow, TableState
from cryptoviz.settings import load

VALUE = b'{"pair":"BTC/USD","close":1.10,"final":true,"reason":null,"offsets":{"0":7}}'
ROW = TableRow(key="BTC/USD|1764310200", partition=3, value=msgspec.Raw(VALUE))


def printed(form, capsys):
    print_lines(*row_lines([ROW], form), form)
    return capsys.readouterr().out


def test_json_lines_hold_the_value_byte_for_byte(capsys):
    line = printed("jsonl", capsys)

    assert line == f'{{"key":"BTC/USD|1764310200","partition":3,"value":{VALUE.decode()}}}\n'


def test_csv_has_a_column_for_each_field_and_json_for_what_is_nested(capsys):
    (line,) = csv.DictReader(io.StringIO(printed("csv", capsys), newline=""))

    assert line["key"] == "BTC/USD|1764310200"
    assert (line["close"], line["final"], line["reason"]) == ("1.1", "true", "")
    assert json.loads(line["offsets"]) == {"0": 7}


def test_a_terminal_shows_subject_and_time_of_the_window(capsys):
    table = printed("table", capsys)

    assert "BTC/USD  11-28 06:10:00" in table
    assert "offsets" not in table


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_a_table_never_wraps_a_cell_and_names_the_columns_left_out(width):
    line = {"name": "BTC/USD", **{f"column{n}": n * 1.5 for n in range(12)}}
    console = Console(width=width, file=io.StringIO())

    console.print(as_table([line], list(line), width))

    first, row, *rest = console.file.getvalue().splitlines()
    shown = first.split()
    assert len(row.split()) == len(shown) >= 1
    left_out = " ".join(rest)
    assert all(name in shown or name in left_out for name in line)


def test_text_in_square_brackets_is_text(capsys):
    print_lines([{"reason": "was '[red]'"}], ["reason"], "table")

    assert "was '[red]'" in capsys.readouterr().out


def a_state():
    return TableState(
        table="candles", help="", key="pair|window_start", size_s=60, lateness_s=600.0,
        changelog="c", partitions=[
            PartitionState(partition=n, rows=n, watermark=1764310200.5, oldest_window=0,
                           newest_window=1764310200, lag=2) for n in (0, 1)
        ],
    )  # fmt: skip


def test_a_table_is_one_line_of_json_and_a_line_for_each_partition_elsewhere():
    (as_json,), _ = table_lines([a_state()], "jsonl")
    as_csv, columns = table_lines([a_state()], "csv")

    assert [each.rows for each in as_json["partitions"]] == [0, 1]
    assert [line["partition"] for line in as_csv] == [0, 1]
    assert {"watermark", "oldest_window", "newest_window", "lag", "size_s"} <= set(columns)
    assert as_csv[1]["watermark"] == 1764310200.5


def test_rows_alone_tell_windows_and_a_watermark_by_the_slowest_source():
    def row(partition, start, times):
        value = {"window_start": start, "window_end": start + 60, "event_times": times, "pair": "P"}
        raw = msgspec.Raw(json.dumps(value).encode())
        return TableRow(key=f"P|{start}", partition=partition, value=raw)

    rows = [row(0, 60, {"0": 100.0}), row(0, 120, {"0": 130.0, "1": 125.0})]

    state = state_of("candles", "topic", rows, [0, 1], load({"LATENESS": "10"}))

    assert (state.size_s, state.key) == (60, "pair|window_start")
    first, empty = state.partitions
    assert (first.rows, first.oldest_window, first.newest_window) == (2, 60, 120)
    assert first.watermark == 115.0
    assert (empty.rows, empty.watermark, empty.lag) == (0, None, None)
