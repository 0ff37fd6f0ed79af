// How bars, volumes, sentiment and alerts look, as lightweight-charts takes them.
import type { SeriesMarker, Time, UTCTimestamp } from "lightweight-charts";
import { stateOf, type Bar } from "./candles";
import type { Colours } from "./colours";
import type { Mood } from "./mood";

export interface Alert {
  time: number;
  /** By what the price has changed, as a share of 1, negative when it fell. */
  change: number;
}

export function candle(bar: Bar, nowS: number, { up, down, upPale, downPale }: Colours) {
  const { open, high, low, close } = bar;
  const shape = { time: bar.time as UTCTimestamp, open, high, low, close };
  const rises = close >= open;
  switch (stateOf(bar, nowS)) {
    case "forming":
      return { ...shape, color: "transparent" };
    case "provisional":
      return { ...shape, color: rises ? upPale : downPale };
    default:
      return { ...shape, color: rises ? up : down };
  }
}

export function volume(bar: Bar, { volumeUp, volumeDown }: Colours) {
  const color = bar.close >= bar.open ? volumeUp : volumeDown;
  return { time: bar.time as UTCTimestamp, value: bar.volume, color };
}

export function sentiment(mood: Mood, colours: Colours) {
  return { time: mood.time as UTCTimestamp, value: mood.score, color: tint(mood, colours) };
}

function tint(mood: Mood, { up, down, upPale, downPale, neutral }: Colours): string {
  if (mood.score > 0.6) return mood.final ? up : upPale;
  if (mood.score < 0.4) return mood.final ? down : downPale;
  return neutral;
}

/** Dots at bars that changed behind their end, arrows at those with alerts, by time. */
export function marks(
  bars: readonly Bar[],
  alerts: readonly Alert[],
  stepS: number,
  { up, down, warn }: Colours,
): SeriesMarker<Time>[] {
  const first = bars[0]?.time ?? Infinity;
  const dots = bars
    .filter((bar) => bar.corrected)
    .map((bar) => mark(bar.time, "belowBar", "circle", 0.5, warn));
  const arrows = alerts
    .map((alert) => ({ ...alert, time: Math.floor(alert.time / stepS) * stepS }))
    .filter((alert) => alert.time >= first)
    .map((alert) =>
      alert.change >= 0
        ? mark(alert.time, "belowBar", "arrowUp", 0.7, up)
        : mark(alert.time, "aboveBar", "arrowDown", 0.7, down),
    );
  return [...dots, ...arrows].sort((one, other) => (one.time as number) - (other.time as number));
}

function mark(
  time: number,
  position: "belowBar" | "aboveBar",
  shape: "circle" | "arrowUp" | "arrowDown",
  size: number,
  color: string,
): SeriesMarker<Time> {
  return { time: time as UTCTimestamp, position, shape, size, color };
}

/** *points* (sorted by time), and free places at *times* among them. */
export function withBlanks<Point extends { time: Time }>(
  points: readonly Point[],
  times: readonly number[],
): (Point | { time: UTCTimestamp })[] {
  const blanks = times.map((time) => ({ time: time as UTCTimestamp }));
  return [...points, ...blanks].sort((one, other) => (one.time as number) - (other.time as number));
}
