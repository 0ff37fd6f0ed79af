// Forecasts of the pair that is looked at, and how good their models were.
import { computed, reactive, watch } from "vue";
import { ask, query, Refused } from "../api/ask";
import type { LiveRows, Page, PredictionRow } from "../api/rows";
import {
  ahead,
  fromLive,
  fromStored,
  modelsOf,
  type LiveForecast,
  type Outlook,
  type Score,
} from "../chart/outlooks";
import type { BandPoint } from "../chart/shades";
import { nowS } from "./clock";
import { market } from "./market";
import { preferences } from "./preferences";

export const forecasts = reactive({
  pair: "",
  outlooks: [] as Outlook[],
  scores: [] as Score[],
  /** Whether this worker makes forecasts at all; null until it is known. */
  there: null as boolean | null,
  /** Whether a panel shows them, so that the chart does too. */
  shown: false,
});

interface PairScores {
  pair: string;
  scores: Score[];
}

const READ_EVERY_MS = 15_000;
const LEVEL = 0.9;
const FALLBACK_MODEL = "last_price";

export async function readForecasts(): Promise<void> {
  const { pair, crypto } = market;
  const [live, scores] = await Promise.all([
    rowsOf<LiveForecast>("predictions", pair),
    rowsOf<PairScores>("scores", pair),
  ]);
  let outlooks = live && fromLive(live, pair);
  if (!outlooks?.length) {
    const parameters = query({ periode: "24h", limit: 1_000 });
    const stored = await ask<Page<PredictionRow>>(
      `/api/v1/prediction/${encodeURIComponent(crypto)}/historique/?${parameters}`,
    ).catch(() => null);
    outlooks = stored ? fromStored(stored.data, pair) : [];
  }
  if (pair !== market.pair) return;
  forecasts.pair = pair;
  forecasts.outlooks = outlooks;
  forecasts.scores = (scores ?? []).find((row) => row.pair === pair)?.scores ?? [];
  forecasts.there = live !== null || outlooks.length > 0;
}

/** Return rows of a live table about *pair*, none if it has none, null without such a table. */
async function rowsOf<Row>(table: string, pair: string): Promise<Row[] | null> {
  const key = pair.split("/").map(encodeURIComponent).join("/");
  try {
    return (await ask<LiveRows<Row>>(`/live/${table}/${key}/?limit=1000`)).rows;
  } catch (error) {
    const isMissing = error instanceof Refused && error.message.startsWith("There is no table");
    return isMissing ? null : [];
  }
}

export const models = computed(() => modelsOf(forecasts.outlooks));

export const model = computed(() => {
  const { model: chosen } = preferences;
  if (models.value.includes(chosen)) return chosen;
  // By default the one that did best of late, if any did better than none at all.
  const ranked = forecasts.scores
    .filter((score) => score.skill !== null && models.value.includes(score.model))
    .sort((one, other) => (other.skill ?? 0) - (one.skill ?? 0));
  return ranked[0]?.model ?? models.value.find((name) => name !== FALLBACK_MODEL) ?? models.value[0] ?? "";
});

export const level = computed(() => forecasts.outlooks[0]?.level || LEVEL);

export const coming = computed(() => ahead(forecasts.outlooks, model.value, nowS.value));

export const forecastPoints = computed<BandPoint[]>(() =>
  forecasts.pair === market.pair && forecasts.shown
    ? coming.value.map(({ targetS, low, price, high }) => ({ time: targetS, low, price, high }))
    : [],
);

watch(
  () => market.pair,
  () => {
    Object.assign(forecasts, { outlooks: [], scores: [] });
    if (forecasts.shown) void readForecasts();
  },
);
setInterval(() => forecasts.shown && void readForecasts(), READ_EVERY_MS);
