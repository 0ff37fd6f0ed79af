// What the dashboard reads of `/metrics`, in the text format of Prometheus.

export interface Sample {
  labels: Record<string, string>;
  value: number;
}

/** The samples of the metric *name*, in their order. */
export function samples(metrics: string, name: string): Sample[] {
  const line = new RegExp(`^${name}(?:\\{([^}]*)\\})? (\\S+)`, "gm");
  return [...metrics.matchAll(line)].map(([, labels = "", value]) => ({
    labels: Object.fromEntries([...labels.matchAll(/(\w+)="([^"]*)"/g)].map((each) => each.slice(1, 3))),
    value: Number(value),
  }));
}

export function sum(of: readonly Sample[]): number {
  return of.reduce((total, sample) => total + sample.value, 0);
}
