"""The dashboard in a real browser, on a real worker; all of it is started once for the folder."""

import asyncio
import json
import uuid
from functools import partial

import pytest
import pytest_asyncio

from cryptoviz.simulator import Silence
from tests.waiting import eventually

from .building import build
from .chromium import ARGUMENTS, chromium_path
from .stage import Stage

# So many that there are forecasts of yesterday at any time of the day, and minutes before those
# that the chart reads by itself.
HOURS = 30
RATE_PER_S = 0.4
# However the minutes fall, some of these are without a trade.
SILENCES = (Silence("BTC/USD", for_s=200, after_s=HOURS * 3_600 - 2_400),)
# What the page's own policy forbids must not be tried either.
WATCH_POLICY = """
window.violations = [];
addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(`${event.violatedDirective} ${event.blockedURI}`);
});
"""


@pytest.fixture(scope="module")
def built():
    build()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(built, broker, database, tmp_path_factory):
    stage = Stage(f"ui{uuid.uuid4().hex[:8]}", broker, database, tmp_path_factory.mktemp("stage"))
    await stage.start()
    starting = asyncio.to_thread(stage.worker.start)
    await asyncio.gather(starting, stage.send_market(HOURS, RATE_PER_S, SILENCES))
    try:
        stored = partial(asyncio.to_thread, _is_stored, stage.worker)
        await eventually(stored, "the market in tables and database", 120)
        yield stage
    finally:
        await stage.stop()


def _is_stored(worker):
    try:
        hours = worker.get("/api/v1/candles/BTC/USD/?interval=1h")["count"]
        articles = worker.get("/api/v1/article/historique/?crypto=BTC")["count"]
        scores = worker.get("/live/scores/BTC-USD/")["rows"]
    except OSError:
        return False
    return hours >= 24 and articles > 5 and bool(scores)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser():
    try:
        from playwright.async_api import async_playwright
    except ModuleNotFoundError:
        pytest.fail("The browser tests need the package playwright, of the extra `test`.")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium_path(), headless=True, args=list(ARGUMENTS)
        )
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def visit(browser, stage):
    """Return how to open the dashboard; it fails a test whose page broke a rule."""
    contexts, errors, hosts = [], [], set()

    async def open_page(*, wait=True, prepare=None, **options):
        options = {"locale": "en-GB", "viewport": {"width": 1440, "height": 900}, **options}
        context = await browser.new_context(**options)
        contexts.append(context)
        await context.add_init_script(WATCH_POLICY)
        page = await context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
        if prepare is not None:
            await prepare(page)
        await page.goto(stage.url)
        if wait:
            await page.wait_for_selector('[data-testid="chart"][data-bars]', timeout=20_000)
        return page

    yield open_page
    violations = []
    for context in contexts:
        for page in context.pages:
            violations += await page.evaluate("window.violations")
        await context.close()
    assert not errors
    assert not violations, json.dumps(violations)
    assert hosts <= {stage.url.split("/")[2]}
