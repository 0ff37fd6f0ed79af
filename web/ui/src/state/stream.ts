// The one socket of the page, and who takes what comes through it.
import { Feed, type Update } from "../api/feed";
import { countUpdates, setConnection } from "./health";

export interface Taker {
  take(data: unknown): void;
  /** Records of the feed are gone for good: what is shown of it must be read again. */
  onGap(): void;
}

const takers = new Map<string, Taker>();

/** Hand what comes through the feeds of *names* to *taker*. */
export function takes(names: readonly string[], taker: Taker): void {
  for (const name of names) takers.set(name, taker);
}

const RECORDS = ["ticker", "alert", "article"];

/** Whether a record has come: windows also close, and forecasts follow, when none comes any more. */
function isHeard({ channel, data }: Update): boolean {
  const name = channel.split(":")[0] ?? "";
  const isWindow = name === "candles" || name === "sentiment";
  return RECORDS.includes(name) || (isWindow && !(data as { final: boolean }).final);
}

export const feed = new Feed(`${location.origin.replace(/^http/, "ws")}/ws/`, {
  onUpdates(updates: Update[], isNews: boolean) {
    if (isNews) countUpdates(updates.length, updates.some(isHeard));
    for (const { channel, data } of updates) takers.get(channel.split(":")[0] ?? "")?.take(data);
  },
  onStatus: setConnection,
  onGap(name: string) {
    // What is gone from the feed is in the tables and the database.
    const told = name === "*" ? [...takers.values()] : [takers.get(name)];
    for (const mend of new Set(told.map((taker) => taker?.onGap))) mend?.();
  },
});
