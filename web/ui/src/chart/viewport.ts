// Which part of the time axis is in view, and how it follows what comes.
import type { ITimeScaleApi, LogicalRange, Time } from "lightweight-charts";
import type { Axis } from "./axis";

/** How many bars are in view at first, where there is room. */
export const BARS_SHOWN = 150;
const PX_PER_BAR = 7;
const FEWEST_BARS = 30;
const FREE_PLACES = 5;
// Of the width, at most, is for what follows the newest bar.
const SHARE_BEHIND = 0.4;

export interface Range {
  from: number;
  to: number;
}

export class Viewport {
  private asked: Range | null = null;

  constructor(private readonly scale: ITimeScaleApi<Time>) {}

  /** What is in view, or will be with the next frame; null while there is nothing. */
  range(): Range | null {
    return this.asked ?? this.scale.getVisibleLogicalRange();
  }

  // The chart takes a range with its next frame. Whatever comes before goes on from what was asked.
  private move(range: Range): void {
    this.asked = range;
    this.scale.setVisibleLogicalRange(range as LogicalRange);
    requestAnimationFrame(() => (this.asked = null));
  }

  pan(bars: number): void {
    const range = this.range();
    if (range) this.move({ from: range.from + bars, to: range.to + bars });
  }

  zoom(factor: number): void {
    const range = this.range();
    if (range) this.move({ from: range.to - (range.to - range.from) * factor, to: range.to });
  }

  /** Show the newest bar of *axis*, with what is ahead of it. */
  showNewest(axis: Axis): void {
    const bars = Math.min(BARS_SHOWN, Math.max(this.scale.width() / PX_PER_BAR, FEWEST_BARS));
    const behind = axis.ahead.length
      ? Math.min(axis.still + axis.ahead.length, BARS_SHOWN)
      : Math.min(axis.still, Math.floor(bars * SHARE_BEHIND));
    const count = axis.newest + 1 + behind;
    const width = Math.max(bars, behind / SHARE_BEHIND);
    this.move({ from: count - width, to: count + FREE_PLACES });
  }

  showsNewest(axis: Axis): boolean {
    const range = this.range();
    return !!range && range.to >= axis.newest;
  }

  /**
   * Having shown *range* of the axis *before*, go on with the one *after*: with what came, if the
   * newest bar was in view, else with the bars that were.
   */
  follow(range: Range, before: Axis, after: Axis): void {
    const width = range.to - range.from;
    const by =
      range.to >= before.newest
        ? edge(after, width) - edge(before, width)
        : after.countBefore(before.first);
    this.move({ from: range.from + by, to: range.to + by });
  }

  /** Bring *time* into view. */
  reveal(time: number): void {
    const x = this.scale.timeToCoordinate(time as Time);
    if (x === null || x < 0) this.pan(-20);
    else if (x > this.scale.width()) this.pan(20);
  }
}

// A stretch without trades grows to the right, but never pushes the last bar out of view.
function edge(axis: Axis, width: number): number {
  return Math.min(axis.now, axis.newest + Math.floor(width * SHARE_BEHIND));
}
