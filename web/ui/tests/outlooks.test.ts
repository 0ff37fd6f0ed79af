import { describe, expect, test } from "vitest";
import {
  ahead,
  fromLive,
  fromStored,
  ForecastRows,
  horizonsOf,
  outcomes,
  verdict,
  wasHit,
  type LiveForecast,
  type Outlook,
} from "../src/chart/outlooks";

function anOutlook(given: Partial<Outlook> = {}): Outlook {
  return {
    model: "holt",
    targetS: 1_000,
    horizonS: 300,
    price: 100,
    low: 95,
    high: 105,
    level: 0.9,
    actual: null,
    ...given,
  };
}

function aRow(given: Partial<LiveForecast> = {}): LiveForecast {
  return {
    pair: "BTC/USD",
    target_time: 1_000,
    horizon: 300,
    level: 0.9,
    made_at: 700,
    actual: null,
    predictions: [{ model: "holt", price: 100, low: 95, high: 105 }],
    ...given,
  };
}

describe("forecasts", () => {
  test("ahead are the newest of each horizon that are still to come, nearest first", () => {
    const found = ahead(
      [
        anOutlook({ targetS: 1_000 }),
        anOutlook({ targetS: 1_300 }),
        anOutlook({ targetS: 4_600, horizonS: 3_600 }),
        anOutlook({ targetS: 400 }),
        anOutlook({ targetS: 9_000, model: "last_price" }),
      ],
      "holt",
      900,
    );

    expect(found.map((one) => one.targetS)).toEqual([1_300, 4_600]);
  });

  test("with an outcome are compared at one horizon, by time", () => {
    const all = [
      anOutlook({ targetS: 400, actual: 120 }),
      anOutlook({ targetS: 100, actual: 99 }),
      anOutlook({ targetS: 700 }),
      anOutlook({ targetS: 400, horizonS: 3_600, actual: 120 }),
      anOutlook({ targetS: 400, model: "last_price", actual: 120 }),
    ];

    expect(horizonsOf(all)).toEqual([300, 3_600]);
    expect(outcomes(all, "holt", 300).map((one) => [one.targetS, wasHit(one)])).toEqual([
      [100, true],
      [400, false],
    ]);
  });

  test("keep an outcome that is known, and are forgotten after a day", () => {
    const rows = new ForecastRows();
    rows.put(aRow({ actual: 101 }));
    rows.put(aRow({ actual: null }));
    rows.put(aRow({ target_time: 1_300 }));

    expect(rows.since(2_000).map((row) => row.actual)).toEqual([101, null]);
    expect(rows.since(86_400 + 1_100).map((row) => row.target_time)).toEqual([1_300]);
  });

  test("have one shape, from the table and from the database", () => {
    const live = fromLive( [aRow()],
      "BTC/USD",
    );
    const stored = fromStored(
      [
        {
          timestamp: new Date(1_000_000).toISOString(),
          crypto_symbol: "BTC",
          pair: "BTC/USD",
          model_name: "holt",
          predicted_price: 100,
          confidence_interval_low: 95,
          confidence_interval_high: 105,
          actual_price: null,
          made_at: null,
          horizon: 300,
          level: 0.9,
        },
      ],
      "BTC/USD",
    );

    expect(live).toEqual([anOutlook()]);
    expect(stored).toEqual(live);
  });
});

describe("verdicts", () => {
  const score = { model: "holt", horizon: 300, period: "24h", count: 100, mape: 1, coverage: 0.9 };

  test.each([
    [-0.2, "skillBad"],
    [0.001, "skillNone"],
    [0.2, "skillGood"],
    [null, "skillUnknown"],
  ] as const)("a skill of %s is %s", (skill, expected) => {
    expect(verdict({ ...score, skill })).toBe(expected);
  });

  test("few outcomes say nothing, and the reference is not judged", () => {
    expect(verdict({ ...score, skill: 0.9, count: 3 })).toBe("skillUnknown");
    expect(verdict({ ...score, skill: 0, model: "last_price" })).toBe("skillReference");
  });
});
