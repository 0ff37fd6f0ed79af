import { describe, expect, test } from "vitest";
import { about, merged } from "../src/api/cursor";
import { samples, sum } from "../src/api/metrics";
import { dayVwap, movingAverage } from "../src/chart/indicators";
import { isNewer, moods, moodWindow } from "../src/chart/mood";
import * as format from "../src/format";
import { safeUrl } from "../src/links";
import { bodyOf, viewOf } from "../src/state/views";
import { en, type Texts } from "../src/text/en";
import { fill } from "../src/text/fill";
import { fr } from "../src/text/fr";

describe("cursors", () => {
  test("take the newer position of a feed and keep those of the others", () => {
    expect(merged("ticker:1:2~candles:5", "candles:9")).toBe("ticker:1:2~candles:9");
    expect(merged(null, "candles:9")).toBe("candles:9");
    expect(merged("candles:9", null)).toBe("candles:9");
  });

  test("lose the floors of a feed with its older position", () => {
    const older = "candles:5~!candles:BTC/USD:5m:60:7:0~!sentiment:BTC:60:1:0~sentiment:2";

    expect(merged(older, "candles:9")).toBe("!sentiment:BTC:60:1:0~sentiment:2~candles:9");
  });

  test("can be cut down to some feeds", () => {
    expect(about("ticker:1~candles:5~!candles:X/Y:60:7:0", new Set(["candles"]))).toBe(
      "candles:5~!candles:X/Y:60:7:0",
    );
    expect(about("ticker:1", new Set(["candles"]))).toBeNull();
  });
});

describe("indicators", () => {
  test("a moving average begins with its first full length", () => {
    expect(movingAverage([1, 2, 3, 4], 2)).toEqual([null, 1.5, 2.5, 3.5]);
  });

  test("the day's VWAP is weighted by volume and begins anew at midnight UTC", () => {
    const bars = [
      { time: 86_280, vwap: 10, volume: 1 },
      { time: 86_340, vwap: 40, volume: 2 },
      { time: 86_400, vwap: 7, volume: 5 },
      { time: 86_460, vwap: null, volume: 0 },
    ];

    expect(dayVwap(bars, true)).toEqual([10, 30, 7, 7]);
    expect(dayVwap(bars, false)).toEqual([null, null, 7, 7]);
    expect(dayVwap(bars.slice(2), false)).toEqual([7, 7]);
  });
});

describe("sentiment", () => {
  const window = { startS: 300, endS: 600, score: 0.9, articles: 1, revision: 1, final: true };

  test("of a window is that of each candle in it, none beyond the newest", () => {
    expect(moods([window], 60, 420).map((mood) => mood.time)).toEqual([300, 360, 420]);
  });

  test("of a longer candle is the mean over articles", () => {
    const other = { ...window, startS: 600, endS: 900, score: 0.3, articles: 3 };

    const [mood] = moods([window, other], 3_600, 10_000);

    expect(mood?.time).toBe(0);
    expect(mood?.score).toBeCloseTo(0.45);
    expect(mood?.articles).toBe(4);
  });

  test("rises in revision only", () => {
    expect(isNewer({ ...window, revision: 2 }, window)).toBe(true);
    expect(isNewer({ ...window, final: false }, window)).toBe(false);
  });

  test("without an article there is none", () => {
    const row = { window_start: "2026-01-01T00:00:00Z", sentiment_score: null };

    expect(moodWindow(row as never)).toBeNull();
  });
});

describe("links", () => {
  test.each([
    "javascript:alert(1)",
    "data:text/html,x",
    " java\nscript:alert(1)",
    "//evil.example",
    "https://user:pass@evil.example/",
    "",
    "no address",
  ])("%j is not one", (url) => {
    expect(safeUrl(url)).toBeNull();
  });

  test("web pages are", () => {
    expect(safeUrl("https://news.example/a?b=c")).toBe("https://news.example/a?b=c");
    expect(safeUrl(null)).toBeNull();
  });
});

describe("views", () => {
  const view = { pair: "ETH/EUR", interval: "5m", indicators: ["vwap"], model: "holt" } as const;

  test("come back as they were saved", () => {
    const row = { name: "mine", ...bodyOf({ ...view, indicators: [...view.indicators] }) };

    expect(viewOf(row, [])).toEqual(view);
    expect(row.crypto_symbol).toBe("ETH");
  });

  test("that another client wrote show a pair of their crypto", () => {
    const row = {
      name: "theirs",
      crypto_symbol: "SOL",
      time_range: "24h",
      chart_type: "line" as const,
      indicators: ["RSI"],
    };

    expect(viewOf(row, ["SOL/USDT", "SOL/USD", "BTC/USD"])).toEqual({
      pair: "SOL/USD",
      interval: "1m",
      indicators: [],
      model: "",
    });
  });
});

// Names, signs, and words that are French as well.
const SAME_IN_BOTH = [
  "title",
  "interval.1m",
  "interval.5m",
  "interval.1h",
  "vwap",
  "open",
  "high",
  "close",
  "volume",
  "mood",
  "barMood",
  "licences",
];

describe("texts", () => {
  test("have the same places for values in both languages", () => {
    const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
    for (const key of Object.keys(en) as (keyof typeof en)[]) {
      expect(places(fr[key]), key).toEqual(places(en[key]));
    }
  });

  test("differ between the languages, unless they are the same word or sign in both", () => {
    const same = Object.keys(en).filter((key) => en[key as keyof Texts] === fr[key as keyof Texts]);

    expect(same).toEqual(SAME_IN_BOTH);
  });

  test("are filled, and show a place that has no value", () => {
    expect(fill("{a} of {b}", { a: 1 })).toBe("1 of {b}");
  });
});

describe("numbers and times", () => {
  test("prices have decimals by their size", () => {
    expect(format.price(90_123.456, "en")).toBe("90,123.46");
    expect(format.price(0.0012345, "en")).toBe("0.001235");
    expect(format.price(null, "en")).toBe("–");
  });

  test("follow the language", () => {
    expect(format.percent(0.0123, "en")).toBe("+1.23%");
    expect(format.percent(-0.0123, "fr")).toMatch(/^-1,23\s%$/);
  });

  test("ages are in the unit that reads best", () => {
    const ages = [5, 75, 7_300, 200_000].map((age) => format.age(age, "en"));
    expect(ages).toEqual(["5 s", "1 min", "2 h", "2 d"]);
    expect(format.age(200_000, "fr")).toBe("2 j");
  });

  test("small shares keep their decimals", () => {
    expect(format.share(0.9, "en")).toBe("90%");
    expect(format.share(0.00123, "fr", 2)).toMatch(/^0,12\s%$/);
  });
});

test("samples of a Prometheus text are found by the whole name of their metric", () => {
  const text = [
    "# TYPE cryptoviz_rejected_total counter",
    'cryptoviz_rejected_total{topic="rawtrade",code="pair"} 2.0',
    'cryptoviz_rejected_total{topic="rawticker",code="time"} 3.0',
    'cryptoviz_rejected_total_created{topic="rawtrade"} 1.7e9',
  ].join("\n");

  const found = samples(text, "cryptoviz_rejected_total");
  expect(found[1]).toEqual({ labels: { topic: "rawticker", code: "time" }, value: 3 });
  expect(sum(found)).toBe(5);
  expect(samples(text, "cryptoviz_late_total")).toEqual([]);
});
