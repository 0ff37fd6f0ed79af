// The chart of one pair: candles, volume, lines, alerts, forecast, and sentiment in a pane below.
import {
  createSeriesMarkers,
  type ISeriesMarkersPluginApi,
  type Time,
  type UTCTimestamp,
} from "lightweight-charts";
import { Axis } from "./axis";
import { Candles, type Bar } from "./candles";
import type { Colours } from "./colours";
import { DAY_S, isSameDay, LINES, lineOver } from "./indicators";
import type { Words } from "./look";
import type { Mood } from "./mood";
import { PricePanes } from "./price-panes";
import { Band, Gaps, type BandPoint } from "./shades";
import { candle, marks, sentiment, volume, withBlanks, type Alert } from "./shapes";
import { Viewport } from "./viewport";

interface ChartListener {
  onBar(time: number | null): void;
  onPick(time: number): void;
  onLeftEdge(): void;
}

interface Shown {
  /** Times of the first and the last bar, and how many there are. */
  first: number;
  last: number;
  bars: number;
  close: number | null;
  /** Windows without trades; of them, those since the last bar. */
  gaps: number;
  still: number;
  /** Places that are free for a forecast. */
  ahead: number;
}

// With fewer bars than this left of what is shown, older ones are asked for.
const NEARLY_LEFT = 30;
// A day of minutes, and one more, is all that the VWAP looks back on.
const TAIL = 1_441;

export class PriceChart {
  private readonly panes: PricePanes;
  private readonly view: Viewport;
  private readonly markers: ISeriesMarkersPluginApi<Time>;
  // A shade belongs to one pane; stretches without trades go through both.
  private readonly gaps = [new Gaps(), new Gaps()] as const;
  private readonly band = new Band();
  private candles = new Candles();
  private axis = new Axis([], 60, 0);
  private stepS = 60;
  private shown = new Set<string>();
  private moods: readonly Mood[] = [];
  private alerts: Alert[] = [];
  private forecast: readonly BandPoint[] = [];
  private cursor: number | null = null;
  private isLoading = false;

  constructor(
    container: HTMLElement,
    private colours: Colours,
    words: Words,
    private readonly listener: ChartListener,
  ) {
    this.panes = new PricePanes(container);
    const { chart, price, mood } = this.panes;
    this.view = new Viewport(chart.timeScale());
    this.markers = createSeriesMarkers(price, []);
    price.attachPrimitive(this.gaps[0]);
    mood.attachPrimitive(this.gaps[1]);
    price.attachPrimitive(this.band);
    chart.subscribeCrosshairMove((event) => {
      if (event.sourceEvent) this.cursor = (event.time as number | undefined) ?? null;
      this.listener.onBar((event.time as number | undefined) ?? null);
    });
    chart.subscribeClick((event) => {
      if (event.time !== undefined) this.listener.onPick(event.time as number);
    });
    chart.timeScale().subscribeVisibleLogicalRangeChange(() => this.askForOlder());
    this.paint(colours, words);
  }

  remove(): void {
    this.panes.chart.remove();
  }

  /** Take on a theme and a language. */
  paint(colours: Colours, words: Words): void {
    this.colours = colours;
    this.panes.paint(colours, words);
    this.redraw();
  }

  /** Show *candles*, a whole new set if *fresh*; what is looked at else stays in view. */
  show(candles: Candles, stepS: number, lines: ReadonlySet<string>, fresh = false): void {
    [this.candles, this.stepS, this.shown] = [candles, stepS, new Set(lines)];
    this.redraw(fresh);
  }

  private redraw(fresh = false): void {
    this.isLoading = true;
    const { bars } = this.candles;
    const nowS = Date.now() / 1_000;
    const [range, before] = [this.view.range(), this.axis];
    const times = bars.map((bar) => bar.time);
    this.axis = new Axis(times, this.stepS, nowS, this.forecast.at(-1)?.time);
    const { gaps, ahead } = this.axis;
    const shapes = bars.map((bar) => candle(bar, nowS, this.colours));
    this.panes.price.setData(withBlanks(shapes, [...gaps, ...ahead]));
    this.panes.volume.setData(bars.map((bar) => volume(bar, this.colours)));
    for (const shade of this.gaps) shade.set(gaps, this.colours.hatch);
    this.tintLast(bars[bars.length - 1]);
    this.drawLines(bars);
    this.drawMoods();
    this.drawBand();
    this.mark();
    if (fresh) this.view.showNewest(this.axis);
    else if (range) this.view.follow(range, before, this.axis);
    this.isLoading = false;
  }

  /** Repaint *bar*, which is in the candles already. */
  update(bar: Bar): void {
    const { bars, newest } = this.candles;
    if (!newest) return;
    const isNewest = bar === newest;
    const isNew = !this.axis.has(bar.time);
    if (isNew && !(isNewest && this.axis.append(bar.time))) {
      this.redraw();
      return;
    }
    const nowS = Date.now() / 1_000;
    const before = bars[bars.length - 2];
    // The one before may have been forming until now.
    if (isNew && before) this.panes.price.update(candle(before, nowS, this.colours), true);
    // With free places behind it, even the newest bar is not the last on the axis.
    this.panes.price.update(candle(bar, nowS, this.colours), !isNewest || this.axis.goesOn);
    this.panes.volume.update(volume(bar, this.colours), !isNewest);
    if (isNewest) this.tintLast(bar);
    if (isNewest) this.extendLines(bars);
    else this.drawLines(bars);
    if (isNewest && this.forecast.length) this.drawBand();
    if (bar.corrected) this.mark();
  }

  setMoods(moods: readonly Mood[]): void {
    this.moods = moods;
    this.drawMoods();
  }

  // One elsewhere would make a place on the axis for itself.
  private drawMoods(): void {
    const there = this.moods.filter((mood) => this.axis.holds(mood.time));
    this.panes.mood.setData(there.map((mood) => sentiment(mood, this.colours)));
  }

  setAlerts(alerts: Alert[]): void {
    this.alerts = alerts;
    this.mark();
  }

  /** Draw a forecast from the last bar on; no points take it away. */
  setForecast(points: readonly BandPoint[]): void {
    const isAtEnd = this.view.showsNewest(this.axis);
    this.forecast = points;
    this.redraw();
    if (isAtEnd) this.showNewest();
  }

  showNewest(): void {
    this.view.showNewest(this.axis);
  }

  /** Move the reading cursor by *bars* and return the time of the bar under it. */
  step(bars: number): number | null {
    const all = this.candles.bars;
    if (!all.length) return null;
    const at = this.cursor === null ? all.length : this.candles.indexOf(this.cursor);
    const bar = all[Math.min(all.length - 1, Math.max(0, at + bars))] as Bar;
    this.cursor = bar.time;
    this.panes.chart.setCrosshairPosition(bar.close, bar.time as UTCTimestamp, this.panes.price);
    this.view.reveal(bar.time);
    this.listener.onBar(bar.time);
    return bar.time;
  }

  leave(): void {
    this.cursor = null;
    this.panes.chart.clearCrosshairPosition();
    this.listener.onBar(null);
  }

  pan(bars: number): void {
    this.view.pan(bars);
  }

  zoom(factor: number): void {
    this.view.zoom(factor);
  }

  /** Ask for older bars if few are left of what is shown. */
  askForOlder(): void {
    const range = this.panes.chart.timeScale().getVisibleLogicalRange();
    if (range && !this.isLoading && this.candles.newest && range.from < NEARLY_LEFT) {
      this.listener.onLeftEdge();
    }
  }

  /** What is on the screen, for tests and for whoever asks how far it reaches. */
  describe(): Shown {
    const { bars, oldest, newest } = this.candles;
    return {
      first: oldest?.time ?? 0,
      last: newest?.time ?? 0,
      bars: bars.length,
      close: newest?.close ?? null,
      gaps: this.axis.gaps.length,
      still: this.axis.still,
      ahead: this.axis.ahead.length,
    };
  }

  // Else the label of the last price would be transparent, as the body of a forming candle is.
  private tintLast(bar: Bar | undefined): void {
    const colour = bar && bar.close < bar.open ? this.colours.down : this.colours.up;
    if (this.panes.price.options().priceLineColor !== colour) {
      this.panes.price.applyOptions({ priceLineColor: colour });
    }
  }

  private drawLines(bars: readonly Bar[]): void {
    for (const name of LINES) {
      // The VWAP of a day ends with it; the colour of a point is that of what follows.
      const isDaily = name === "vwap" && this.stepS < DAY_S;
      const line = this.shown.has(name) ? lineOver(name, bars, this.candles.isWhole) : [];
      this.panes.lines[name].setData(
        line.flatMap((value, index) => {
          const [bar, next] = [bars[index] as Bar, bars[index + 1]];
          const ends = isDaily && next && !isSameDay(bar.time, next.time);
          if (value === null) return [];
          const point = { time: bar.time as UTCTimestamp, value };
          return [ends ? { ...point, color: "transparent" } : point];
        }),
      );
    }
  }

  private extendLines(bars: readonly Bar[]): void {
    const tail = bars.slice(-TAIL);
    const time = (tail[tail.length - 1] as Bar).time as UTCTimestamp;
    for (const name of LINES) {
      if (!this.shown.has(name)) continue;
      const value = lineOver(name, tail, this.candles.isWhole).at(-1) ?? null;
      if (value !== null) this.panes.lines[name].update({ time, value });
    }
  }

  private mark(): void {
    const alerts = this.shown.has("alerts") ? this.alerts : [];
    this.markers.setMarkers(marks(this.candles.bars, alerts, this.stepS, this.colours));
  }

  private drawBand(): void {
    const last = this.candles.newest;
    const coming = last ? this.forecast.filter((point) => point.time > last.time) : [];
    const points = last && coming.length
      ? [{ time: last.time, low: last.close, price: last.close, high: last.close }, ...coming]
      : [];
    const { band, accent } = this.colours;
    this.band.set([points], band, accent, last ? { time: last.time, stepS: this.stepS } : null);
  }
}
