// What was, of one pair or crypto, as the worker answers it.
import { ask, query } from "./ask";
import {
  STEP_S,
  type AlertRow,
  type CandleRow,
  type Interval,
  type Page,
  type SentimentRow,
} from "./rows";

const FIRST_DAY = "2009-01-03T00:00:00Z";
// A page is three days and a half; behind long candles sentiment before three weeks is left out.
const MOST_SENTIMENT_PAGES = 6;
// Sentiment comes in windows of so many seconds.
const WINDOW_S = 300;

/** The candles of 24 hours, the newest first, with the cursor from which the stream goes on. */
export function latestCandles(
  pair: string,
  interval: Interval,
  limit: number,
): Promise<Page<CandleRow>> {
  return ask(`${candlesOf(pair)}?${query({ interval, periode: "24h", limit })}`);
}

/** Up to *limit* candles before *endS*; none if there are none at all. */
export async function candlesBefore(
  pair: string,
  interval: Interval,
  endS: number,
  limit: number,
): Promise<CandleRow[]> {
  const read = async (date_debut: string) => {
    const parameters = query({ interval, date_debut, date_fin: iso(endS), limit });
    return (await ask<Page<CandleRow>>(`${candlesOf(pair)}?${parameters}`)).data;
  };
  const near = await read(iso(endS - limit * STEP_S[interval]));
  // A market may have been closed for longer than that.
  return near.length ? near : read(FIRST_DAY);
}

/** Sentiment windows of *crypto* in pages, up to one that does not come; *toS* null is now. */
export async function* sentimentPages(
  crypto: string,
  fromS: number,
  toS: number | null,
): AsyncGenerator<SentimentRow[]> {
  const parameters = query({
    date_debut: iso(fromS),
    date_fin: toS === null ? undefined : iso(toS + WINDOW_S),
    limit: 1_000,
  });
  let next: string | null = `/api/v1/sentiment/${path(crypto)}/historique/?${parameters}`;
  for (let pages = 0; next && pages < MOST_SENTIMENT_PAGES; pages++) {
    const page: Page<SentimentRow> | null = await ask<Page<SentimentRow>>(next).catch(() => null);
    if (!page) return;
    yield page.data;
    next = page.next;
  }
}

/** The alerts of 24 hours, or null if they do not come. */
export async function latestAlerts(pair: string): Promise<AlertRow[] | null> {
  const parameters = query({ pair, periode: "24h", limit: 200 });
  const page = ask<Page<AlertRow>>(`/api/v1/alert/historique/?${parameters}`);
  return page.then(
    ({ data }) => data,
    () => null,
  );
}

function candlesOf(pair: string): string {
  return `/api/v1/candles/${path(pair)}/`;
}

function path(subject: string): string {
  return subject.split("/").map(encodeURIComponent).join("/");
}

function iso(timeS: number): string {
  return new Date(timeS * 1_000).toISOString();
}
