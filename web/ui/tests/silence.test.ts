import { expect, test } from "vitest";
import { Candles } from "../src/chart/candles";
import { unusualSilenceS } from "../src/chart/silence";
import { aCandle } from "./rows";

function barsWith(tradesAMinute: readonly number[]) {
  const found = new Candles();
  tradesAMinute.forEach((trades, minute) => found.put(aCandle({ minute, trades })));
  return found.bars;
}

test("a pair that trades every second is silent after two minutes", () => {
  expect(unusualSilenceS(barsWith([60, 60, 60]))).toBe(120);
});

test("a pair that trades once a minute is silent for ten before it is unusual", () => {
  expect(unusualSilenceS(barsWith([1, 1, 1, 1]))).toBe(600);
});

test("what is usual is what was so of late", () => {
  const thinOnceThenBusy = [...Array(100).fill(1), ...Array(60).fill(100)];

  expect(unusualSilenceS(barsWith(thinOnceThenBusy))).toBe(120);
});

test("without a candle there is no telling", () => {
  expect(unusualSilenceS([])).toBe(120);
});
