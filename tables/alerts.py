"""The table of the last hundred alerts of each pair."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from cryptoviz.alert_log import AlertLog
from cryptoviz.app import app
from cryptoviz.parts import Part
from cryptoviz.records import Alert
from tables.rows import Rows

rows = Rows(app, "alerts", help="The last 100 alerts of each pair.")

_decode = msgspec.json.Decoder(AlertLog).decode
_encode = msgspec.json.Encoder().encode


def update(partition: int, parts: Iterable[Part[Alert]]) -> None:
    """Fold a batch of alerts in *partition*; each touched pair is read and written once a part."""
    for part in parts:
        for group in part.subjects:
            key = group.subject.encode()
            value = rows.read(partition, key)
            log = AlertLog(group.subject) if value is None else _decode(value)
            log.add(group.records, part.source, group.offsets)
            rows.write(partition, key, _encode(log))
