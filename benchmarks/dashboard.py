"""The dashboard at 100 updates a second, in headless Chromium: frames drawn, and memory.

    python -m benchmarks.dashboard [--minutes 10] [--updates 100]

It starts everything itself. Each minute it prints the frames a second that the page drew for five
seconds, and the page's JavaScript heap, DOM nodes and listeners behind a forced garbage collection.
Between the second minute and the last the heap may grow by a tenth; with less than 50 frames a
second in the median, or more growth, the status is 1.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import time
from typing import Any

from playwright.async_api import Page, async_playwright

from tests.browser.chromium import ARGUMENTS, chromium_path
from tests.browser.frames import FRAMES_PER_S
from tests.browser.stage import stage_of_its_own

HOURS, RATE_PER_S = 24, 0.4
LEAST_FRAMES_PER_S = 50
MOST_GROWTH = 1.1
FRAMES_MS = 5_000


async def heap(client: Any) -> tuple[float, int, int]:
    """Return the heap in use (MB), DOM nodes and listeners, without what is garbage."""
    await client.send("HeapProfiler.collectGarbage")
    used = await client.send("Runtime.getHeapUsage")
    counts = await client.send("Memory.getDOMCounters")
    return used["usedSize"] / 2**20, counts["nodes"], counts["jsEventListeners"]


async def watch(page: Page, minutes: int) -> bool:
    """Print a line a minute; return whether frames and memory are as they should be."""
    client = await page.context.new_cdp_session(page)
    frames, heaps, began_s = [], [], time.monotonic()
    print("minute  updates/s  frames/s  heap MB  nodes  listeners")
    for minute in range(minutes + 1):
        await asyncio.sleep(max(0.0, began_s + minute * 60 - time.monotonic()))
        updates = await page.locator(".counts dd").first.text_content()
        frames.append(await page.evaluate(FRAMES_PER_S, FRAMES_MS))
        heap_mb, nodes, listeners = await heap(client)
        heaps.append(heap_mb)
        shown = f"{frames[-1]:>8.1f} {heap_mb:>8.2f} {nodes:>6} {listeners:>10}"
        print(f"{minute:>6} {updates:>10} {shown}", flush=True)
    is_flat = len(heaps) < 3 or heaps[-1] <= heaps[2] * MOST_GROWTH
    return is_flat and statistics.median(frames) >= LEAST_FRAMES_PER_S


async def run(minutes: int, updates_per_s: int) -> bool:
    """Open the page under a flow of updates and watch it."""
    async with stage_of_its_own(HOURS, RATE_PER_S) as stage, async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium_path(), headless=True, args=list(ARGUMENTS)
        )
        page = await browser.new_page(viewport={"width": 1440, "height": 900}, locale="en-GB")
        await page.goto(stage.url)
        await page.wait_for_selector('[data-testid="chart"][data-bars]')
        await page.click("#tab-health")
        async with stage.flow("BTC/USD", updates_per_s):
            await asyncio.sleep(5)
            passed = await watch(page, minutes)
        await browser.close()
        return passed


def main() -> None:
    """Run and report."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--minutes", type=int, default=10)
    parser.add_argument("--updates", type=int, default=100, help="tickers a second")
    options = parser.parse_args()
    sys.exit(not asyncio.run(run(options.minutes, options.updates)))


if __name__ == "__main__":
    main()
