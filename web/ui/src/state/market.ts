// Keeps what is looked at up to date: reads it, and takes what comes.
import { candlesBefore, latestAlerts, latestCandles, sentimentPages } from "../api/history";
import {
  STEP_S,
  unixS,
  type AlertRow,
  type CandleRow,
  type Interval,
  type SentimentRow,
  type TickerRow,
} from "../api/rows";
import { Candles, type Bar } from "../chart/candles";
import { DAY_S } from "../chart/indicators";
import { isNewer, moodWindow } from "../chart/mood";
import type { Alert } from "../chart/shapes";
import { BARS_SHOWN } from "../chart/viewport";
import { readArticles } from "./news";
import { preferences } from "./preferences";
import { quotes, readQuotes, takeTicker } from "./quotes";
import { drawn, market } from "./shown";
import { feed, takes, type Taker } from "./stream";
import { tradeMayBeNow } from "./trades";
import { detailOf } from "./trouble";

const FIRST_BARS = 500;
const OLDER_BARS = 500;
// After history could not be read, scrolling does not ask again sooner.
const ASK_AGAIN_MS = 10_000;

interface MarketListener {
  onBars(bars: Bar[]): void;
  onMoods(): void;
}

let listener: MarketListener | null = null;
let channels: string[] = [];
let opened = 0;
let hasAll = false;
let askAgainMs = 0;

export function listen(to: MarketListener | null): void {
  listener = to;
}

const changedBars = new Set<Bar>();
let moodsChanged = false;
let isFlushing = false;

// More drawings a second nobody could follow; they would only take frames from whoever scrolls.
const LEAST_BETWEEN_MS = 60;
let flushedMs = 0;

function flushSoon(): void {
  if (isFlushing) return;
  isFlushing = true;
  const waitMs = flushedMs + LEAST_BETWEEN_MS - performance.now();
  if (waitMs > 0) setTimeout(() => requestAnimationFrame(flush), waitMs);
  else requestAnimationFrame(flush);
}

function flush(): void {
  isFlushing = false;
  flushedMs = performance.now();
  // In the order of time, as the chart wants them.
  const bars = [...changedBars].sort((one, other) => one.time - other.time);
  changedBars.clear();
  if (bars.length) listener?.onBars(bars);
  if (moodsChanged) listener?.onMoods();
  moodsChanged = false;
  for (const row of tickers.values()) takeTicker(row);
  tickers.clear();
}

const tickers = new Map<string, TickerRow>();

function taking<Row>(take: (row: Row) => void): Taker {
  return {
    take(data) {
      take(data as Row);
      flushSoon();
    },
    onGap: reopen,
  };
}

function reopen(): void {
  void open(market.pair, market.interval);
}

takes(["ticker"], {
  ...taking<TickerRow>((row) => tickers.set(row.pair, row)),
  onGap: () => void readQuotes().catch(() => undefined),
});
takes(["candles"], taking(takeCandle));
takes(["sentiment"], taking<SentimentRow>((row) => (moodsChanged = takeMood(row) || moodsChanged)));
takes(["alert"], taking(takeAlert));

export function start(): void {
  feed.subscribe(["ticker"], null);
  feed.start();
  reopen();
}

/** Show *pair* in candles of *interval*. */
export async function open(pair: string, interval: Interval): Promise<void> {
  const mine = ++opened;
  const isSamePair = pair === market.pair;
  const isSame = isSamePair && interval === market.interval;
  const crypto = pair.split("/")[0] ?? pair;
  if (crypto !== market.crypto) market.window = null;
  Object.assign(market, { pair, crypto, interval, loading: true, trouble: null });
  Object.assign(preferences, { pair, interval });
  market.historyTrouble = null;
  hasAll = false;
  askAgainMs = 0;
  const name = `candles:${pair}${interval === "1m" ? "" : `:${interval}`}`;
  try {
    const page = await latestCandles(pair, interval, FIRST_BARS);
    if (mine !== opened) return;
    const candles = new Candles();
    for (const row of page.data.reverse()) candles.put(row);
    changedBars.clear();
    feed.unsubscribe(channels);
    channels = [name, `sentiment:${crypto}`, `alert:${pair}`, `article:${crypto}`];
    Object.assign(drawn, { candles, generation: drawn.generation + 1 });
    // In candles of another length the trades are those that were seen.
    if (isSame || !isSamePair) tradeMayBeNow();
    if (!isSame) Object.assign(drawn, { alerts: [], moods: new Map() });
    feed.subscribe([name], page.stream);
    feed.subscribe(channels.slice(1), null);
  } catch (error) {
    if (mine !== opened) return;
    market.trouble = detailOf(error);
    setTimeout(() => mine === opened && void open(pair, interval), 3_000);
    return;
  } finally {
    if (mine === opened) market.loading = false;
  }
  const first = drawn.candles.oldest?.time ?? Date.now() / 1_000 - DAY_S;
  await Promise.all([readMoods(crypto, first, null), readAlerts(pair), readArticles()]);
  if (mine === opened && drawn.candles.bars.length < FIRST_BARS / 2) await readOlder();
  // The VWAP of a day begins at midnight: the first of what is shown is read whole.
  while (mine === opened && isIntraday(interval)) {
    const missing = barsToMidnight(interval);
    if (missing <= 0 || !(await readOlder(Math.min(missing, OLDER_BARS)))) return;
  }
}

function isIntraday(interval: Interval): boolean {
  return BARS_SHOWN * STEP_S[interval] < DAY_S;
}

/** How many bars are not there yet of the day of the oldest that is shown. */
function barsToMidnight(interval: Interval): number {
  const from = Date.now() / 1_000 - BARS_SHOWN * STEP_S[interval];
  const midnight = from - (from % DAY_S);
  return Math.ceil(((drawn.candles.oldest?.time ?? from) - midnight) / STEP_S[interval]);
}

/** Put at most so many candles before the oldest one, and their sentiment; true if any came. */
export async function readOlder(most: number = OLDER_BARS): Promise<boolean> {
  if (market.loadingOlder || market.loading || hasAll || Date.now() < askAgainMs) return false;
  const mine = opened;
  const { pair, interval, crypto } = market;
  const end = drawn.candles.oldest?.time ?? Math.floor(Date.now() / 1_000);
  market.loadingOlder = true;
  try {
    const rows = await candlesBefore(pair, interval, end, most);
    if (mine !== opened) return false;
    market.historyTrouble = null;
    hasAll = drawn.candles.isWhole = !rows.length;
    for (const row of rows) drawn.candles.put(row);
    listener?.onBars([]);
    if (!hasAll) {
      await readMoods(crypto, drawn.candles.oldest?.time ?? end, end);
    }
    return !hasAll;
  } catch (error) {
    if (mine !== opened) return false;
    market.historyTrouble = detailOf(error);
    askAgainMs = Date.now() + ASK_AGAIN_MS;
    return false;
  } finally {
    market.loadingOlder = false;
  }
}

async function readMoods(crypto: string, fromS: number, toS: number | null): Promise<void> {
  for await (const rows of sentimentPages(crypto, fromS, toS)) {
    if (crypto !== market.crypto) return;
    for (const row of rows) takeMood(row);
    listener?.onMoods();
  }
}

async function readAlerts(pair: string): Promise<void> {
  const rows = await latestAlerts(pair);
  if (rows && pair === market.pair) drawn.alerts = rows.map(alert);
}

function takeCandle(row: CandleRow): void {
  if (row.pair !== market.pair || row.interval !== market.interval || market.loading) return;
  const time = unixS(row.timestamp);
  // Behind what is loaded there would be a hole between it and the rest.
  if (time < (drawn.candles.oldest?.time ?? 0)) return;
  const before = drawn.candles.at(time);
  if (drawn.candles.put(row) === "none") return;
  if (before) changedBars.delete(before);
  const bar = drawn.candles.at(time) as Bar;
  changedBars.add(bar);
  if (bar === drawn.candles.newest && !bar.final) tradeMayBeNow();
}

function takeMood(row: SentimentRow): boolean {
  const window = moodWindow(row);
  if (row.crypto_symbol !== market.crypto || !window) return false;
  if (!isNewer(window, drawn.moods.get(window.startS))) return false;
  drawn.moods.set(window.startS, window);
  return true;
}

function takeAlert(row: AlertRow): void {
  if (row.pair === market.pair) drawn.alerts = [...drawn.alerts, alert(row)].slice(-500);
}

function alert(row: AlertRow): Alert {
  return { time: unixS(row.timestamp), change: row.change_percent / 100 };
}

/** The first pair there is, if the chosen one is not among them. */
export function pairOrFirst(pair: string): string {
  return quotes.has(pair) || !quotes.size ? pair : ([...quotes.keys()].sort()[0] as string);
}
