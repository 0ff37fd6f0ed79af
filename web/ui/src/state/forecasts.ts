// Forecasts of the pair that is looked at, as they are made, and how good their models were.
import { computed, reactive, shallowReactive, watch } from "vue";
import { ask, query, Refused } from "../api/ask";
import type { LiveRows, Page, PredictionRow } from "../api/rows";
import {
  ahead,
  ForecastRows,
  fromLive,
  fromStored,
  horizonsOf,
  modelsOf,
  outcomes,
  REFERENCE,
  settledS,
  type LiveForecast,
  type Outlook,
  type Score,
} from "../chart/outlooks";
import type { BandPoint } from "../chart/shades";
import { nowS } from "./clock";
import { preferences } from "./preferences";
import { drawn, market } from "./shown";
import { feed, takes } from "./stream";
import { detailOf } from "./trouble";

interface PairScores {
  pair: string;
  scores: Score[];
}

export const forecasts = shallowReactive({
  pair: "",
  /** Of the last 24 hours, and what is to come. */
  outlooks: [] as Outlook[],
  /** Of the chosen model, of the day (UTC) before today. */
  yesterday: [] as Outlook[],
  scores: [] as Score[],
  /** Whether this worker makes forecasts at all; null until it is known. */
  there: null as boolean | null,
  /** Why yesterday's are missing, in the worker's words. */
  trouble: null as string | null,
  /** Whether a panel shows them, so that the chart does too. */
  shown: false,
});

export const DAYS = ["last24h", "yesterday"] as const;
/** Which outcomes are looked at; a *horizonS* that there is not stands for the nearest. */
export const past = reactive({ day: "last24h" as (typeof DAYS)[number], horizonS: 0 });

const LEVEL = 0.9;
const DAY_S = 86_400;

let rows = new ForecastRows();
let channels: string[] = [];

takes(["predictions"], {
  take(data) {
    const row = data as LiveForecast;
    if (row.pair !== market.pair) return;
    rows.put(row);
    showSoon();
  },
  onGap: () => void readForecasts(),
});
takes(["scores"], {
  take(data) {
    const { pair, scores } = data as PairScores;
    if (pair === market.pair) forecasts.scores = scores;
  },
  onGap: () => void readForecasts(),
});

let isShowing = false;
// All that one window brings comes at once.
function showSoon(): void {
  if (isShowing) return;
  isShowing = true;
  requestAnimationFrame(() => {
    isShowing = false;
    show();
  });
}

function show(): void {
  forecasts.outlooks = fromLive(rows.since(Date.now() / 1_000), market.pair);
  if (forecasts.outlooks.length) forecasts.there = true;
}

async function readForecasts(): Promise<void> {
  const { pair } = market;
  const [live, scores] = await Promise.all([
    rowsOf<LiveForecast>("predictions", pair),
    rowsOf<PairScores>("scores", pair),
  ]);
  if (pair !== market.pair) return;
  for (const row of live ?? []) rows.put(row);
  forecasts.scores = (scores ?? []).find((row) => row.pair === pair)?.scores ?? forecasts.scores;
  forecasts.there = live !== null;
  show();
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

async function readYesterday(): Promise<void> {
  const { pair, crypto } = market;
  const asked = model.value;
  const end = Math.floor(Date.now() / 1_000 / DAY_S) * DAY_S;
  const iso = (timeS: number) => new Date(timeS * 1_000).toISOString();
  const parameters = query({
    model: asked,
    date_debut: iso(end - DAY_S),
    date_fin: iso(end),
    limit: 1_000,
  });
  const isCurrent = () => pair === market.pair && asked === model.value;
  const found: Outlook[] = [];
  let path: string | null = `/api/v1/prediction/${encodeURIComponent(crypto)}/historique/?${parameters}`;
  try {
    while (path && isCurrent()) {
      const page: Page<PredictionRow> = await ask<Page<PredictionRow>>(path);
      found.push(...fromStored(page.data, pair));
      path = page.next;
    }
    if (!isCurrent()) return;
    forecasts.yesterday = found;
    forecasts.trouble = null;
  } catch (error) {
    if (isCurrent()) forecasts.trouble = detailOf(error);
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
  return ranked[0]?.model ?? models.value.find((name) => name !== REFERENCE) ?? models.value[0] ?? "";
});

export const level = computed(() => forecasts.outlooks[0]?.level || LEVEL);

export const coming = computed(() => ahead(forecasts.outlooks, model.value, nowS.value));

export const horizons = computed(() => horizonsOf(forecasts.outlooks));

export const horizonS = computed(() =>
  horizons.value.includes(past.horizonS) ? past.horizonS : (horizons.value[0] ?? 0),
);

export const happened = computed(() => {
  const of = past.day === "yesterday" ? forecasts.yesterday : forecasts.outlooks;
  return outcomes(of, model.value, horizonS.value);
});

/** Up to when there should be outcomes, to the minute. */
export const happenedUntilS = computed(() => {
  if (past.day === "yesterday") return Math.floor(nowS.value / DAY_S) * DAY_S;
  return Math.floor(settledS(drawn.candles.bars, nowS.value) / 60) * 60;
});

export const forecastPoints = computed<BandPoint[]>(() =>
  forecasts.pair === market.pair && forecasts.shown
    ? coming.value.map(({ targetS, low, price, high }) => ({ time: targetS, low, price, high }))
    : [],
);

watch(
  () => [market.pair, forecasts.shown] as const,
  ([pair, shown]) => {
    feed.unsubscribe(channels);
    channels = [];
    if (pair !== forecasts.pair) {
      rows = new ForecastRows();
      Object.assign(forecasts, { pair, outlooks: [], yesterday: [], scores: [], trouble: null });
    }
    if (!shown) return;
    channels = [`predictions:${pair}`, `scores:${pair}`];
    // Before reading, so that nothing falls between; a row that comes twice is the same.
    feed.subscribe(channels, null);
    void readForecasts();
  },
);
watch(
  () => [market.pair, forecasts.shown, past.day, model.value] as const,
  ([, shown, day, name]) => {
    forecasts.yesterday = [];
    if (shown && day === "yesterday" && name) void readYesterday();
  },
);
