"""A bounded run of the simulated market, with its faults and its speed."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

from cryptoviz.simulator.faults import Faults, inject
from cryptoviz.simulator.market import Market
from cryptoviz.simulator.message import Message


@dataclass(frozen=True)
class Simulation:
    """What to send and how fast: *speed* is for the past, for nothing is sent before its time.

    *count* bounds the market's messages and *duration_s* its time; None leaves it endless.
    """

    market: Market
    faults: Faults
    speed: float = math.inf
    count: int | None = None
    duration_s: float | None = None

    def messages(self) -> Iterator[Message]:
        """Yield the market's messages up to count and duration, with the faults injected."""
        duration_s = math.inf if self.duration_s is None else self.duration_s
        end_s = self.market.start_s + duration_s
        bounded = itertools.islice(self.market, self.count)
        lasting = itertools.takewhile(lambda message: message.event_time_s < end_s, bounded)
        return inject(lasting, self.faults, self.market.seed)
