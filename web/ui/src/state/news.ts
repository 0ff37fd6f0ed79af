// The articles about a crypto: the latest, or those of one window.
import { ask, query } from "../api/ask";
import { STEP_S, unixS, type ArticleRow, type Page } from "../api/rows";
import { market } from "./shown";
import { takes } from "./stream";
import { detailOf } from "./trouble";

const MOST_ARTICLES = 50;

takes(["article"], { take: (data) => takeArticle(data as ArticleRow), onGap: () => void readArticles() });

/** Read the articles of the chosen window, or the latest. */
export async function readArticles(): Promise<void> {
  const { crypto, window } = market;
  const range = window
    ? { date_debut: iso(window.fromS), date_fin: iso(window.toS) }
    : { periode: "24h" };
  const parameters = query({ crypto, ...range, limit: MOST_ARTICLES });
  const known = new Set(market.articles);
  try {
    const page = await ask<Page<ArticleRow>>(`/api/v1/article/historique/?${parameters}`);
    if (crypto !== market.crypto || window !== market.window) return;
    // What came meanwhile may not have been stored when the worker looked.
    const came = market.articles.filter((article) => !known.has(article));
    market.articles = page.data;
    came.forEach(takeArticle);
    market.articlesTrouble = null;
  } catch (error) {
    if (crypto === market.crypto) market.articlesTrouble = detailOf(error);
  }
}

/** List the articles of the sentiment window, or of the longer candle, that holds *timeS*. */
export function pickWindow(timeS: number | null): void {
  const size = Math.max(STEP_S[market.interval], 300);
  const fromS = timeS === null ? 0 : Math.floor(timeS / size) * size;
  market.window = timeS === null ? null : { fromS, toS: fromS + size };
  void readArticles();
}

function takeArticle(row: ArticleRow): void {
  if (!row.cryptocurrencies_mentioned.includes(market.crypto)) return;
  const time = unixS(row.timestamp);
  const { window, articles } = market;
  if (window && (time < window.fromS || time >= window.toS)) return;
  const isKnown = articles.some((one) => (one.url ?? one.article_id) === (row.url ?? row.article_id));
  if (isKnown) return;
  market.articles = [row, ...articles]
    .sort((one, other) => unixS(other.timestamp) - unixS(one.timestamp))
    .slice(0, MOST_ARTICLES);
}

function iso(timeS: number): string {
  return new Date(timeS * 1_000).toISOString();
}
