import type { ITimeScaleApi, Time } from "lightweight-charts";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { Axis } from "../src/chart/axis";
import { Viewport, type Range } from "../src/chart/viewport";

const STEP_S = 60;
let waiting: (() => void)[] = [];

beforeEach(() => {
  waiting = [];
  vi.stubGlobal("requestAnimationFrame", (callback: () => void) => waiting.push(callback));
});

function drawFrame(): void {
  for (const callback of waiting.splice(0)) callback();
}

function aView(range: Range | null = null, width = 700) {
  let shown = range;
  const scale = {
    getVisibleLogicalRange: () => shown,
    // As a chart does: with its next frame.
    setVisibleLogicalRange: (asked: Range) => void waiting.push(() => (shown = asked)),
    width: () => width,
  };
  return new Viewport(scale as unknown as ITimeScaleApi<Time>);
}

/** An axis of *count* bars from minute *from* on, seen *still* minutes after the last one. */
function anAxis(count: number, still = 0, from = 1): Axis {
  const times = Array.from({ length: count }, (_, index) => (from + index) * STEP_S);
  return new Axis(times, STEP_S, (from + count + still) * STEP_S);
}

describe("what is in view", () => {
  test("moves with the newest bar, by as much as came", () => {
    const view = aView();
    view.follow({ from: 50, to: 105 }, anAxis(100), anAxis(103));

    expect(view.range()).toEqual({ from: 53, to: 108 });
  });

  test("stays where it is when the newest bar is not in it", () => {
    const view = aView();
    view.follow({ from: 10, to: 60 }, anAxis(100), anAxis(103));

    expect(view.range()).toEqual({ from: 10, to: 60 });
  });

  test("shows the same bars when older ones are put before them", () => {
    const view = aView();
    view.follow({ from: 0, to: 50 }, anAxis(100, 0, 501), anAxis(300, 0, 301));

    expect(view.range()).toEqual({ from: 200, to: 250 });
  });

  test("moves with a stretch without trades, but keeps the last bar", () => {
    const [view, quiet] = [aView(), anAxis(100, 500)];
    view.follow({ from: 50, to: 105 }, anAxis(100), anAxis(100, 8));
    expect(view.range()).toEqual({ from: 58, to: 113 });

    view.follow(view.range()!, anAxis(100, 8), quiet);
    expect(view.range()?.from).toBeLessThan(quiet.newest);
    expect(view.range()?.to).toBeLessThan(quiet.now);
  });

  test("comes back to the newest bar when there are trades again", () => {
    const [view, again] = [aView(), new Axis([60, 120, 60 * 503], STEP_S, 60 * 503)];
    view.follow({ from: -30, to: 25 }, new Axis([60, 120], STEP_S, 60 * 503), again);

    expect(view.range()!.from).toBeLessThan(again.newest);
    expect(view.range()!.to).toBeGreaterThan(again.newest);
  });

  test("goes on from what was asked for, before a frame has shown it", () => {
    const view = aView({ from: 0, to: 100 });
    view.pan(-10);
    view.pan(-10);
    expect(view.range()).toEqual({ from: -20, to: 80 });

    drawFrame();
    view.zoom(0.5);
    expect(view.range()).toEqual({ from: 30, to: 80 });
  });

  test("at the end is the newest bar with what is ahead of it", () => {
    const view = aView();
    view.showNewest(anAxis(1_000));
    expect(view.range()).toEqual({ from: 900, to: 1_005 });

    view.showNewest(new Axis([60], STEP_S, 120, 60 * 62));
    expect(view.range()!.to).toBeGreaterThanOrEqual(61);
  });

  test("at the end is the last bar, however long there were no trades", () => {
    const view = aView();
    view.showNewest(anAxis(1_000, 1_500));

    expect(view.range()!.from).toBeLessThan(999);
    expect(view.range()!.to).toBeGreaterThan(999);
  });
});
