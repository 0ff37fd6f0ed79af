// Whether trades of the pair that is looked at still come: its quotes may go on without them.
import { computed } from "vue";
import { unusualSilenceS } from "../chart/silence";
import { nowS } from "./clock";
import { drawn, market } from "./shown";

// No trade that this page knows of is later: of the newest candle it sees the changes, not the times.
let latestS = 0;

/** Take note that a trade came, or that any that came up to now may be in what was read. */
export function tradeMayBeNow(): void {
  latestS = Date.now() / 1_000;
}

/** Since when there has been no trade (Unix s), if that is longer than usual, else null. */
export const tradesStoppedS = computed<number | null>(() => {
  const { bars, newest } = drawn.candles;
  if (!newest || market.loading) return null;
  const sinceS = Math.min(latestS, newest.endS);
  return nowS.value - sinceS > unusualSilenceS(bars) ? sinceS : null;
});
