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

/** Forecasts of *model* at its shortest horizon with a known outcome, newest first. */
export function outcomes(outlooks: readonly Outlook[], model: string, most: number): Outlook[] {
  const known = outlooks.filter((one) => one.model === model && one.actual !== null);
  const shortest = Math.min(...known.map((one) => one.horizonS));
  return known
    .filter((one) => one.horizonS === shortest)
    .sort((one, other) => other.targetS - one.targetS)
    .slice(0, most);
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

export type Verdict = "skillReference" | "skillUnknown" | "skillBad" | "skillNone" | "skillGood";

// Fewer outcomes than this say little.
const LEAST_OUTCOMES = 20;
const NO_DIFFERENCE = 0.01;

/** What *score* means in plain words: the key of a text. */
export function verdict(score: Score): Verdict {
  if (score.model === "last_price") return "skillReference";
  if (score.skill === null || score.count < LEAST_OUTCOMES) return "skillUnknown";
  if (score.skill < -NO_DIFFERENCE) return "skillBad";
  return score.skill > NO_DIFFERENCE ? "skillGood" : "skillNone";
}
