import { describe, expect, test } from "vitest";
import { Axis } from "../src/chart/axis";
import { runs } from "../src/chart/gaps";
import { settledS, spacingOf, type Outlook } from "../src/chart/outlooks";

describe("the axis of a chart", () => {
  test("keeps the room of windows without trades, between bars and up to now", () => {
    const axis = new Axis([60, 120, 300], 60, 599);

    expect(axis.gaps).toEqual([180, 240, 360, 420, 480]);
    expect(axis.still).toBe(3);
    expect([axis.newest, axis.now]).toEqual([4, 7]);
  });

  test("shades no window that has not ended", () => {
    expect(new Axis([60, 120], 60, 239.9).gaps).toEqual([]);
    expect(new Axis([60, 120], 60, 240).gaps).toEqual([180]);
  });

  test("goes on from now to where a forecast ends", () => {
    const axis = new Axis([60], 60, 200, 421);

    expect(axis.gaps).toEqual([120]);
    expect(axis.ahead).toEqual([180, 240, 300, 360, 420]);
    expect(axis.now).toBe(1);
  });

  test("takes a bar at its end only, where no place is free before it", () => {
    const axis = new Axis([60, 120], 60, 130);

    expect(axis.append(240)).toBe(false);
    expect(axis.append(180)).toBe(true);
    expect(axis.has(180)).toBe(true);
    expect(axis.newest).toBe(2);
    expect(new Axis([60, 120], 60, 250).append(180)).toBe(false);
  });

  test("holds what is between the first bar and now", () => {
    const axis = new Axis([120, 180], 60, 400, 900);

    expect([60, 120, 240, 300, 360].map((time) => axis.holds(time))).toEqual([
      false,
      true,
      true,
      true,
      false,
    ]);
  });

  test("of no bars has no place", () => {
    const axis = new Axis([], 60, 1e9, 2e9);

    expect([axis.gaps, axis.ahead, axis.now]).toEqual([[], [], -1]);
    expect(axis.append(60)).toBe(false);
  });

  test("tells how many places came on the left", () => {
    const after = new Axis([60, 240, 300], 60, 301);

    expect(after.countBefore(240)).toBe(3);
    expect(after.countBefore(new Axis([], 60, 0).first)).toBe(5);
  });
});

describe("outcomes", () => {
  const at = (targetS: number) => ({ targetS }) as Outlook;

  test("follow each other as closely as any two of them do", () => {
    expect(spacingOf([at(300), at(1_200), at(1_500)])).toBe(300);
    expect(spacingOf([at(300)])).toBe(Infinity);
  });

  test("are waited for as long as late records are", () => {
    const final = { endS: 1_000, final: true };

    expect(settledS([final, { endS: 9_700, final: false }], 10_000)).toBe(9_100);
    expect(settledS([final, { endS: 6_400, final: false }], 10_000)).toBe(6_400);
    expect(settledS([final, { endS: 10_060, final: false }], 10_000)).toBe(9_100);
    expect(settledS([], 10_000)).toBe(9_100);
  });

  test("are cut where some are missing", () => {
    const cut = runs([{ time: 0 }, { time: 300 }, { time: 900 }], 300);

    expect(cut).toEqual([[{ time: 0 }, { time: 300 }], [{ time: 900 }]]);
  });
});
