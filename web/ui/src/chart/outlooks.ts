// Forecasts, from the live table or from stored rows, in one shape.
import { unixS, type PredictionRow } from "../api/rows";

export interface LiveForecast {
  pair: string;
  target_time: number;
  horizon: number;
  level: number;
  made_at: number;
  actual: number | null;
  predictions: { model: string; price: number; low: number; high: number }[];
}

const KEPT_S = 86_400;

/** What was forecast of one pair for the last day and for what is to come; a row for each time. */
export class ForecastRows {
  private readonly rows = new Map<string, LiveForecast>();

  /** Take *row*; an outcome that is known stays so, whatever order rows come in. */
  put(row: LiveForecast): void {
    const key = `${row.target_time}|${row.horizon}`;
    if (row.actual === null && (this.rows.get(key)?.actual ?? null) !== null) return;
    this.rows.set(key, row);
  }

  /** The rows whose time is less than a day before *nowS*; the others are forgotten. */
  since(nowS: number): LiveForecast[] {
    for (const [key, row] of this.rows) if (row.target_time < nowS - KEPT_S) this.rows.delete(key);
    return [...this.rows.values()];
  }
}

/** What one model said the price would be at *targetS*, *horizonS* seconds before. */
export interface Outlook {
  model: string;
  targetS: number;
  horizonS: number;
  price: number;
  low: number;
  high: number;
  level: number;
  actual: number | null;
}

export function fromLive(rows: readonly LiveForecast[], pair: string): Outlook[] {
  return rows
    .filter((row) => row.pair === pair)
    .flatMap((row) =>
      row.predictions.map(({ model, price, low, high }) => ({
        model,
        targetS: row.target_time,
        horizonS: row.horizon,
        price,
        low,
        high,
        level: row.level,
        actual: row.actual,
      })),
    );
}

export function fromStored(rows: readonly PredictionRow[], pair: string): Outlook[] {
  return rows.flatMap((row) => {
    const { predicted_price: price, horizon } = row;
    const { confidence_interval_low: low, confidence_interval_high: high } = row;
    if (row.pair !== pair || price === null || low === null || high === null || !horizon) return [];
    const targetS = unixS(row.timestamp);
    const { model_name: model, level, actual_price: actual } = row;
    return [{ model, targetS, horizonS: horizon, price, low, high, level: level ?? 0, actual }];
  });
}

export function modelsOf(outlooks: readonly Outlook[]): string[] {
  return [...new Set(outlooks.map((outlook) => outlook.model))].sort();
}

/** The newest forecast of *model* for each horizon whose time is still to come, nearest first. */
export function ahead(outlooks: readonly Outlook[], model: string, nowS: number): Outlook[] {
  const newest = new Map<number, Outlook>();
  for (const outlook of outlooks) {
    if (outlook.model !== model || outlook.targetS <= nowS) continue;
    const known = newest.get(outlook.horizonS);
    if (!known || known.targetS < outlook.targetS) newest.set(outlook.horizonS, outlook);
  }
  return [...newest.values()].sort((one, other) => one.targetS - other.targetS);
}

/** How far ahead there are forecasts, in seconds, the nearest first. */
export function horizonsOf(outlooks: readonly Outlook[]): number[] {
  return [...new Set(outlooks.map((outlook) => outlook.horizonS))].sort((one, other) => one - other);
}

/** Forecasts of *model*, made *horizonS* before, whose outcome is known, by time. */
export function outcomes(outlooks: readonly Outlook[], model: string, horizonS: number): Outlook[] {
  return outlooks
    .filter((one) => one.model === model && one.horizonS === horizonS && one.actual !== null)
    .sort((one, other) => one.targetS - other.targetS);
}

/** Seconds between two targets that follow each other, Infinity with fewer than two. */
export function spacingOf(outlooks: readonly Outlook[]): number {
  return outlooks.reduce((least, { targetS }, index) => {
    const before = outlooks[index - 1]?.targetS ?? -Infinity;
    return Math.min(least, targetS - before);
  }, Infinity);
}

// Late records are waited for, ten minutes by default, and a window more to be sure.
const SETTLING_S = 900;

/**
 * Up to when outcomes are known at *nowS*: they come when late records are no longer waited for.
 * Where that takes longer than usual, those of *bars* that are not final tell.
 */
export function settledS(bars: readonly { endS: number; final: boolean }[], nowS: number): number {
  const waiting = bars.find((bar) => !bar.final && bar.endS <= nowS);
  return Math.min(nowS - SETTLING_S, waiting?.endS ?? Infinity);
}

export function wasHit(outlook: Outlook): boolean {
  const { actual, low, high } = outlook;
  return actual !== null && low <= actual && actual <= high;
}

export interface Score {
  model: string;
  horizon: number;
  period: string;
  count: number;
  mape: number;
  coverage: number;
  skill: number | null;
}

/** The model that the others are judged by. */
export const REFERENCE = "last_price";

type Verdict = "skillReference" | "skillUnknown" | "skillBad" | "skillNone" | "skillGood";

// Fewer outcomes than this say little.
const LEAST_OUTCOMES = 20;
const NO_DIFFERENCE = 0.01;

/** What *score* means in plain words: the key of a text. */
export function verdict(score: Score): Verdict {
  if (score.model === REFERENCE) return "skillReference";
  if (score.skill === null || score.count < LEAST_OUTCOMES) return "skillUnknown";
  if (score.skill < -NO_DIFFERENCE) return "skillBad";
  return score.skill > NO_DIFFERENCE ? "skillGood" : "skillNone";
}
