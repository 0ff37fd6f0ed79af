"""Takes the pictures of docs/dashboard.md: `python -m tests.browser.screenshots [URL]`.

Without a URL of a running worker it starts everything itself, with a market of some hours.
"""

import asyncio
import sys

from playwright.async_api import async_playwright

from cryptoviz.simulator import Silence

from .building import ROOT
from .chromium import ARGUMENTS, chromium_path
from .stage import stage_of_its_own

IMAGES = ROOT / "docs" / "images"
# So long that there is some of yesterday at any time of the day.
HOURS, RATE_PER_S = 26, 2.0
# A gap like any market has now and then, and a pair that has fallen silent.
SILENCES = (
    Silence("BTC/USD", for_s=17 * 60, after_s=HOURS * 3_600 - 60 * 60),
    Silence("SOL/USD", for_s=HOURS * 3_600, after_s=HOURS * 3_600 - 23 * 60),
)
CHART = '[data-testid="chart"][data-bars]'
# Behind the last answer charts still draw, in frames that nothing tells of.
SETTLE_MS = 2_500
WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


async def _market(page):
    await page.keyboard.press("Escape")


async def _five_minutes(page):
    await page.click('.segments button:text-is("5m")')


async def _forecast(page):
    await page.click("#tab-forecast")
    await page.wait_for_selector(".outcome-chart")
    await page.select_option(".panel select", "moving_average")
    await page.wait_for_selector(".outcome-chart")


async def _yesterday(page):
    await _forecast(page)
    await page.locator(".choices button").nth(1).click()
    await page.wait_for_selector(".outcome-chart")
    await page.locator(".past").scroll_into_view_if_needed()


async def _quiet(page):
    await page.click(".pairs >> text=SOL/USD")
    await page.wait_for_selector('[data-banner="bannerTrades"]')


async def _health(page):
    await page.click("#tab-health")
    await page.wait_for_selector(".refused")


async def _bar(page):
    await page.focus(CHART)
    for _ in range(9):
        await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("Enter")


async def _table(page):
    await page.locator(".tools .segments").nth(1).locator("button").nth(1).click()
    gap = page.locator(".candle-table .gap").first
    await gap.evaluate("(row) => row.scrollIntoView({block: 'center'})")


async def _views(page):
    await page.locator(".menu > button").first.click()
    await page.fill(".drop input", "Bitcoin")
    await page.keyboard.press("Enter")
    await page.wait_for_selector(".views li")


async def _settings(page):
    await page.locator(".menu > button").nth(1).click()
    await page.wait_for_selector(".cryptos label")


async def _dead(page):
    await page.route_web_socket("**/ws/", _without_updates)
    await page.clock.install()
    await page.reload()
    await page.wait_for_selector(CHART)
    await page.clock.fast_forward(40_000)
    await page.wait_for_selector(".banner")


def _without_updates(socket):
    server = socket.connect_to_server()
    server.on_message(lambda told: None if '"updates"' in told[:40] else socket.send(told))


def _of(view, viewport, scheme, locale="en-GB"):
    return view, {"viewport": viewport, "color_scheme": scheme, "locale": locale}


PICTURES = {
    "market-dark": _of(_market, WIDE, "dark"),
    "market-light": _of(_five_minutes, WIDE, "light"),
    "sentiment": _of(_bar, WIDE, "light"),
    "forecast": _of(_forecast, WIDE, "dark"),
    "yesterday": _of(_yesterday, WIDE, "light", "fr-FR"),
    "health": _of(_health, WIDE, "light"),
    "table": _of(_table, WIDE, "dark", "fr-FR"),
    "views": _of(_views, WIDE, "light"),
    "settings": _of(_settings, WIDE, "dark", "fr-FR"),
    "dead": _of(_dead, WIDE, "dark"),
    "quiet": _of(_quiet, WIDE, "light", "fr-FR"),
    "phone": _of(_market, PHONE, "light", "fr-FR"),
    "phone-forecast": _of(_forecast, PHONE, "dark"),
    "phone-health": _of(_health, PHONE, "light", "fr-FR"),
}
# On a phone the panels are below the chart, so their pictures are longer.
TALL = ("phone-forecast", "phone-health")


async def take(url):
    """Take all pictures of the dashboard at *url*."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium_path(), headless=True, args=list(ARGUMENTS)
        )
        for name, (prepare, options) in PICTURES.items():
            context = await browser.new_context(**options)
            page = await context.new_page()
            await page.goto(url)
            await page.wait_for_selector(CHART)
            await prepare(page)
            await page.wait_for_timeout(SETTLE_MS)
            await page.screenshot(path=IMAGES / f"{name}.png", full_page=name in TALL)
            await context.close()
            print(IMAGES.relative_to(ROOT) / f"{name}.png")
        await browser.close()


async def take_of_own():
    """Start a worker with a market and take all pictures of it."""
    async with stage_of_its_own(HOURS, RATE_PER_S, SILENCES) as stage:
        going_on = asyncio.create_task(stage.go_on())
        try:
            await stage.junk("trade")
            await stage.trade("ETH/USD", 1.0, ago_s=3 * 86_400)
            await take(stage.url)
        finally:
            going_on.cancel()


if __name__ == "__main__":
    asyncio.run(take(sys.argv[1]) if len(sys.argv) > 1 else take_of_own())
