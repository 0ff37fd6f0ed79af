// Lines over candles. A value is null where there are not enough bars for it.

/** The lines that can be put over candles. */
export const LINES = ["vwap", "ma20", "ma50"] as const;
export type LineName = (typeof LINES)[number];

/** What can be put over candles. */
export const INDICATORS = [...LINES, "alerts"] as const;
export type Indicator = (typeof INDICATORS)[number];

export type Line = (number | null)[];

/** The mean of each *length* values up to and with each one. */
export function movingAverage(values: readonly number[], length: number): Line {
  let sum = 0;
  return values.map((value, index) => {
    sum += value - (index >= length ? (values[index - length] as number) : 0);
    return index >= length - 1 ? sum / length : null;
  });
}

interface Traded {
  time: number;
  vwap: number | null;
  volume: number;
}

export const DAY_S = 86_400;

/** Whether two times are of one day (UTC). */
export function isSameDay(oneS: number, otherS: number): boolean {
  return Math.floor(oneS / DAY_S) === Math.floor(otherS / DAY_S);
}

/**
 * The volume-weighted average price since midnight UTC, up to and with each bar.
 *
 * Bars before the first one may not be loaded yet. So the day of the first bar has no VWAP, unless
 * that bar begins at midnight, or *whole* says that there is no older bar anywhere.
 */
export function dayVwap(bars: readonly Traded[], whole: boolean): Line {
  const first = bars[0]?.time ?? 0;
  const partial = whole || first % DAY_S === 0 ? -1 : Math.floor(first / DAY_S);
  let day = -1;
  let turnover = 0;
  let volume = 0;
  return bars.map((bar) => {
    const today = Math.floor(bar.time / DAY_S);
    if (today !== day) [day, turnover, volume] = [today, 0, 0];
    if (bar.vwap !== null) {
      turnover += bar.vwap * bar.volume;
      volume += bar.volume;
    }
    return volume > 0 && today !== partial ? turnover / volume : null;
  });
}

/** The values of line *name* over *bars*, of which *whole* says whether there are no older ones. */
export function lineOver(
  name: LineName,
  bars: readonly (Traded & { close: number })[],
  whole: boolean,
): Line {
  if (name === "vwap") return dayVwap(bars, whole);
  const closes = bars.map((bar) => bar.close);
  return movingAverage(closes, name === "ma20" ? 20 : 50);
}
