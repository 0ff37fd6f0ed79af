import { describe, expect, test } from "vitest";
import { Candles, stateOf } from "../src/chart/candles";
import { missing } from "../src/chart/gaps";
import { aCandle, startOf } from "./rows";

function candles(...rows: ReturnType<typeof aCandle>[]): Candles {
  const found = new Candles();
  for (const row of rows) found.put(row);
  return found;
}

describe("candles", () => {
  test("are in the order of time, in whatever order they come", () => {
    const found = candles(aCandle({ minute: 2 }), aCandle({ minute: 0 }), aCandle({ minute: 1 }));

    expect(found.bars.map((bar) => bar.time)).toEqual([startOf(0), startOf(1), startOf(2)]);
  });

  test("keep the higher revision when an older state comes after it", () => {
    const found = candles(aCandle({ revision: 9, close: 120 }));

    expect(found.put(aCandle({ revision: 8, close: 1 }))).toBe("none");
    expect(found.newest?.close).toBe(120);
  });

  test("become final at the same revision", () => {
    const found = candles(aCandle({ revision: 9 }));

    expect(found.put(aCandle({ revision: 9, final: true }))).toBe("newest");
    expect(found.put(aCandle({ revision: 9, final: false }))).toBe("none");
    expect(found.newest?.final).toBe(true);
  });

  test("say that an older one changed, so that it is repainted", () => {
    const found = candles(aCandle({ minute: 0 }), aCandle({ minute: 1 }));

    expect(found.put(aCandle({ minute: 0, revision: 8, high: 500 }))).toBe("older");
    expect(found.at(startOf(0))?.high).toBe(500);
  });

  test("are corrected when trades change a final one, not when it only gets another revision", () => {
    const found = candles(aCandle({ final: true, revision: 7 }));
    found.put(aCandle({ final: true, revision: 8 }));
    expect(found.newest?.corrected).toBe(false);

    found.put(aCandle({ final: true, revision: 9, trades: 8, close: 99 }));
    expect(found.newest?.corrected).toBe(true);
    expect(stateOf(found.newest!, startOf(100))).toBe("corrected");
  });

  test("form until their end, and are provisional until they are final", () => {
    const [bar] = candles(aCandle()).bars;
    const [closed] = candles(aCandle({ final: true })).bars;

    expect(stateOf(bar!, startOf(0) + 59)).toBe("forming");
    expect(stateOf(bar!, startOf(1))).toBe("provisional");
    expect(stateOf(closed!, startOf(1))).toBe("final");
  });

  test("of the database alone, which have no revision, give way to those of the tables", () => {
    const found = candles(aCandle({ revision: null, final: true }));

    expect(found.put(aCandle({ revision: 3, close: 42 }))).toBe("newest");
    expect(found.newest?.close).toBe(42);
  });
});

describe("gaps", () => {
  test("are the starts of windows without a candle", () => {
    expect(missing([60, 120, 300, 360], 60)).toEqual([180, 240]);
    expect(missing([], 60)).toEqual([]);
  });

  test("end somewhere, also between two bars that are years apart", () => {
    expect(missing([0, 1e9], 60).length).toBe(2_000);
  });
});
