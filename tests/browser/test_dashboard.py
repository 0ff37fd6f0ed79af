"""What somebody sees who opens the dashboard and keeps it open."""

import asyncio
import json
import re
import time

import pytest

try:
    from playwright.async_api import expect
except ModuleNotFoundError:
    # The fixture `browser` says so, in a sentence, and lets no test pass.
    expect = None

from .building import SOURCES
from .frames import DRAWINGS

if expect is not None:
    # Machines that run tests are busy; what must be fast is measured by itself.
    expect.set_options(timeout=15_000)

pytestmark = pytest.mark.asyncio(loop_scope="module")

DEAD = '[data-banner="bannerDead"]'
TRADES = '[data-banner="bannerTrades"]'
CHART = '[data-testid="chart"]'
BANNER = ".banner"
BARS_SHOWN = 150
# The market moves as fast as this, and is drawn with this between.
UPDATES_PER_S, LEAST_BETWEEN_S = 100, 0.06
# What a view shows when it is all there.
LOADED = {"#tab-forecast": ".outcome-chart canvas", "#tab-health": ".refused"}
AXE = SOURCES / "node_modules" / "axe-core" / "axe.min.js"


async def shown(page):
    """Return what the chart shows: times of first and last bar, how many, gaps, the last price.

    Of the gaps, *still* are behind the last bar.
    """
    data = await page.eval_on_selector(CHART, "(chart) => ({...chart.dataset})")
    return {
        "first": int(data["first"]),
        "last": int(data["last"]),
        "bars": int(data["bars"]),
        "gaps": int(data["gaps"]),
        "still": int(data["still"]),
        "close": float(data["close"]),
    }


async def wait_for_midnight(page):
    """Wait until all minutes are there since the midnight before those in view, for their VWAP."""
    shown_s = time.time() - BARS_SHOWN * 60
    await page.wait_for_function(
        "([chart, midnight]) => +document.querySelector(chart).dataset.first <= midnight",
        arg=[CHART, shown_s // 86_400 * 86_400],
    )


async def wait_for_close(page, price, timeout_s=15.0):
    await page.wait_for_function(
        "([chart, price]) => document.querySelector(chart).dataset.close === price",
        arg=[CHART, f"{price:g}"],
        timeout=timeout_s * 1_000,
    )


async def read_bar(page, steps):
    """Return what is read out of the bar so many steps from the right."""
    await page.focus(CHART)
    await page.keyboard.press("Escape")
    for _ in range(steps):
        await page.keyboard.press("ArrowLeft")
    return await page.text_content('[aria-live="polite"].unseen')


async def test_the_first_load_shows_pairs_candles_sentiment_and_news(visit):
    page = await visit()

    await wait_for_midnight(page)
    chart = await shown(page)
    assert chart["bars"] > 100
    # Each minute without a trade keeps its place, and is shaded.
    minutes = (chart["last"] - chart["first"]) // 60 + 1
    assert chart["gaps"] - chart["still"] == minutes - chart["bars"] > 0
    for pair in ("BTC/USD", "ETH/USD", "SOL/USD"):
        await expect(page.locator(".pairs li", has_text=pair)).to_be_visible()
    await expect(page.locator(".mood-label")).to_contain_text("Sentiment BTC")
    await expect(page.locator(".articles li").first).to_be_visible()
    await expect(page.locator(".status")).to_have_text("Live")


async def test_searching_and_picking_a_pair_shows_its_candles(visit):
    page = await visit()
    before = (await shown(page))["close"]

    await page.keyboard.press("/")
    await page.keyboard.type("eth")
    await page.keyboard.press("Enter")

    await expect(page.locator(".pick")).to_contain_text("ETH/USD")
    await page.wait_for_function(
        "([chart, before]) => Math.abs(+document.querySelector(chart).dataset.close - before) > 1",
        arg=[CHART, before],
    )
    await expect(page.locator(".mood-label")).to_contain_text("Sentiment ETH")


async def test_scrolling_left_loads_history(visit):
    page = await visit()
    await wait_for_midnight(page)
    before = await shown(page)

    await page.focus(CHART)
    # As far as the oldest minute, wherever that is: so many bars at a time.
    for _ in range(before["bars"] // 10):
        await page.keyboard.press("Shift+ArrowLeft")

    await page.wait_for_function(
        "([chart, first]) => +document.querySelector(chart).dataset.first < first",
        arg=[CHART, before["first"]],
    )
    after = await shown(page)
    assert after["bars"] > before["bars"]
    assert after["last"] >= before["last"]


async def test_a_trade_is_on_the_chart_within_a_second(visit, stage):
    page = await visit()
    price, took_s = 50_000.5, []
    # What the first one brings in, in the worker and in the page, is there for the others.
    await stage.trade("BTC/USD", price)
    await wait_for_close(page, price)

    for _ in range(5):
        price += 1
        # From before it is sent, so that Kafka's part counts as well.
        began_s = time.monotonic()
        await stage.trade("BTC/USD", price)
        await wait_for_close(page, price)
        took_s.append(time.monotonic() - began_s)

    assert max(took_s) < 1.0, took_s
    await expect(page.locator('[data-testid="legend"] .state')).to_have_text("forming")


async def test_trades_that_stop_are_said_and_shaded_up_to_now(visit, stage):
    for ago_s in (1_860, 1_800):
        await stage.trade("ADA/USD", 0.5, ago_s=ago_s)
    await stage.tick("ADA/USD", 0.6)
    page = await visit()
    await page.click("text=ADA/USD")
    await wait_for_close(page, 0.5)
    still = (await shown(page))["still"]
    assert 28 <= still <= 31

    # The quotes go on, or the feed would have stopped as a whole.
    await stage.tick("ADA/USD", 0.7)
    await expect(page.locator(TRADES)).to_contain_text("No trades of ADA/USD since")
    await stage.trade("ADA/USD", 0.75)

    await expect(page.locator(TRADES)).to_have_count(0)
    after = await shown(page)
    assert after["still"] == 0
    assert after["gaps"] >= still


async def test_a_late_trade_repaints_its_candle(visit, stage):
    page = await visit()
    await stage.trade("SOL/USD", 150.25)
    await page.click("text=SOL/USD")
    await wait_for_close(page, 150.25)
    canvas = page.locator(CHART)
    before = await canvas.screenshot()

    await stage.trade("SOL/USD", 171.5, ago_s=180)

    await expect(page.locator(".legend")).to_be_visible()
    async with asyncio.timeout(15):
        while "high 171.500" not in " ".join([await read_bar(page, n) for n in (3, 4, 5)]):
            await asyncio.sleep(0.1)
    await page.keyboard.press("Escape")
    assert await canvas.screenshot() != before


async def test_an_article_s_link_opens_nothing_but_web_pages(visit, stage):
    page = await visit()
    await stage.article("A good one", "https://news.example/good")
    await stage.article("A bad one", "javascript:alert(1)")

    good = page.locator(".articles a", has_text="A good one")
    await expect(good).to_have_attribute("href", "https://news.example/good", timeout=15_000)
    await expect(good).to_have_attribute("rel", "noopener noreferrer nofollow")
    await expect(page.locator(".articles", has_text="A bad one")).to_be_visible()
    assert not await page.locator(".articles a", has_text="A bad one").count()


async def test_picking_a_bar_lists_the_articles_of_its_window(visit):
    page = await visit()

    await read_bar(page, 12)
    await page.keyboard.press("Enter")

    await expect(page.locator(".window")).to_contain_text("UTC")
    await page.click(".window button")
    await expect(page.locator(".window")).to_have_count(0)


async def test_forecasts_are_drawn_ahead_and_come_as_they_are_made(visit, stage):
    for ago_s in range(3_600, 0, -300):
        await stage.tick("LTC/USD", 80 + ago_s / 1_000, ago_s=ago_s)
    page = await visit()
    await page.click("text=LTC/USD")
    await page.click("#tab-forecast")
    hour = page.locator("table.coming tr", has_text="1 h").locator("td").first
    await expect(hour).to_be_visible()
    before = await hour.text_content()

    await stage.tick("LTC/USD", 81)

    await expect(hour).not_to_have_text(before)
    await page.click("text=BTC/USD")
    await page.wait_for_function(
        "(chart) => +document.querySelector(chart).dataset.ahead > 30", arg=CHART
    )


async def test_forecasts_of_yesterday_are_shown_against_what_happened(visit):
    page = await visit()
    await page.click("#tab-forecast")
    hits, chart = page.locator('[data-testid="hits"]'), page.locator(".outcome-chart canvas")
    await expect(hits).to_contain_text(re.compile(r"of \d{3} in the range"))
    await expect(chart.first).to_be_visible()
    # Two horizons may have as many hits, but hardly the same interval.
    reading = page.locator(".outcomes .reading")
    nearest = await reading.text_content()

    await page.click('.choices button:text-is("1 h")')
    await expect(reading).not_to_have_text(nearest)
    await page.select_option("select >> nth=0", "moving_average")
    await page.click('.choices button:text-is("Yesterday")')

    await expect(page.locator(".choices [aria-pressed=true]").first).to_have_text("Yesterday")
    await expect(hits).to_contain_text(re.compile(r"of \d+ in the range"))
    await page.click(".outcomes summary")
    count = int(re.search(r"of (\d+)", await hits.text_content())[1])
    await expect(page.locator(".outcome-table tbody tr")).to_have_count(count)
    await expect(page.locator(".verdicts")).to_contain_text("do not trust moving average here")


async def test_times_without_an_outcome_are_shaded(visit, stage):
    # Forecasts for each five minutes of an hour, and a quarter of it without a price.
    for ago_s in range(4_500, 0, -300):
        if not 1_500 <= ago_s < 2_400:
            await stage.tick("XRP/USD", 2 + ago_s / 100_000, ago_s=ago_s)
    await stage.tick("XRP/USD", 2)
    page = await visit()
    await page.click("text=XRP/USD")
    await page.click("#tab-forecast")

    chart = page.locator(".outcome-chart")
    await expect(chart).to_have_attribute("data-gaps", re.compile(r"^[1-9]"))
    await expect(page.locator(".key-gap")).to_have_text("no price received")


async def test_the_health_view_counts_what_is_done_rejected_and_late(visit, stage):
    page = await visit()
    await page.click("#tab-health")
    rejected = page.locator('[data-refused="rejected"]')
    await expect(rejected).to_be_visible()

    await stage.junk("trade")
    await stage.trade("ETH/USD", 1.0, ago_s=3 * 86_400)

    await expect(rejected.locator("li")).to_contain_text("missing_field")
    await expect(page.locator('[data-refused="late"] li').first).to_contain_text("candles")
    counts = page.locator(".counts")
    await expect(counts).to_contain_text(re.compile(r"Records a second, into the tables\s*\d"))
    await expect(counts).to_contain_text(re.compile(r"Records that wait for the database\s*\d"))
    await expect(page.locator(".silences tbody tr", has_text="BTC/USD")).to_be_visible()
    await expect(page.locator(".headline")).to_have_text("All parts work.")


async def test_a_fast_market_is_drawn_no_oftener_than_one_can_follow(visit, stage):
    page = await visit()
    await page.click("#tab-health")
    seen = page.locator(".counts dd").first
    async with stage.flow("BTC/USD", UPDATES_PER_S):
        await expect(seen).to_have_text(re.compile(r"^\s*([6-9]\d|\d{3,})"))
        drawings, took_s = await page.evaluate(DRAWINGS, [CHART, 3_000])

    assert 1 <= drawings <= took_s / LEAST_BETWEEN_S + 1
    await stage.trade("BTC/USD", 123_456.0)
    await wait_for_close(page, 123_456)


async def test_a_view_is_saved_and_opened_again(visit):
    page = await visit()
    await page.click("text=ETH/USD")
    await page.click('.segments button:text-is("5m")')
    await page.click("text=Views")
    await page.fill('[aria-label="Name of this view"]', "Ether, five minutes")
    await page.keyboard.press("Enter")
    await expect(page.locator(".views li", has_text="Ether, five minutes")).to_be_visible()

    other = await visit()
    await other.click("text=Views")
    await other.click('[aria-label="Open Ether, five minutes"]')

    await expect(other.locator(".pick")).to_contain_text("ETH/USD")
    await expect(other.locator('.segments button:text-is("5m")')).to_have_attribute(
        "aria-pressed", "true"
    )
    await other.click("text=Views")
    await other.click('[aria-label="Delete Ether, five minutes"]')
    await expect(other.locator(".views li", has_text="Ether, five minutes")).to_have_count(0)


async def test_a_crypto_that_is_not_followed_leaves_the_list(visit):
    page = await visit()
    await page.click("text=Settings")
    box = page.locator(".cryptos label", has_text="SOL").locator("input")
    row = page.locator(".pairs li", has_text="SOL/USD")

    await box.uncheck()
    await expect(row).to_have_count(0)

    await box.check()
    await expect(row).to_have_count(1)


async def test_the_table_has_all_that_the_chart_shows(visit, stage):
    page = await visit()
    await wait_for_midnight(page)
    await stage.trade("BTC/USD", 50_000.0)
    await stage.alert("BTC/USD", 0.7)
    await wait_for_close(page, 50_000)
    bars = (await shown(page))["bars"]

    await page.click("text=Table")

    said, rows = page.locator(".pages"), page.locator(".candle-table tr.bar")
    await expect(said).to_contain_text(f"1 to 150 of {bars:,} candles loaded")
    await expect(rows.first).to_contain_text("50,000.00")
    await expect(rows.first).to_contain_text("+0.70%")
    await expect(page.locator(".candle-table tr.gap").first).to_contain_text("no trades received")
    head = page.locator(".candle-table thead")
    await expect(head).not_to_contain_text("MA 50")
    await page.click("text=MA 50")
    await expect(head).to_contain_text("VWAPMA 20MA 50")
    newest = await rows.first.locator("th").text_content()
    await page.click('.pages button:text-is("Older")')
    await expect(said).to_contain_text("151 to")
    await expect(rows.first.locator("th")).not_to_have_text(newest)
    await page.click('.pages button:text-is("Newest")')
    await expect(rows.first.locator("th")).to_have_text(newest)


async def test_the_table_reads_history_behind_its_last_page(visit):
    page = await visit()
    await page.click('.segments button:text-is("5m")')
    await page.click("text=Table")
    said, older = page.locator(".pages"), page.locator('.pages button:text-is("Older")')
    await expect(said).to_contain_text("1 to 150")

    # There are thirty hours of market, and no more.
    for _ in range(5):
        if await older.is_enabled():
            await older.click()
        await expect(said).not_to_contain_text("Loading")

    await expect(older).to_be_disabled()
    of = re.search(r"(\d+) to (\d+) of (\d+)", await said.text_content())
    assert int(of[2]) == int(of[3]) > 300


async def test_it_speaks_french(visit):
    page = await visit(locale="fr-FR")
    assert await page.get_attribute("html", "lang") == "fr"
    await expect(page.locator(".tools")).to_contain_text("1j")

    await page.click("#tab-forecast")
    models = page.locator("select option")
    await expect(models.filter(has_text="moyenne mobile")).to_have_count(1)
    await expect(models.filter(has_text="_")).to_have_count(0)
    await page.click("text=Tableau")
    head = page.locator(".candle-table thead")
    await expect(head).to_contain_text("Clôture")
    await expect(head).to_contain_text("MM 20")

    await page.click("text=Réglages")
    await page.select_option(".drop select >> nth=0", "en")
    await expect(head).to_contain_text("Close")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_nobody_is_kept_out(visit, scheme):
    page = await visit(color_scheme=scheme, reduced_motion="reduce")
    await page.evaluate(AXE.read_text())
    bad = []
    for view in ("#tab-news", "#tab-forecast", "#tab-health", "text=Table", "text=Settings"):
        await page.click(view)
        if view in LOADED:
            await expect(page.locator(LOADED[view]).first).to_be_visible()
        found = await page.evaluate("axe.run({resultTypes: ['violations']})")
        bad += [
            {"in": view, "id": each["id"], "at": [node["html"][:200] for node in each["nodes"][:3]]}
            for each in found["violations"]
            if each["impact"] in ("serious", "critical")
        ]

    assert not bad, json.dumps(bad, indent=1)


async def test_it_fits_a_phone(visit, stage):
    await stage.tick("DOT/USD", 5.0, ago_s=600)
    page = await visit(viewport={"width": 360, "height": 740}, has_touch=True)

    width = await page.evaluate("document.documentElement.scrollWidth")
    assert width <= 360
    await page.click(".pick")
    await page.click(".pairs.picking >> text=SOL/USD")
    await expect(page.locator(".pick")).to_contain_text("SOL/USD")
    # The list is folded away, so the quote itself says how old it is.
    await page.click(".pick")
    await page.click(".pairs.picking >> text=DOT/USD")
    await expect(page.locator(".quote")).to_contain_text("silent for 10 min")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360


async def test_a_feed_that_stops_is_said_instead_of_a_chart_that_stands_still(visit, stage):
    async def own_clock(page):
        await page.clock.install()

    page = await visit(prepare=own_clock)
    await stage.trade("BTC/USD", 50_100.0)
    await stage.tick("BTC/USD", 50_100.0)
    await expect(page.locator(".quote")).to_contain_text("50,100.00", timeout=15_000)
    await expect(page.locator(BANNER)).to_have_count(0)

    await page.clock.fast_forward(20_000)

    await expect(page.locator(DEAD)).to_contain_text("The feed has stopped")
    await expect(page.locator(".status")).to_have_text("Stopped")
    await stage.tick("BTC/USD", 50_200.0)
    await expect(page.locator(BANNER)).to_have_count(0)


async def test_a_database_that_is_down_is_said_and_live_data_goes_on(visit, stage):
    page = await visit()
    await stage.door.shut()
    try:
        await expect(page.locator('[data-banner="bannerDatabase"]')).to_be_visible(timeout=30_000)
        await page.click("#tab-health")
        await expect(page.locator(".down-list")).to_contain_text("The database is down")
        await stage.trade("BTC/USD", 50_300.5)
        await wait_for_close(page, 50_300.5)
        fresh = await visit()
        assert (await shown(fresh))["bars"] > 0
    finally:
        await stage.door.open()
    await expect(page.locator('[data-banner="bannerDatabase"]')).to_have_count(0, timeout=30_000)


async def test_a_restarted_worker_is_met_again_without_a_gap(visit, stage):
    page = await visit()
    await page.evaluate("window.isSamePage = true")

    await asyncio.to_thread(stage.worker.terminate)
    await expect(page.locator('[data-banner="bannerLost"]')).to_be_visible(timeout=15_000)
    await stage.trade("BTC/USD", 50_400.5, ago_s=1)
    await stage.trade("BTC/USD", 50_401.5)
    await asyncio.to_thread(stage.worker.start)

    await wait_for_close(page, 50_401.5, timeout_s=30)
    await expect(page.locator(BANNER)).to_have_count(0, timeout=15_000)
    await expect(page.locator(".status")).to_have_text("Live")
    assert await page.evaluate("window.isSamePage")
    last = (await shown(page))["last"]
    path = f"/live/candles/BTC/USD/?window={last}"
    kept = (await asyncio.to_thread(stage.worker.get, path))["rows"][0]
    assert f"{kept['trades']} trades" in await read_bar(page, 1)
