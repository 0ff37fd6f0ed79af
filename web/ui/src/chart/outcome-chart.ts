// What was forecast, as a band and a line, and over it the price that came.
import {
  createChart,
  createSeriesMarkers,
  LineSeries,
  LineStyle,
  type IChartApi,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  type Time,
  type UTCTimestamp,
} from "lightweight-charts";
import type { Colours } from "./colours";
import { look, type Words } from "./look";
import { missing, runs } from "./gaps";
import { spacingOf, wasHit, type Outlook } from "./outlooks";
import { Band, Gaps } from "./shades";
import { withBlanks } from "./shapes";

export class OutcomeChart {
  private readonly chart: IChartApi;
  private readonly expected: ISeriesApi<"Line">;
  private readonly actual: ISeriesApi<"Line">;
  private readonly misses: ISeriesMarkersPluginApi<Time>;
  private readonly gaps = new Gaps();
  private readonly band = new Band();
  private shown: readonly Outlook[] = [];
  private untilS = 0;

  constructor(
    container: HTMLElement,
    private colours: Colours,
    words: Words,
    onTime: (time: number | null) => void,
  ) {
    this.chart = createChart(container, {
      autoSize: true,
      layout: { attributionLogo: false },
      // It shows a day, whole.
      handleScroll: false,
      handleScale: false,
      timeScale: { timeVisible: true, minBarSpacing: 0.1 },
    });
    const plain = { priceLineVisible: false, lastValueVisible: false, crosshairMarkerRadius: 3 };
    this.expected = this.chart.addSeries(LineSeries, {
      ...plain,
      lineWidth: 1,
      lineStyle: LineStyle.Dashed,
    });
    this.actual = this.chart.addSeries(LineSeries, { ...plain, lineWidth: 2 });
    this.misses = createSeriesMarkers(this.actual, []);
    this.expected.attachPrimitive(this.gaps);
    this.expected.attachPrimitive(this.band);
    this.chart.subscribeCrosshairMove((event) =>
      onTime((event.time as number | undefined) ?? null),
    );
    this.paint(colours, words);
  }

  remove(): void {
    this.chart.remove();
  }

  /** Take on a theme and a language. */
  paint(colours: Colours, words: Words): void {
    this.colours = colours;
    const common = look(colours, words);
    this.chart.applyOptions({
      ...common,
      grid: { ...common.grid, vertLines: { visible: false } },
      localization: { ...common.localization, priceFormatter: words.price },
      timeScale: {
        ...common.timeScale,
        tickMarkFormatter: (time: Time) => words.clock(time as number, false),
      },
    });
    this.expected.applyOptions({ color: colours.accent });
    this.actual.applyOptions({ color: colours.strong });
    this.show(this.shown, this.untilS);
  }

  /**
   * Show *outlooks*, sorted by time, each with its outcome. Times without one are shaded, up to
   * *untilS*; return how many there are.
   */
  show(outlooks: readonly Outlook[], untilS: number): number {
    [this.shown, this.untilS] = [outlooks, untilS];
    const stepS = spacingOf(outlooks);
    const absent = missing([...outlooks.map((one) => one.targetS), untilS], stepS);
    const cut = runs(outlooks.map((one) => ({ ...one, time: one.targetS })), stepS);
    const line = (valueOf: (one: Outlook) => number) =>
      cut.flatMap((run, index) => points(run, valueOf, index < cut.length - 1));
    this.expected.setData(withBlanks(line((one) => one.price), absent));
    this.actual.setData(line((one) => one.actual ?? one.price));
    this.band.set(cut, this.colours.band, null);
    this.gaps.set(absent, this.colours.hatch);
    this.misses.setMarkers(
      outlooks
        .filter((one) => !wasHit(one))
        .map((one) => ({
          time: one.targetS as UTCTimestamp,
          position: "inBar",
          shape: "circle",
          size: 0.25,
          color: this.colours.down,
        })),
    );
    this.chart.timeScale().fitContent();
    return absent.length;
  }
}

// A line would go on across a gap; the colour of a point is that of what follows it.
function points(run: readonly Outlook[], valueOf: (one: Outlook) => number, isCut: boolean) {
  return run.map((one, index) => ({
    time: one.targetS as UTCTimestamp,
    value: valueOf(one),
    ...(isCut && index === run.length - 1 ? { color: "transparent" } : {}),
  }));
}
