// Sentiment windows on the time axis of candles: of a window that is longer than a candle every
// candle in it has its score, and a candle that is longer has the mean over its articles.
import { unixS, type SentimentRow } from "../api/rows";

export interface Mood {
  time: number;
  score: number;
  articles: number;
  final: boolean;
}

export interface MoodWindow {
  startS: number;
  endS: number;
  score: number;
  articles: number;
  revision: number;
  final: boolean;
}

/** Return *row* as numbers, or null if its window has no article. */
export function moodWindow(row: SentimentRow): MoodWindow | null {
  if (row.sentiment_score === null || row.window_start === null) return null;
  return {
    startS: unixS(row.window_start),
    endS: unixS(row.timestamp),
    score: row.sentiment_score,
    articles: row.article_count ?? 1,
    revision: row.revision,
    final: row.final,
  };
}

/** Whether *next* takes the place of *known*, a state of the same window. */
export function isNewer(next: MoodWindow, known: MoodWindow | undefined): boolean {
  if (!known) return true;
  return (
    next.revision > known.revision ||
    (next.revision === known.revision && next.final && !known.final)
  );
}

/** The mood at each candle of *stepS* seconds up to *untilS*, sorted by time. */
export function moods(windows: Iterable<MoodWindow>, stepS: number, untilS: number): Mood[] {
  const found = new Map<number, Mood>();
  for (const window of windows) {
    const first = Math.floor(window.startS / stepS) * stepS;
    for (let time = first; time < window.endS && time <= untilS; time += stepS) {
      const known = found.get(time);
      const before = known?.articles ?? 0;
      const articles = before + window.articles;
      const weighted = (known?.score ?? 0) * before + window.score * window.articles;
      found.set(time, {
        time,
        articles,
        score: articles ? weighted / articles : window.score,
        final: window.final && (known?.final ?? true),
      });
    }
  }
  return [...found.values()].sort((one, other) => one.time - other.time);
}
