"""`cryptoviz simulate`: send a simulated market to Kafka."""

from __future__ import annotations

import asyncio
import math
import time

import click

from cryptoviz.commands.meter import Meter, open_meter
from cryptoviz.commands.outbox import Outbox, open_outbox
from cryptoviz.commands.parameters import (
    DISORDER,
    DURATION,
    FRACTION,
    LATE,
    PAIRS,
    SILENCE,
    Parsed,
)
from cryptoviz.commands.running import CHUNK, Pace, run, wait
from cryptoviz.inspection.outcome import EXIT_CODES
from cryptoviz.settings import Settings
from cryptoviz.simulator import Faults, Market, Share, Silence, Simulation, TopicKind, catalog
from cryptoviz.simulator.durations import since_s
from cryptoviz.simulator.faults import NONE_DISORDERED, NONE_LATE

EPILOG = (
    """\b
Examples:
  cryptoviz simulate
      a live market of 20 pairs, 200 messages a second
  cryptoviz simulate --since 7d --rate 20
      a week of history as fast as Kafka takes it, then live
  cryptoviz simulate --since 2026-01-01T00:00:00Z --count 100000 --seed 7
      the same bytes each time
  cryptoviz simulate --late 0.05:480 --malformed 0.01 --silence BTC/USD:300
      live, with faults

A record's Kafka timestamp is the time at which the simulated producer sends it: for a backfill
it lies in the past with its event. Kafka deletes records by that timestamp, so history older
than a topic's retention.ms may be gone before a worker has read it.

"""
    + EXIT_CODES
)

SINCE = Parsed("time or duration", lambda text: since_s(text, time.time()))


@click.command(epilog=EPILOG)
@click.option("--seed", type=int, default=1, show_default=True, help="Same seed, same bytes.")
@click.option(
    "--pairs", type=PAIRS, default=catalog.PAIRS, help="Comma separated pairs instead of the 20."
)
@click.option(
    "--rate",
    type=click.FloatRange(min=0, min_open=True),
    default=200.0,
    show_default=True,
    help="Messages a second of market time, over all topics.",
)
@click.option("--since", type=SINCE, help="Begin in the past: an ISO-8601 time, or 2h, 7d ago.")
@click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True),
    help="With --since: send the past so many times faster than real. Default: at once.",
)
@click.option("--count", type=click.IntRange(min=1), help="Stop after so many market messages.")
@click.option("--duration", type=DURATION, help="Stop after so much market time: 90s, 2h.")
@click.option(
    "--alert-threshold",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    help="Percent of change that makes an alert.",
)
@click.option(
    "--late",
    type=LATE,
    default=NONE_LATE,
    metavar="FRACTION[:SECONDS]",
    help="Send this fraction late, evenly by up to SECONDS (480).",
)
@click.option(
    "--disorder",
    type=DISORDER,
    default=NONE_DISORDERED,
    metavar="FRACTION[:SECONDS]",
    help="The same for small delays: by up to SECONDS (5).",
)
@click.option(
    "--duplicate", type=FRACTION, default=0.0, help="Send this fraction twice, beyond --count."
)
@click.option(
    "--malformed", type=FRACTION, default=0.0, help="Break the value of this fraction; keep keys."
)
@click.option(
    "--silence",
    type=SILENCE,
    multiple=True,
    metavar="PAIR[:SECONDS[:AFTER]]",
    help="Leave PAIR out for SECONDS (600), from AFTER seconds (60) of market time on. Repeatable.",
)
def simulate(
    seed: int,
    pairs: tuple[str, ...],
    rate: float,
    since: float | None,
    speed: float | None,
    count: int | None,
    duration: float | None,
    alert_threshold: float,
    late: Share,
    disorder: Share,
    duplicate: float,
    malformed: float,
    silence: tuple[Silence, ...],
) -> None:
    """Send tickers, trades, articles and alerts of a simulated market to Kafka.

    FRACTIONs are from 0 to 1. Faults depend on the seed alone, like the market. What is held
    back when the run ends by --count or --duration is sent at once. Ctrl-C ends the run.
    """
    if speed is not None and since is None:
        raise click.UsageError("--speed needs --since: only the past can be sent faster than real")
    for quiet in silence:
        if quiet.pair not in pairs:
            raise click.UsageError(f"--silence names {quiet.pair}, which is not among the pairs")
    start_s = time.time() if since is None else since
    try:
        market = Market(seed, start_s, pairs, rate, alert_threshold)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    faults = Faults(late, disorder, duplicate, malformed, silence)
    simulation = Simulation(market, faults, speed or math.inf, count, duration)
    run(lambda settings, stop: _simulate(simulation, settings, stop))


async def _simulate(simulation: Simulation, settings: Settings, stop: asyncio.Event) -> None:
    topics: dict[TopicKind, str] = {
        "ticker": settings.topic_rawticker,
        "trade": settings.topic_rawtrade,
        "article": settings.topic_rawarticle,
        "alert": settings.topic_rawalert,
    }
    began_s = time.monotonic()
    async with open_outbox(settings, topics.values()) as outbox:
        with open_meter("simulate") as meter:
            await _send(simulation, topics, outbox, meter, stop)
            await outbox.flush()
    elapsed_s = time.monotonic() - began_s
    click.echo(
        f"sent {outbox.delivered_count} messages in {elapsed_s:.2f} s, "
        f"{outbox.delivered_count / elapsed_s:,.0f}/s"
    )


async def _send(
    simulation: Simulation,
    topics: dict[TopicKind, str],
    outbox: Outbox,
    meter: Meter,
    stop: asyncio.Event,
) -> None:
    now_s = time.time()
    pace = Pace(simulation.speed, simulation.market.start_s, now_s)
    for place, message in enumerate(simulation.messages(), 1):
        # Never early, whatever the speed: once the past is sent, the market goes on live.
        due_s = max(message.send_time_s, pace.due_s(message.send_time_s))
        if due_s > now_s or place % CHUNK == 0:
            await outbox.send()
            meter.show(outbox.put_count)
            ahead_s = due_s - time.time()
            if ahead_s > 0:
                await wait(stop, ahead_s)
            else:
                await asyncio.sleep(0)
            now_s = time.time()
        if stop.is_set():
            return
        outbox.put(
            topics[message.kind],
            message.key,
            message.value,
            timestamp_ms=round(message.send_time_s * 1_000),
        )


if __name__ == "__main__":
    simulate()
