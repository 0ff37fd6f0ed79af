// What the worker answers, as /openapi.json declares it. Times are ISO 8601 in UTC.

export type Interval = "1m" | "5m" | "1h" | "1d";

export const STEP_S: Record<Interval, number> = { "1m": 60, "5m": 300, "1h": 3_600, "1d": 86_400 };

export interface Page<Row> {
  count: number;
  next: string | null;
  stream: string | null;
  data: Row[];
}

export interface CandleRow {
  timestamp: string;
  end: string;
  pair: string;
  interval: Interval;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
  buy_volume: number;
  sell_volume: number;
  vwap: number | null;
  trades: number;
  revision: number | null;
  final: boolean;
}

export interface SentimentRow {
  timestamp: string;
  crypto_symbol: string;
  sentiment_score: number | null;
  sentiment_label: string | null;
  window_start: string | null;
  article_count: number | null;
  positive: number | null;
  neutral: number | null;
  negative: number | null;
  revision: number;
  final: boolean;
}

export interface TickerRow {
  timestamp: string;
  pair: string;
  last: number;
  bid: number | null;
  ask: number | null;
  volume_24h: number | null;
}

export interface ArticleRow {
  timestamp: string;
  article_id: string | null;
  title: string | null;
  url: string | null;
  website: string | null;
  summary: string | null;
  cryptocurrencies_mentioned: string[];
  sentiment_score: number;
  sentiment_label: string;
}

export interface AlertRow {
  timestamp: string;
  pair: string;
  last_price: number;
  change_percent: number;
  threshold: number;
  alert_type: "PRICE_UP" | "PRICE_DOWN";
}

export interface PredictionRow {
  timestamp: string;
  crypto_symbol: string;
  predicted_price: number | null;
  actual_price: number | null;
  model_name: string;
  confidence_interval_low: number | null;
  confidence_interval_high: number | null;
  pair: string;
  made_at: string | null;
  horizon: number | null;
  level: number | null;
}

export interface InstrumentRow {
  pair: string;
  base: string;
  quote: string;
  is_active: boolean;
  topics: string[];
  first_seen: string;
  last_seen: string;
}

export interface CryptoRow {
  symbol: string;
  name: string;
  is_active: boolean;
}

export interface VisualizationRow {
  name: string;
  crypto_symbol: string;
  time_range: string;
  chart_type: "line" | "area" | "bar" | "candlestick";
  indicators: string[];
}

export interface Health {
  ready: boolean;
  status: "ok" | "degraded" | "starting";
  down: Record<string, string>;
  database: "configured" | "none";
}

export interface LiveRows<Row> {
  table: string;
  rows: Row[];
}

export function unixS(iso: string): number {
  return Date.parse(iso) / 1_000;
}
