// What lightweight-charts has no series for: hatched gaps and the bands of forecasts.
import type {
  IPrimitivePaneRenderer,
  ISeriesPrimitive,
  SeriesAttachedParameter,
  Time,
} from "lightweight-charts";

type Target = Parameters<IPrimitivePaneRenderer["draw"]>[0];
type Attached = SeriesAttachedParameter<Time>;

/** Draws below the series of a pane, in the coordinates of the screen. */
abstract class Shade implements ISeriesPrimitive<Time> {
  protected attachedTo: Attached | null = null;

  attached(parameters: Attached): void {
    this.attachedTo = parameters;
  }

  detached(): void {
    this.attachedTo = null;
  }

  paneViews() {
    const renderer = { draw: () => {}, drawBackground: (target: Target) => this.draw(target) };
    return [{ zOrder: () => "bottom" as const, renderer: () => renderer }];
  }

  private draw(target: Target): void {
    target.useMediaCoordinateSpace(({ context, mediaSize }) => {
      if (this.attachedTo) this.paint(context, mediaSize.width, mediaSize.height, this.attachedTo);
    });
  }

  protected abstract paint(
    context: CanvasRenderingContext2D,
    width: number,
    height: number,
    to: Attached,
  ): void;
}

const HATCH_PX = 7;

export class Gaps extends Shade {
  private times: readonly number[] = [];
  private colour = "";

  set(times: readonly number[], colour: string): void {
    [this.times, this.colour] = [times, colour];
    this.attachedTo?.requestUpdate();
  }

  protected paint(
    context: CanvasRenderingContext2D,
    width: number,
    height: number,
    to: Attached,
  ): void {
    const scale = to.chart.timeScale();
    const half = scale.options().barSpacing / 2;
    context.save();
    context.beginPath();
    for (const time of this.times) {
      const x = scale.timeToCoordinate(time as Time);
      if (x !== null && x > -half && x < width + half) context.rect(x - half, 0, half * 2, height);
    }
    context.clip();
    context.strokeStyle = this.colour;
    context.lineWidth = 1;
    context.beginPath();
    for (let x = -height; x < width; x += HATCH_PX) {
      context.moveTo(x, height);
      context.lineTo(x + height, 0);
    }
    context.stroke();
    context.restore();
  }
}

export interface BandPoint {
  time: number;
  low: number;
  price: number;
  high: number;
}

/** A point of the time axis behind which there is none yet, and the seconds of a bar. */
interface LastBar {
  time: number;
  stepS: number;
}

export class Band extends Shade {
  private runs: readonly (readonly BandPoint[])[] = [];
  private fill = "";
  private line: string | null = null;
  private last: LastBar | null = null;

  /**
   * Fill between low and high of the points of each of *runs*, and join their prices by a *line*,
   * if it has a colour. Points behind the *last* bar are put where their time will be.
   */
  set(
    runs: readonly (readonly BandPoint[])[],
    fill: string,
    line: string | null,
    last: LastBar | null = null,
  ): void {
    [this.runs, this.fill, this.line, this.last] = [runs, fill, line, last];
    this.attachedTo?.requestUpdate();
  }

  // The price scale makes room for the band.
  autoscaleInfo() {
    const points = this.runs.flat();
    if (points.length < 2) return null;
    const minValue = Math.min(...points.map((point) => point.low));
    const maxValue = Math.max(...points.map((point) => point.high));
    return { priceRange: { minValue, maxValue } };
  }

  protected paint(
    context: CanvasRenderingContext2D,
    _width: number,
    _height: number,
    to: Attached,
  ): void {
    for (const run of this.runs) this.paintRun(run, context, to);
  }

  private paintRun(
    run: readonly BandPoint[],
    context: CanvasRenderingContext2D,
    to: Attached,
  ): void {
    const y = (price: number) => to.series.priceToCoordinate(price) ?? 0;
    const places = run.flatMap((point) => {
      const x = this.x(point.time, to);
      return x === null
        ? []
        : [{ x, low: y(point.low), price: y(point.price), high: y(point.high) }];
    });
    const [first, ...rest] = places;
    if (!first || !rest.length) return;
    context.fillStyle = this.fill;
    context.beginPath();
    context.moveTo(first.x, first.high);
    for (const place of rest) context.lineTo(place.x, place.high);
    for (const place of [...places].reverse()) context.lineTo(place.x, place.low);
    context.fill();
    if (!this.line) return;
    context.strokeStyle = this.line;
    context.lineWidth = 1.5;
    context.setLineDash([4, 4]);
    context.beginPath();
    context.moveTo(first.x, first.price);
    for (const place of rest) context.lineTo(place.x, place.price);
    context.stroke();
    context.setLineDash([]);
    // Each horizon with its interval, as a bar with a dot.
    context.fillStyle = this.line;
    for (const { x, low, price, high } of rest) {
      context.beginPath();
      context.moveTo(x, low);
      context.lineTo(x, high);
      context.stroke();
      context.beginPath();
      context.arc(x, price, 3, 0, 2 * Math.PI);
      context.fill();
    }
  }

  private x(time: number, to: Attached): number | null {
    const scale = to.chart.timeScale();
    const { last } = this;
    if (!last || time <= last.time) return scale.timeToCoordinate(time as Time);
    const x = scale.timeToCoordinate(last.time as Time);
    // A price at a time is the close of the bar that ends then.
    const bars = Math.max(0, (time - last.time - last.stepS) / last.stepS);
    return x === null ? null : x + bars * scale.options().barSpacing;
  }
}
