"""Forty days that are replayed into TimescaleDB become what the seed says."""

import json
from datetime import UTC, datetime, timedelta

from cryptoviz.timescale.refresh import AggregateRefresher
from tests.end_to_end.command_line import CommandLine
from tests.timescale import oracle
from tests.timescale.conftest import opened
from tests.timescale.servers import pglite
from tests.timescale.weeks import DAY, HOUR, chunks, hourly, run_jobs, this_hour

PAIRS = ("BTC/USD", "ETH/USD")


def forty_days():
    """Return a ticker of each pair for each hour of forty days, up to this moment."""
    first, now = this_hour() - 40 * DAY, datetime.now(UTC)
    times = [first + n * HOUR for n in range(40 * 24 + 1)]
    # Some in the hour that is not over yet.
    times += [this_hour() + n * timedelta(seconds=1) for n in range(1, 60)]
    return [
        {
            "pair": pair,
            "last": float(100 + (n * 37 + len(pair) * place) % 1_000),
            "volume_24h": float(n % 50),
            "timestamp": time.timestamp(),
        }
        for n, time in enumerate(time for time in times if time <= now)
        for place, pair in enumerate(PAIRS)
    ]


async def test_a_replay_of_forty_days_is_compressed_kept_and_aggregated(deployment, tmp_path):
    tickers = forty_days()
    file = tmp_path / "tickers.jsonl"
    file.write_text("".join(f"{json.dumps(ticker)}\n" for ticker in tickers))
    with pglite() as dsn:
        deployment.environ["TIMESCALE_DSN"] = dsn
        sink = deployment.worker("sink", app="cryptoviz.sink").start()

        topic = deployment.topics["ticker"]
        sent = await CommandLine(deployment)("replay", str(file), "--topic", topic, "--key", "pair")
        assert sent.status == 0, sent.said
        await deployment.drained(f"{deployment.group}-sink")
        sink.terminate()

        async with opened(dsn) as pool:
            # All connections share PGlite's one session, in which the sink has prepared statements.
            await pool.execute("DEALLOCATE ALL")
            rows = [tuple(row) for row in await pool.fetch("SELECT * FROM ticker_data")]
            assert sorted((row[1], row[0].timestamp(), row[2]) for row in rows) == sorted(
                (one["pair"], one["timestamp"], one["last"]) for one in tickers
            )
            await run_jobs(pool, "policy_refresh_continuous_aggregate")
            # The policy looks back three days; what the sink has written behind that it refreshes
            # itself each minute, and all of it when it starts.
            await AggregateRefresher(retention_days=90).refresh_due(pool, datetime.now(UTC))
            await run_jobs(pool, "policy_compression")
            await run_jobs(pool, "policy_retention")

            week_ago = datetime.now(UTC) - 7 * DAY
            ends = dict(await chunks(pool))
            assert ends == {end: end < week_ago for end in ends}
            assert sum(ends.values()) >= 4
            assert await pool.fetchval("SELECT count(*) FROM ticker_data") == len(tickers)
            candles = oracle.candles(rows, HOUR)
            assert candles[-1][1] == max(row[0] for row in rows).replace(minute=0, second=0)
            assert await hourly(pool) == candles
