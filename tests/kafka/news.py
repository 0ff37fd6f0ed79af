"""Articles of sites that fill all partitions, which those of the simulated market do not."""

import json
import time

from aiokafka.partitioner import DefaultPartitioner

from cryptoviz.simulator.message import Message

HOUR_S = 3600


def articles(count, hours):
    """Return articles of four sites, one a partition; the last one's texts are 20 times as long."""
    sites, number = {}, 0
    partitioner = DefaultPartitioner()
    while len(sites) < 4:
        site = f"site{number}.com"
        sites.setdefault(partitioner(site.encode(), [0, 1, 2, 3], [0, 1, 2, 3]), site)
        number += 1
    start_s, made = time.time() - (hours + 1) * HOUR_S, []
    for number in range(count):
        partition, at_s = number % 4, int(start_s + number * hours * HOUR_S / count)
        value = {
            "id": f"a_{at_s}",
            "url": f"https://{sites[partition]}/{number}",
            "website": sites[partition],
            "content": {"summary": "x" * (2_000 if partition == 3 else 100)},
            "cryptocurrencies_mentioned": ["BTC"] if number % 3 else ["ETH", "SOL"],
            "sentiment": {"score": number % 100 / 100, "label": "neutral"},
            "published_at": at_s,
        }
        text = json.dumps(value).encode()
        made.append(Message("article", sites[partition].encode(), text, at_s, at_s, None))
    return made
