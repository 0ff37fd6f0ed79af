// What the worker counts: records a second, how many wait, what was rejected, what came too late.
import { reactive } from "vue";
import { samples, sum, type Sample } from "../api/metrics";

const APPS = ["stream", "sink"] as const;
type AppName = (typeof APPS)[number];

interface Pace {
  app: AppName;
  /** Between the last two readings; null before there are two of the same worker. */
  recordsPerS: number | null;
  lagRecords: number;
}

export const measures = reactive({
  /** Whether the last reading was answered; null before any. */
  known: null as boolean | null,
  paces: [] as Pace[],
  rejected: [] as Sample[],
  late: [] as Sample[],
});

const READ_EVERY_MS = 5_000;
// The first pace should not be waited for that long.
const READ_AGAIN_MS = 1_000;

let readS = 0;
const done = new Map<AppName, number>();

async function read(): Promise<void> {
  const response = await fetch("/metrics").catch(() => null);
  measures.known = response?.ok ?? false;
  if (!response?.ok) return;
  const text = await response.text();
  const nowS = performance.now() / 1_000;
  const of = (name: string, app: AppName) =>
    samples(text, name).filter((sample) => sample.labels["app"] === app);
  measures.paces = APPS.flatMap((app) => {
    const counted = of("cryptoviz_records_total", app);
    const lags = of("cryptoviz_lag_records", app);
    if (!counted.length && !lags.length) return [];
    const [now, before] = [sum(counted), done.get(app)];
    done.set(app, now);
    // A counter that went down is that of a worker that began anew.
    const isSame = before !== undefined && now >= before;
    const recordsPerS = isSame ? (now - before) / (nowS - readS) : null;
    return [{ app, recordsPerS, lagRecords: sum(lags) }];
  });
  readS = nowS;
  measures.rejected = samples(text, "cryptoviz_rejected_total").filter((each) => each.value);
  measures.late = samples(text, "cryptoviz_late_total").filter((each) => each.value);
}

/** Read the worker's counts now and then; returns how to end that. */
export function watchMeasures(): () => void {
  done.clear();
  void read();
  const soon = setTimeout(() => void read(), READ_AGAIN_MS);
  const timer = setInterval(() => void read(), READ_EVERY_MS);
  return () => {
    clearTimeout(soon);
    clearInterval(timer);
  };
}
