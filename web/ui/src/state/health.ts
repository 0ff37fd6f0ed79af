// Whether what is shown can be trusted: the worker's own report, and what this page sees.
import { computed, reactive } from "vue";
import { ask } from "../api/ask";
import type { FeedStatus } from "../api/feed";
import type { Health } from "../api/rows";
import { nowS } from "./clock";
import { quotes } from "./quotes";
import { tradesStoppedS } from "./trades";

// With all pairs together silent for so long, the feed has stopped.
const DEAD_AFTER_S = 15;
// One pair may be quiet for longer.
export const STALE_AFTER_S = 120;
const LOST_SHOWN_AFTER_S = 2;
// What was missed while the connection was lost takes a moment to come.
const GRACE_S = 5;

export const health = reactive({
  report: null as Health | null,
  connection: "connecting" as FeedStatus,
  lostAtS: 0,
  connectedAtS: 0,
  /** When a record last showed on this page (Unix s), 0 before any. */
  heardS: 0,
  updatesPerS: 0,
});

let updates = 0;
let countedS = Date.now() / 1_000;

export function countUpdates(count: number, isHeard: boolean): void {
  updates += count;
  if (isHeard) health.heardS = Date.now() / 1_000;
}

setInterval(() => {
  const seconds = Date.now() / 1_000 - countedS;
  health.updatesPerS = Math.round(updates / Math.max(seconds, 0.1));
  [updates, countedS] = [0, Date.now() / 1_000];
}, 2_000);

export function setConnection(status: FeedStatus): void {
  if (status === "lost" && health.connection !== "lost") health.lostAtS = Date.now() / 1_000;
  if (status === "live" && health.connection !== "live") health.connectedAtS = Date.now() / 1_000;
  health.connection = status;
}

export async function readHealth(): Promise<void> {
  try {
    health.report = await ask<Health>("/health/");
  } catch {
    health.report = null;
  }
}

/** Event time of the newest record of all pairs (Unix s), 0 before any. */
export const newestS = computed(() => {
  let newest = 0;
  for (const quote of quotes.values()) newest = Math.max(newest, quote.seenS);
  return newest;
});

/** Up to when what is shown is true: the last arrival, or before any the newest record. */
export const asOfS = computed(() => health.heardS || newestS.value);

export type Banner =
  | "bannerLost"
  | "bannerDead"
  | "bannerTrades"
  | "bannerStarting"
  | "bannerDatabase";

/** What has to be said above everything else, the worst first. */
export const banners = computed<Banner[]>(() => {
  const found: Banner[] = [];
  const { connection, report } = health;
  if (connection === "lost" && nowS.value - health.lostAtS > LOST_SHOWN_AFTER_S) {
    found.push("bannerLost");
  }
  const isSettled = connection === "live" && nowS.value - health.connectedAtS > GRACE_S;
  const isDead = asOfS.value > 0 && nowS.value - asOfS.value > DEAD_AFTER_S;
  if (isSettled && isDead) found.push("bannerDead");
  // Where nothing comes at all, that says it.
  else if (isSettled && tradesStoppedS.value !== null) found.push("bannerTrades");
  if (report && !report.ready) found.push("bannerStarting");
  if (report?.down["database"]) found.push("bannerDatabase");
  return found;
});
