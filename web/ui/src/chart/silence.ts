// How long a pair may be without trades before that means something.
import type { Bar } from "./candles";

const LEAST_S = 120;
// If trades come at random times, one pause in 20,000 is longer than ten average ones.
const USUAL_PAUSES = 10;
const BARS = 60;

/** Seconds without a trade that are unusual after *bars*, for their pair; at least two minutes. */
export function unusualSilenceS(bars: readonly Bar[]): number {
  const recent = bars.slice(-BARS);
  const [first, last] = [recent[0], recent[recent.length - 1]];
  const trades = recent.reduce((sum, bar) => sum + bar.trades, 0);
  if (!first || !last || !trades) return LEAST_S;
  return Math.max(LEAST_S, (USUAL_PAUSES * (last.endS - first.time)) / trades);
}
