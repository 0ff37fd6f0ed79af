// What the dashboard reads of `/metrics`, in the text format of Prometheus.

/** Sum the samples of counters in a Prometheus text whose names hold *word*. */
export function counted(metrics: string, word: string): number | null {
  const line = new RegExp(`^\\w*${word}\\w*_total(?:\\{[^}]*\\})? (\\S+)`, "gm");
  const values = [...metrics.matchAll(line)].map((match) => Number(match[1]));
  return values.length ? values.reduce((sum, value) => sum + value, 0) : null;
}
