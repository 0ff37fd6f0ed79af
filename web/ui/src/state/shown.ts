// What is looked at: one pair with its candles, sentiment, alerts and articles.
import { reactive, shallowReactive } from "vue";
import type { ArticleRow, Interval } from "../api/rows";
import { Candles } from "../chart/candles";
import type { MoodWindow } from "../chart/mood";
import type { Alert } from "../chart/shapes";
import { preferences } from "./preferences";

interface Market {
  pair: string;
  crypto: string;
  interval: Interval;
  loading: boolean;
  loadingOlder: boolean;
  /** Why something is missing, in the worker's words. */
  trouble: string | null;
  historyTrouble: string | null;
  articles: ArticleRow[];
  /** The stretch of time whose articles are listed, or null for the latest. */
  window: { fromS: number; toS: number } | null;
  articlesTrouble: string | null;
}

export const market = reactive<Market>({
  pair: preferences.pair,
  crypto: preferences.pair.split("/")[0] ?? "",
  interval: preferences.interval,
  loading: true,
  loadingOlder: false,
  trouble: null,
  historyTrouble: null,
  articles: [],
  window: null,
  articlesTrouble: null,
});

/** What charts draw. Vue does not look inside: it changes up to a hundred times a second. */
export const drawn = shallowReactive({
  candles: new Candles(),
  moods: new Map<number, MoodWindow>(),
  alerts: [] as Alert[],
  /** Counts whole new sets of candles. */
  generation: 0,
});
