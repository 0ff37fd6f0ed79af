"""The table of the last hundred alerts of each pair."""

from __future__ import annotations

from collections import defaultdict
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
        groups: dict[str, tuple[list[Alert], list[int]]] = defaultdict(lambda: ([], []))
        for alert, offset in zip(part.records, part.offsets, strict=True):
            alerts, offsets = groups[alert.pair]
            alerts.append(alert)
            offsets.append(offset)
        for pair, (alerts, offsets) in groups.items():
            key = pair.encode()
            value = rows.read(partition, key)
            log = AlertLog(pair) if value is None else _decode(value)
            log.add(alerts, part.source, offsets)
            rows.write(partition, key, _encode(log))
