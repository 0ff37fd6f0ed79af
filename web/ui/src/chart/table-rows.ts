// Candles as the rows of a table, the newest first, with all that the chart shows of them.
import { stateOf, type Bar, type BarState, type Candles } from "./candles";
import { lineOver, type LineName } from "./indicators";
import type { Alert } from "./shapes";

export const ROWS_A_PAGE = 150;

export interface TableRow {
  bar: Bar;
  state: BarState;
  /** Values of the lines that were asked for, in their order. */
  lines: (number | null)[];
  alerts: Alert[];
  /** The time behind it in which there was no trade, if any. */
  gap: { fromS: number; toS: number } | null;
}

export interface Extras {
  lines: readonly LineName[];
  alerts: readonly Alert[];
  stepS: number;
  /** Start of the window that is now. */
  formingS: number;
}

/** The indices, from and up to before, of the page that begins at *newestS*; null is the first. */
export function pageOf(candles: Candles, newestS: number | null): { from: number; to: number } {
  const { bars } = candles;
  const to = newestS === null ? bars.length : Math.min(bars.length, candles.indexOf(newestS) + 1);
  return { from: Math.max(0, to - ROWS_A_PAGE), to };
}

export function tableRows(
  { bars, isWhole }: Candles,
  { from, to }: { from: number; to: number },
  { lines, alerts, stepS, formingS }: Extras,
): TableRow[] {
  // Over all bars, as on the chart: a page does not hold what its oldest rows look back on.
  const values = lines.map((name) => lineOver(name, bars, isWhole));
  return bars
    .slice(from, to)
    .map((bar, place) => {
      const index = from + place;
      const [fromS, toS] = [bar.time + stepS, bars[index + 1]?.time ?? formingS];
      return {
        bar,
        state: stateOf(bar, formingS),
        lines: values.map((line) => line[index] ?? null),
        alerts: alertsIn(alerts, bar.time, stepS),
        gap: toS > fromS ? { fromS, toS } : null,
      };
    })
    .reverse();
}

/** Those of *alerts* that belong to the bar of *stepS* seconds at *time*. */
export function alertsIn(alerts: readonly Alert[], time: number, stepS: number): Alert[] {
  return alerts.filter((alert) => alert.time >= time && alert.time < time + stepS);
}
