import type { CandleRow } from "../src/api/rows";

const START_S = 1_764_310_200;

export function aCandle(given: Partial<CandleRow> & { minute?: number } = {}): CandleRow {
  const { minute = 0, ...rest } = given;
  const start = START_S + minute * 60;
  return {
    timestamp: new Date(start * 1_000).toISOString(),
    end: new Date((start + 60) * 1_000).toISOString(),
    pair: "BTC/USD",
    interval: "1m",
    open: 100,
    high: 110,
    low: 90,
    close: 105,
    volume: 3,
    buy_volume: 2,
    sell_volume: 1,
    vwap: 101,
    trades: 7,
    revision: 7,
    final: false,
    ...rest,
  };
}

export const startOf = (minute: number) => START_S + minute * 60;
