// The newest price of every pair, and when anything of it was last seen.
import { reactive } from "vue";
import { ask } from "../api/ask";
import { unixS, type InstrumentRow, type LiveRows, type TickerRow } from "../api/rows";

export interface Quote {
  pair: string;
  base: string;
  last: number | null;
  /** Price at 00:00 UTC. */
  dayOpen: number | null;
  /** Event time of the newest record (Unix s). */
  seenS: number;
}

export const quotes = reactive(new Map<string, Quote>());

interface DayCandle {
  pair: string;
  open: number;
  close: number;
  window_start: number;
}

const DAY_S = 86_400;

function quoteOf(pair: string): Quote {
  let quote = quotes.get(pair);
  if (!quote) {
    quotes.set(pair, { pair, base: pair.split("/")[0] ?? pair, last: null, dayOpen: null, seenS: 0 });
    quote = quotes.get(pair) as Quote;
  }
  return quote;
}

/** Read which pairs there are, and where their day began. */
export async function readQuotes(): Promise<void> {
  const instruments = await ask<{ data: InstrumentRow[] }>("/api/v1/instruments/");
  const active = new Set<string>();
  for (const row of instruments.data) {
    if (!row.is_active) continue;
    active.add(row.pair);
    const quote = quoteOf(row.pair);
    quote.seenS = Math.max(quote.seenS, unixS(row.last_seen));
  }
  for (const pair of [...quotes.keys()]) if (!active.has(pair)) quotes.delete(pair);
  const days = await ask<LiveRows<DayCandle>>("/live/candles_1d/").catch(() => null);
  const today = Math.floor(Date.now() / 1_000 / DAY_S) * DAY_S;
  for (const day of days?.rows ?? []) {
    const quote = quotes.get(day.pair);
    if (!quote) continue;
    // A pair that has not traded today yet began it where it ended before.
    quote.dayOpen = day.window_start >= today ? day.open : day.close;
    quote.last ??= day.close;
  }
}

export function takeTicker(row: TickerRow): void {
  const time = unixS(row.timestamp);
  const quote = quoteOf(row.pair);
  if (time < quote.seenS && quote.last !== null && quote.seenS - time < DAY_S) {
    // Out of order; an older price must not replace a newer one.
    if (time < quote.seenS - 5) return;
  }
  quote.last = row.last;
  quote.seenS = Math.max(quote.seenS, time);
}

export function dayChange(quote: Quote | undefined): number | null {
  return quote?.last && quote.dayOpen ? quote.last / quote.dayOpen - 1 : null;
}
