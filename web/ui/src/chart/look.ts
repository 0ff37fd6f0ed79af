// What all charts have in common, in a theme and a language.
import type { Time } from "lightweight-charts";
import type { Colours } from "./colours";

export interface Words {
  language: string;
  price(value: number): string;
  score(value: number): string;
  clock(timeS: number, withDay: boolean): string;
  date(timeS: number, part: "day" | "month" | "year"): string;
}

export function look(colours: Colours, words: Words) {
  const cross = { color: colours.neutral, labelBackgroundColor: colours.neutral };
  return {
    layout: {
      background: { color: "transparent" },
      textColor: colours.text,
      fontSize: 11,
      fontFamily: "system-ui, sans-serif",
    },
    grid: { vertLines: { color: colours.grid }, horzLines: { color: colours.grid } },
    rightPriceScale: { borderColor: colours.edge },
    crosshair: { vertLine: cross, horzLine: cross },
    localization: {
      locale: words.language,
      timeFormatter: (time: Time) => words.clock(time as number, true),
    },
    timeScale: { borderColor: colours.edge },
  };
}
