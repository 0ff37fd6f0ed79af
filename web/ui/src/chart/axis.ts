// The places on the time axis of candles: bars, stretches without trades, and what is to come.
import { missing } from "./gaps";

// Behind a day of minutes forecasts would leave no room for what was.
const MOST_AHEAD = 1_440;

export class Axis {
  /** Starts of windows that ended without a trade, those behind the newest bar included. */
  readonly gaps: readonly number[];
  /** How many of them are behind the newest bar. */
  readonly still: number;
  /** Free places from there on, up to where a forecast reaches. */
  readonly ahead: readonly number[];
  /** Start of the oldest bar, Infinity without one. */
  readonly first: number;
  private readonly bars: Set<number>;
  private last: number | undefined;

  /** *times* are the starts of the bars, sorted; *aheadUntilS* is where a forecast ends, or 0. */
  constructor(
    times: readonly number[],
    private readonly stepS: number,
    nowS: number,
    aheadUntilS = 0,
  ) {
    this.bars = new Set(times);
    this.first = times[0] ?? Infinity;
    this.last = times.at(-1);
    const forming = Math.floor(nowS / stepS) * stepS;
    const still = this.last === undefined ? [] : missing([this.last, forming], stepS);
    this.still = still.length;
    this.gaps = [...missing(times, stepS), ...still];
    const end = still.at(-1) ?? this.last ?? aheadUntilS;
    const count = Math.max(0, Math.ceil((aheadUntilS - end) / stepS) - 1);
    this.ahead = Array.from(
      { length: Math.min(MOST_AHEAD, count) },
      (_, index) => end + (index + 1) * stepS,
    );
  }

  /** Whether there is a bar at *time*. */
  has(time: number): boolean {
    return this.bars.has(time);
  }

  /** Whether free places follow the newest bar. */
  get goesOn(): boolean {
    return this.still + this.ahead.length > 0;
  }

  /** Whether *time* is between the first place and the last one that is not ahead. */
  holds(time: number): boolean {
    return this.last !== undefined && time >= this.first && time <= this.last + this.still * this.stepS;
  }

  /** Take a bar at *time*, if its place is the next after all others; say whether it is. */
  append(time: number): boolean {
    if (this.goesOn || this.last === undefined || time !== this.last + this.stepS) return false;
    this.bars.add(time);
    this.last = time;
    return true;
  }

  /** Index of the newest bar. */
  get newest(): number {
    return this.now - this.still;
  }

  /** Index of the last place that is not ahead. */
  get now(): number {
    return this.bars.size + this.gaps.length - 1;
  }

  /** How many places are before *time*. */
  countBefore(time: number): number {
    const before = (place: number) => place < time;
    return [...this.bars].filter(before).length + this.gaps.filter(before).length;
  }
}
