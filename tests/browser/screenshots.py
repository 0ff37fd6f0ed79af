"""Takes the pictures of docs/dashboard.md: `python -m tests.browser.screenshots [URL]`.

Without a URL of a running worker it starts everything itself, with a market of some hours.
"""

import asyncio
import sys
import tempfile
import uuid
from pathlib import Path

from playwright.async_api import async_playwright

from cryptoviz.local.broker import Broker
from cryptoviz.local.database import Database

from .building import ROOT, build
from .chromium import ARGUMENTS, chromium_path
from .stage import Stage

IMAGES = ROOT / "docs" / "images"
HOURS, RATE_PER_S = 8, 1.5
CHART = '[data-testid="chart"][data-bars]'
# Behind the last answer charts still draw, in frames that nothing tells of.
SETTLE_MS = 2_500
WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


async def _market(page):
    await page.keyboard.press("Escape")


async def _forecast(page):
    await page.click("#tab-forecast")


async def _health(page):
    await page.click("#tab-health")


async def _hours(page):
    await page.click('.segments button:text-is("5m")')


async def _table(page):
    await page.locator(".segments").nth(1).locator("button").nth(1).click()


async def _views(page):
    await page.locator(".menu > button").first.click()


PICTURES = (
    ("market-dark", _market, {"viewport": WIDE, "color_scheme": "dark"}),
    ("market-light", _hours, {"viewport": WIDE, "color_scheme": "light"}),
    ("forecast", _forecast, {"viewport": WIDE, "color_scheme": "dark"}),
    ("health", _health, {"viewport": WIDE, "color_scheme": "light"}),
    ("table", _table, {"viewport": WIDE, "color_scheme": "dark", "locale": "fr-FR"}),
    ("views", _views, {"viewport": WIDE, "color_scheme": "light"}),
    ("phone", _market, {"viewport": PHONE, "color_scheme": "light", "locale": "fr-FR"}),
)


async def take(url):
    """Take all pictures of the dashboard at *url*."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium_path(), headless=True, args=list(ARGUMENTS)
        )
        for name, prepare, options in PICTURES:
            context = await browser.new_context(**{"locale": "en-GB", **options})
            page = await context.new_page()
            await page.goto(url)
            await page.wait_for_selector(CHART)
            await prepare(page)
            await page.wait_for_timeout(SETTLE_MS)
            await page.screenshot(path=IMAGES / f"{name}.png")
            await context.close()
            print(IMAGES.relative_to(ROOT) / f"{name}.png")
        await browser.close()


async def take_of_own():
    """Start a worker with a market and take all pictures of it."""
    build()
    with (
        tempfile.TemporaryDirectory(prefix="cryptoviz-shots-", ignore_cleanup_errors=True) as path,
        Broker(Path(path) / "kafka") as broker,
        Database(Path(path) / "postgres") as database,
    ):
        stage = Stage(f"shots{uuid.uuid4().hex[:6]}", broker, database, Path(path))
        await stage.start()
        try:
            await stage.send_market(HOURS, RATE_PER_S)
            await asyncio.to_thread(stage.worker.start)
            await asyncio.sleep(20)
            await take(stage.url)
        finally:
            await asyncio.to_thread(stage.worker.stop)
            await stage.door.shut()


if __name__ == "__main__":
    asyncio.run(take(sys.argv[1]) if len(sys.argv) > 1 else take_of_own())
