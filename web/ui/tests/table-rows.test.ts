import { describe, expect, test } from "vitest";
import { Candles } from "../src/chart/candles";
import { dayVwap } from "../src/chart/indicators";
import { alertsIn, pageOf, ROWS_A_PAGE, tableRows, type Extras } from "../src/chart/table-rows";
import { aCandle, startOf } from "./rows";

function candlesOf(minutes: readonly number[]): Candles {
  const found = new Candles();
  for (const minute of minutes) found.put(aCandle({ minute, close: minute }));
  return found;
}

function extras(given: Partial<Extras> = {}): Extras {
  return { lines: [], alerts: [], stepS: 60, formingS: 0, ...given };
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

describe("the table of candles", () => {
  test("has every candle on one of its pages, the newest first", () => {
    const candles = candlesOf(upTo(2 * ROWS_A_PAGE + 10));
    const read: number[] = [];
    let newestS: number | null = null;
    for (let pages = 0; pages < 3; pages++) {
      const page = pageOf(candles, newestS);
      read.push(...tableRows(candles, page, extras()).map(({ bar }) => bar.time));
      newestS = candles.bars[page.from - 1]?.time ?? 0;
    }

    expect(read).toEqual(candles.bars.map((bar) => bar.time).reverse());
  });

  test("stays on its page when a candle comes", () => {
    const candles = candlesOf(upTo(400));
    const before = pageOf(candles, startOf(200));
    candles.put(aCandle({ minute: 400 }));

    expect(pageOf(candles, startOf(200))).toEqual(before);
    expect(pageOf(candles, null).to).toBe(401);
  });

  test("shows the lines of the chart, which look back on more than the page", () => {
    const candles = candlesOf(upTo(ROWS_A_PAGE + 60));
    candles.isWhole = true;
    const page = pageOf(candles, null);

    const oldest = tableRows(candles, page, extras({ lines: ["vwap", "ma50"] })).at(-1);

    expect(oldest?.bar.close).toBe(60);
    expect(oldest?.lines).toEqual([dayVwap(candles.bars, true)[60], 35.5]);
  });

  test("says where there were no trades, up to now", () => {
    const rows = tableRows(candlesOf([0, 3, 4]), { from: 0, to: 3 }, extras({ formingS: startOf(6) }));

    expect(rows.map((row) => row.gap)).toEqual([
      { fromS: startOf(5), toS: startOf(6) },
      null,
      { fromS: startOf(1), toS: startOf(3) },
    ]);
  });

  test("has an alert in the row of its candle", () => {
    const alerts = [
      { time: startOf(1) + 59, change: 0.01 },
      { time: startOf(2), change: -0.02 },
    ];
    const rows = tableRows(candlesOf([0, 1, 2]), { from: 0, to: 3 }, extras({ alerts }));

    expect(rows.map((row) => row.alerts.map((alert) => alert.change))).toEqual([[-0.02], [0.01], []]);
    expect(alertsIn(alerts, startOf(0), 300)).toEqual(alerts);
  });

  test("knows the candle that is forming", () => {
    const rows = tableRows(candlesOf([0, 1]), { from: 0, to: 2 }, extras({ formingS: startOf(1) }));

    expect(rows.map((row) => row.state)).toEqual(["forming", "provisional"]);
  });
});
