"""Asks other workers for rows that this one does not hold.

Faust's assignor tells every worker which partitions of which topics each worker holds, and the
address of its web server. Faust's own routing guesses a key's partition by a hash; here the
global table of instruments says it, because producers may use another partitioner.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

import aiohttp
import orjson

from cryptoviz.app import app
from cryptoviz.settings import current
from web.answers import unavailable

log = logging.getLogger(__name__)

TIMEOUT_S = 5.0
# A question that was forwarded is answered from what is there, so that it cannot go in circles.
HERE = "here"


def holders(topic: str) -> dict[str, list[int]]:
    """Return the partitions of the changelog *topic* by the address of the worker that has them."""
    assignor: Any = app.assignor
    return {
        str(url).rstrip("/"): list(topics[topic])
        for url, topics in assignor.tables_metadata().items()
        if topics.get(topic)
    }


def others(topic: str) -> list[str]:
    """Return the addresses of the other workers that hold partitions of the changelog *topic*."""
    own = str(app.conf.canonical_url).rstrip("/")
    return [url for url in holders(topic) if url != own]


def nowhere(topic: str) -> list[int]:
    """Return the partitions of the changelog *topic* that no address leads to.

    There are some when workers on different machines say the same address: one hides the other.
    """
    reached = {partition for partitions in holders(topic).values() for partition in partitions}
    return sorted(set(range(current().topic_partitions)) - reached)


async def rows_elsewhere(topic: str, path: str, query: dict[str, str]) -> list[bytes]:
    """Return the rows that the other holders of *topic* answer at *path*, each as JSON.

    Raises `Refusal` (503) if one does not answer or cannot be asked: half of the rows would pass
    for all of them.
    """
    if nowhere(topic):
        raise unavailable("Several workers have one address; /health/ says more.")
    urls = others(topic)
    answers = await asyncio.gather(*(_ask(url + path, query) for url in urls))
    return [orjson.dumps(row) for rows in answers for row in rows]


async def _ask(url: str, query: dict[str, str]) -> Sequence[Any]:
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    session: Any = app.http_client
    try:
        async with session.get(url, params={**query, "scope": HERE}, timeout=timeout) as answer:
            if answer.status == 404:
                return []
            answer.raise_for_status()
            found = orjson.loads(await answer.read())
            rows: Sequence[Any] = found["rows"]
            return rows
    except (aiohttp.ClientError, TimeoutError) as error:
        log.warning("%s did not answer: %r", url, error)
        raise unavailable("Another worker, which holds these rows, does not answer.") from None
