// Saved views in the columns that the worker has for them. What has no column of its own, such as
// the pair's quote, is written among the indicators as `name:value`.
import { STEP_S, type Interval, type VisualizationRow } from "../api/rows";
import { INDICATORS, type Indicator } from "../chart/indicators";

export interface View {
  pair: string;
  interval: Interval;
  indicators: Indicator[];
  model: string;
}

type VisualizationBody = Omit<VisualizationRow, "name">;

const TIME_RANGES: Record<Interval, string> = { "1m": "24h", "5m": "24h", "1h": "7d", "1d": "30d" };

export function bodyOf(view: View): VisualizationBody {
  const extras = [`pair:${view.pair}`, `interval:${view.interval}`];
  if (view.model) extras.push(`model:${view.model}`);
  return {
    crypto_symbol: view.pair.split("/")[0] ?? view.pair,
    time_range: TIME_RANGES[view.interval],
    chart_type: "candlestick",
    indicators: [...view.indicators, ...extras],
  };
}

/** Return the view of *row*; one that another client wrote need not name a pair of *pairs*. */
export function viewOf(row: VisualizationRow, pairs: readonly string[]): View {
  const extra = (name: string) =>
    row.indicators.find((each) => each.startsWith(`${name}:`))?.slice(name.length + 1) ?? "";
  const interval = extra("interval");
  const ofCrypto = pairs.filter((pair) => pair.startsWith(`${row.crypto_symbol}/`)).sort();
  return {
    pair: extra("pair") || ofCrypto[0] || `${row.crypto_symbol}/USD`,
    interval: interval in STEP_S ? (interval as Interval) : "1m",
    indicators: INDICATORS.filter((name) => row.indicators.includes(name)),
    model: extra("model"),
  };
}
