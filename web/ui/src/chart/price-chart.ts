// The chart of one pair: candles, volume, lines, alerts, forecast, and sentiment in a pane below.
import {
  CandlestickSeries,
  createChart,
  createSeriesMarkers,
  CrosshairMode,
  HistogramSeries,
  LineSeries,
  LineStyle,
  TickMarkType,
  type IChartApi,
  type IPriceLine,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  type LogicalRange,
  type Time,
  type UTCTimestamp,
} from "lightweight-charts";
import type { Colours } from "./colours";
import type { Bar, Candles } from "./candles";
import { missing } from "./gaps";
import { dayVwap, movingAverage, type Line } from "./indicators";
import { look, type Words } from "./look";
import type { Mood } from "./mood";
import { Band, Gaps, type BandPoint } from "./shades";
import { candle, marks, sentiment, volume, type Alert } from "./shapes";

export type LineName = "vwap" | "ma20" | "ma50";

export interface ChartListener {
  onBar(time: number | null): void;
  onPick(time: number): void;
  onLeftEdge(): void;
}

/** Times of the first and the last bar, how many there are, and how many places are free. */
export interface Shown {
  first: number;
  last: number;
  bars: number;
  close: number | null;
  gaps: number;
  ahead: number;
}

const LINES: readonly LineName[] = ["vwap", "ma20", "ma50"];
// With fewer bars than this left of what is shown, older ones are asked for.
const NEARLY_LEFT = 30;
// Behind a day of minutes forecasts would leave no room for what was.
const MOST_BARS_AHEAD = 1_440;
// Of the width, at most, when the newest bar is shown.
const SHARE_AHEAD = 0.4;
const BARS_SHOWN = 150;

export class PriceChart {
  private readonly chart: IChartApi;
  private readonly price: ISeriesApi<"Candlestick">;
  private readonly volume: ISeriesApi<"Histogram">;
  private readonly mood: ISeriesApi<"Histogram">;
  private readonly middle: IPriceLine;
  private readonly lines: Record<LineName, ISeriesApi<"Line">>;
  private readonly markers: ISeriesMarkersPluginApi<Time>;
  private readonly gaps = new Gaps();
  private readonly band = new Band();
  private candles: Candles | null = null;
  private stepS = 60;
  private shown = new Set<string>();
  private alerts: Alert[] = [];
  private ahead: readonly BandPoint[] = [];
  private cursor: number | null = null;
  private isLoading = false;
  private asked: LogicalRange | null = null;
  // The newest bar that is painted.
  private paintedS = 0;
  // Every time on the axis, free ones included.
  private drawn = new Set<number>();

  constructor(
    container: HTMLElement,
    private colours: Colours,
    private words: Words,
    private readonly listener: ChartListener,
  ) {
    this.chart = createChart(container, {
      autoSize: true,
      // The notice and the link are in the page's footer; the logo would add an inline style,
      // which the Content-Security-Policy refuses.
      layout: { attributionLogo: false },
      crosshair: { mode: CrosshairMode.Normal },
      kineticScroll: { mouse: false, touch: !matchMedia("(prefers-reduced-motion: reduce)").matches },
      timeScale: { timeVisible: true, rightOffset: 6, minBarSpacing: 2, barSpacing: 7 },
      rightPriceScale: { scaleMargins: { top: 0.08, bottom: 0.22 } },
    });
    this.price = this.chart.addSeries(CandlestickSeries, { borderVisible: true });
    this.volume = this.chart.addSeries(HistogramSeries, {
      priceScaleId: "volume",
      priceFormat: { type: "volume" },
      priceLineVisible: false,
      lastValueVisible: false,
    });
    this.chart.priceScale("volume").applyOptions({ scaleMargins: { top: 0.84, bottom: 0 } });
    this.lines = Object.fromEntries(
      LINES.map((name) => [
        name,
        this.chart.addSeries(LineSeries, {
          lineWidth: 1,
          priceLineVisible: false,
          lastValueVisible: false,
          crosshairMarkerVisible: false,
        }),
      ]),
    ) as Record<LineName, ISeriesApi<"Line">>;
    this.mood = this.chart.addSeries(
      HistogramSeries,
      {
        base: 0.5,
        priceLineVisible: false,
        lastValueVisible: false,
        autoscaleInfoProvider: () => ({ priceRange: { minValue: 0, maxValue: 1 } }),
      },
      1,
    );
    this.middle = this.mood.createPriceLine({
      price: 0.5,
      lineStyle: LineStyle.Dotted,
      lineWidth: 1,
      axisLabelVisible: false,
    });
    this.chart.panes()[0]?.setStretchFactor(4);
    this.chart.panes()[1]?.setStretchFactor(1);
    this.markers = createSeriesMarkers(this.price, []);
    this.price.attachPrimitive(this.gaps);
    this.price.attachPrimitive(this.band);
    this.chart.subscribeCrosshairMove((event) => {
      if (event.sourceEvent) this.cursor = (event.time as number | undefined) ?? null;
      this.listener.onBar((event.time as number | undefined) ?? null);
    });
    this.chart.subscribeClick((event) => {
      if (event.time !== undefined) this.listener.onPick(event.time as number);
    });
    this.chart.timeScale().subscribeVisibleLogicalRangeChange(() => this.askForOlder());
    this.paint(colours, words);
  }

  remove(): void {
    this.chart.remove();
  }

  /** Take on a theme and a language. */
  paint(colours: Colours, words: Words): void {
    [this.colours, this.words] = [colours, words];
    const common = look(colours, words);
    this.chart.applyOptions({
      ...common,
      layout: {
        ...common.layout,
        panes: { separatorColor: colours.edge, separatorHoverColor: colours.edge },
      },
      timeScale: {
        ...common.timeScale,
        tickMarkFormatter: (time: Time, type: TickMarkType) => this.tick(time as number, type),
      },
    });
    this.price.applyOptions({
      upColor: colours.up,
      downColor: colours.down,
      borderUpColor: colours.up,
      borderDownColor: colours.down,
      wickUpColor: colours.up,
      wickDownColor: colours.down,
      priceFormat: { type: "custom", minMove: 1e-6, formatter: words.price },
    });
    this.mood.applyOptions({
      priceFormat: { type: "custom", minMove: 0.01, formatter: words.score },
    });
    this.middle.applyOptions({ color: colours.neutral });
    for (const name of LINES) this.lines[name].applyOptions({ color: colours[name] });
    if (this.candles) this.show(this.candles, this.stepS, this.shown);
  }

  /** Show *candles*, a whole new set if *fresh*; what is looked at else stays in view. */
  show(candles: Candles, stepS: number, lines: ReadonlySet<string>, fresh = false): void {
    this.isLoading = true;
    [this.candles, this.stepS, this.shown] = [candles, stepS, new Set(lines)];
    const bars = candles.bars;
    const times = bars.map((bar) => bar.time);
    const range = this.chart.timeScale().getVisibleLogicalRange();
    const before = this.drawn.size;
    const absent = missing(times, stepS);
    const nowS = Date.now() / 1_000;
    const points = [
      ...merged(bars.map((bar) => candle(bar, nowS, this.colours)), absent),
      ...this.timesAhead().map((time) => ({ time: time as UTCTimestamp })),
    ];
    this.drawn = new Set(points.map((point) => point.time as number));
    this.paintedS = times.at(-1) ?? 0;
    this.price.setData(points);
    this.volume.setData(bars.map((bar) => volume(bar, this.colours)));
    this.tintLast(bars[bars.length - 1]);
    this.drawLines(bars);
    this.gaps.set(absent, this.colours.hatch);
    this.drawBand();
    this.mark();
    const added = this.drawn.size - before;
    if (fresh) this.showNewest();
    // Bars that came on the left push the others to the right by their number.
    else if (range && added > 1) {
      this.chart.timeScale().setVisibleLogicalRange({ from: range.from + added, to: range.to + added });
    }
    this.isLoading = false;
  }

  /** Repaint *bar*, which is in the candles already. */
  update(bar: Bar): void {
    const candles = this.candles;
    const newest = candles?.newest;
    if (!candles || !newest) return;
    const isNewest = bar === newest;
    const nowS = Date.now() / 1_000;
    const before = candles.bars[candles.bars.length - 2];
    const isBehindGap = isNewest && before && bar.time - before.time > this.stepS;
    const isAhead = this.timesAhead().length > 0;
    const isNew = bar.time > this.paintedS || !this.drawn.has(bar.time);
    if (isNew && (!isNewest || isBehindGap || isAhead)) {
      this.show(candles, this.stepS, this.shown);
      return;
    }
    // The one before may have been forming until now.
    if (isNewest && isNew && before) this.price.update(candle(before, nowS, this.colours), true);
    this.drawn.add(bar.time);
    this.paintedS = newest.time;
    // With free places behind it, even the newest bar is not the last on the axis.
    this.price.update(candle(bar, nowS, this.colours), !isNewest || isAhead);
    this.volume.update(volume(bar, this.colours), !isNewest);
    if (isNewest) this.tintLast(bar);
    if (isNewest) this.extendLines(candles.bars);
    else this.drawLines(candles.bars);
    if (isNewest && this.ahead.length) this.drawBand();
    if (bar.corrected) this.mark();
  }

  setMoods(moods: readonly Mood[]): void {
    this.mood.setData(moods.map((mood) => sentiment(mood, this.colours)));
  }

  setAlerts(alerts: Alert[]): void {
    this.alerts = alerts;
    this.mark();
  }

  /** Draw a forecast from the last bar on; no points take it away. */
  setForecast(points: readonly BandPoint[]): void {
    const isAtEnd = this.isNewestInView();
    this.ahead = points;
    if (!this.candles) return;
    this.show(this.candles, this.stepS, this.shown);
    if (isAtEnd) this.showNewest();
  }

  showNewest(): void {
    // Gaps keep their room on the axis, so they count as bars do.
    const ahead = Math.min(this.timesAhead().length, BARS_SHOWN);
    const count = this.drawn.size - this.timesAhead().length + ahead;
    const bars = Math.min(BARS_SHOWN, Math.max(this.chart.timeScale().width() / 7, 30));
    const width = Math.max(bars, ahead / SHARE_AHEAD);
    this.chart.timeScale().setVisibleLogicalRange({ from: count - width, to: count + 5 });
  }

  /** Move the reading cursor by *bars* and return the time of the bar under it. */
  step(bars: number): number | null {
    const all = this.candles?.bars;
    if (!all?.length || !this.candles) return null;
    const at = this.cursor === null ? all.length : this.candles.indexOf(this.cursor);
    const bar = all[Math.min(all.length - 1, Math.max(0, at + bars))] as Bar;
    this.cursor = bar.time;
    this.chart.setCrosshairPosition(bar.close, bar.time as UTCTimestamp, this.price);
    this.bringIntoView(bar.time);
    this.listener.onBar(bar.time);
    return bar.time;
  }

  leave(): void {
    this.cursor = null;
    this.chart.clearCrosshairPosition();
    this.listener.onBar(null);
  }

  pan(bars: number): void {
    const range = this.range();
    if (range) this.move({ from: range.from + bars, to: range.to + bars });
  }

  /** Ask for older bars if few are left of what is shown. */
  askForOlder(): void {
    const range = this.chart.timeScale().getVisibleLogicalRange();
    if (range && !this.isLoading && this.candles?.newest && range.from < NEARLY_LEFT) {
      this.listener.onLeftEdge();
    }
  }

  zoom(factor: number): void {
    const range = this.range();
    if (range) this.move({ from: range.to - (range.to - range.from) * factor, to: range.to });
  }

  private range(): LogicalRange | null {
    return this.asked ?? this.chart.timeScale().getVisibleLogicalRange();
  }

  // The chart takes a range with its next frame. Keys that come before go on from what was asked.
  private move(range: { from: number; to: number }): void {
    this.asked = range as LogicalRange;
    this.chart.timeScale().setVisibleLogicalRange(range);
    requestAnimationFrame(() => (this.asked = null));
  }

  /** What is on the screen, for tests and for whoever asks how far it reaches. */
  describe(): Shown {
    const bars = this.candles?.bars ?? [];
    const last = bars[bars.length - 1];
    return {
      first: bars[0]?.time ?? 0,
      last: last?.time ?? 0,
      bars: bars.length,
      close: last?.close ?? null,
      gaps: this.gaps.count,
      ahead: this.timesAhead().length,
    };
  }

  private bringIntoView(time: number): void {
    const scale = this.chart.timeScale();
    const x = scale.timeToCoordinate(time as UTCTimestamp);
    if (x === null || x < 0) this.pan(-20);
    else if (x > scale.width()) this.pan(20);
  }

  // Else the label of the last price would be transparent, as the body of a forming candle is.
  private tintLast(bar: Bar | undefined): void {
    const colour = bar && bar.close < bar.open ? this.colours.down : this.colours.up;
    if (this.price.options().priceLineColor !== colour) {
      this.price.applyOptions({ priceLineColor: colour });
    }
  }

  private lineOf(name: LineName, bars: readonly Bar[]): Line {
    if (name === "vwap") return dayVwap(bars, this.candles?.isWhole ?? false);
    const closes = bars.map((bar) => bar.close);
    return movingAverage(closes, name === "ma20" ? 20 : 50);
  }

  private drawLines(bars: readonly Bar[]): void {
    for (const name of LINES) {
      const line = this.shown.has(name) ? this.lineOf(name, bars) : [];
      this.lines[name].setData(
        line.flatMap((value, index) =>
          value === null ? [] : [{ time: (bars[index] as Bar).time as UTCTimestamp, value }],
        ),
      );
    }
  }

  private extendLines(bars: readonly Bar[]): void {
    // A day of minutes is all that the VWAP looks back on.
    const tail = bars.slice(-1_441);
    const time = (tail[tail.length - 1] as Bar).time as UTCTimestamp;
    for (const name of LINES) {
      if (!this.shown.has(name)) continue;
      const value = this.lineOf(name, tail).at(-1) ?? null;
      if (value !== null) this.lines[name].update({ time, value });
    }
  }

  private mark(): void {
    const alerts = this.shown.has("alerts") ? this.alerts : [];
    this.markers.setMarkers(marks(this.candles?.bars ?? [], alerts, this.stepS, this.colours));
  }

  private isNewestInView(): boolean {
    const range = this.chart.timeScale().getVisibleLogicalRange();
    return !!range && range.to >= this.drawn.size - this.timesAhead().length - 1;
  }

  private drawBand(): void {
    const last = this.candles?.newest;
    const coming = last ? this.ahead.filter((point) => point.time > last.time) : [];
    const points = last && coming.length
      ? [{ time: last.time, low: last.close, price: last.close, high: last.close }, ...coming]
      : [];
    const { band, accent } = this.colours;
    this.band.set(points, band, accent, last ? { time: last.time, stepS: this.stepS } : null);
  }

  // Free places on the axis, up to where the forecast reaches.
  private timesAhead(): number[] {
    const last = this.candles?.newest;
    const end = this.ahead.at(-1)?.time;
    if (!last || end === undefined) return [];
    const count = Math.ceil((end - last.time) / this.stepS) - 1;
    return Array.from(
      { length: Math.min(MOST_BARS_AHEAD, Math.max(0, count)) },
      (_, index) => last.time + (index + 1) * this.stepS,
    );
  }

  private tick(time: number, type: TickMarkType): string {
    if (type === TickMarkType.Time || type === TickMarkType.TimeWithSeconds) {
      return this.words.clock(time, false);
    }
    if (type === TickMarkType.Year) return this.words.date(time, "year");
    return this.words.date(time, type === TickMarkType.Month ? "month" : "day");
  }
}

function merged<Point extends { time: Time }>(
  points: readonly Point[],
  absent: readonly number[],
): (Point | { time: UTCTimestamp })[] {
  const blanks = absent.map((time) => ({ time: time as UTCTimestamp }));
  return [...points, ...blanks].sort((one, other) => (one.time as number) - (other.time as number));
}
