// Stretches without a candle, which the chart keeps free and shades, instead of closing them up.

const MOST_MISSING = 2_000;

/** The starts of windows between *times* (sorted) that have no bar. */
export function missing(times: readonly number[], stepS: number): number[] {
  const found: number[] = [];
  for (let index = 1; index < times.length; index++) {
    const end = times[index] as number;
    for (let time = (times[index - 1] as number) + stepS; time < end; time += stepS) {
      // Longer than this it is not a gap in a market, but another market.
      if (found.length >= MOST_MISSING) return found;
      found.push(time);
    }
  }
  return found;
}

/** *points* (sorted by time), cut where more than *stepS* is between two of them. */
export function runs<Point extends { time: number }>(
  points: readonly Point[],
  stepS: number,
): Point[][] {
  const found: Point[][] = [];
  let before = -Infinity;
  for (const point of points) {
    if (point.time - before > stepS) found.push([]);
    found[found.length - 1]?.push(point);
    before = point.time;
  }
  return found;
}
