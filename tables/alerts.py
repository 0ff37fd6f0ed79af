"""The table of the last hundred alerts of each pair."""

from __future__ import annotations

from collections import defaultdict

import msgspec

from cryptoviz.alert_log import AlertLog
from cryptoviz.app import app
from cryptoviz.batch import Batch
from cryptoviz.records import Alert
from tables.rows import Rows

rows = Rows(app, "alerts", help="The last 100 alerts of each pair.")

_decode = msgspec.json.Decoder(AlertLog).decode
_encode = msgspec.json.Encoder().encode


def update(batch: Batch[Alert]) -> None:
    """Fold a batch of alerts; each touched pair is read and written once."""
    groups: dict[str, tuple[list[Alert], list[int]]] = defaultdict(lambda: ([], []))
    for alert, offset in zip(batch.decoded.records, batch.offsets(), strict=True):
        alerts, offsets = groups[alert.pair]
        alerts.append(alert)
        offsets.append(offset)
    for pair, (alerts, offsets) in groups.items():
        key = pair.encode()
        value = rows.read(batch.partition, key)
        log = AlertLog(pair) if value is None else _decode(value)
        log.add(alerts, batch.partition, offsets)
        rows.write(batch.partition, key, _encode(log))
