// The candles of one pair and interval, ordered by time. States of a window only rise, so
// whatever order they come in, the highest stays.
import { unixS, type CandleRow } from "../api/rows";

export interface Bar extends CandleRow {
  /** Start in Unix seconds. */
  time: number;
  endS: number;
  /** Whether trades changed it after it was final. */
  corrected: boolean;
}

type Change = "newest" | "older" | "none";

export class Candles {
  readonly bars: Bar[] = [];
  /** Whether there are none before the oldest one. */
  isWhole = false;

  /** Put *row* in its place; say whether it is at the end, before it, or nothing new. */
  put(row: CandleRow): Change {
    const time = unixS(row.timestamp);
    const index = this.indexOf(time);
    const known = this.bars[index];
    if (known?.time === time) {
      if (!isNewer(row, known)) return "none";
      const corrected = known.corrected || (known.final && contentDiffers(row, known));
      this.bars[index] = bar(row, time, corrected);
    } else {
      this.bars.splice(index, 0, bar(row, time, false));
    }
    return index === this.bars.length - 1 ? "newest" : "older";
  }

  /** Return the bar at *time*, or undefined. */
  at(time: number): Bar | undefined {
    const found = this.bars[this.indexOf(time)];
    return found?.time === time ? found : undefined;
  }

  /** Return the index of the first bar at or after *time*. */
  indexOf(time: number): number {
    let low = 0;
    let high = this.bars.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.bars[middle] as Bar).time < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  get oldest(): Bar | undefined {
    return this.bars[0];
  }

  get newest(): Bar | undefined {
    return this.bars[this.bars.length - 1];
  }
}

/** What a bar is: trades still come, late ones may, or only corrections can change it. */
export type BarState = "forming" | "provisional" | "final" | "corrected";

export function stateOf(bar: Bar, nowS: number): BarState {
  if (bar.endS > nowS) return "forming";
  if (bar.corrected) return "corrected";
  return bar.final ? "final" : "provisional";
}

function bar(row: CandleRow, time: number, corrected: boolean): Bar {
  return { ...row, time, endS: unixS(row.end), corrected };
}

function isNewer(row: CandleRow, known: CandleRow): boolean {
  const revision = row.revision ?? 0;
  const before = known.revision ?? 0;
  return revision > before || (revision === before && row.final && !known.final);
}

function contentDiffers(row: CandleRow, known: CandleRow): boolean {
  return row.trades !== known.trades || row.close !== known.close || row.volume !== known.volume;
}
