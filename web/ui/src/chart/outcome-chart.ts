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
import { wasHit, type Outlook } from "./outlooks";
import { Band } from "./shades";

export class OutcomeChart {
  private readonly chart: IChartApi;
  private readonly expected: ISeriesApi<"Line">;
  private readonly actual: ISeriesApi<"Line">;
  private readonly misses: ISeriesMarkersPluginApi<Time>;
  private readonly band = new Band();
  private shown: readonly Outlook[] = [];

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
    this.show(this.shown);
  }

  /** Show *outlooks*, sorted by time, each with its outcome. */
  show(outlooks: readonly Outlook[]): void {
    this.shown = outlooks;
    const at = (one: Outlook) => one.targetS as UTCTimestamp;
    this.expected.setData(outlooks.map((one) => ({ time: at(one), value: one.price })));
    this.actual.setData(outlooks.map((one) => ({ time: at(one), value: one.actual ?? one.price })));
    const points = outlooks.map(({ targetS, low, price, high }) => ({ time: targetS, low, price, high }));
    this.band.set(points, this.colours.band, null);
    this.misses.setMarkers(
      outlooks
        .filter((one) => !wasHit(one))
        .map((one) => ({
          time: at(one),
          position: "inBar",
          shape: "circle",
          size: 0.25,
          color: this.colours.down,
        })),
    );
    this.chart.timeScale().fitContent();
  }
}
