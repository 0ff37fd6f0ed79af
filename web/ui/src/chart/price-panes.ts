// The panes of the price chart and what is drawn in them, without anything to draw yet.
import {
  CandlestickSeries,
  createChart,
  CrosshairMode,
  HistogramSeries,
  LineSeries,
  LineStyle,
  TickMarkType,
  type IChartApi,
  type IPriceLine,
  type ISeriesApi,
  type Time,
} from "lightweight-charts";
import type { Colours } from "./colours";
import { LINES, type LineName } from "./indicators";
import { look, type Words } from "./look";

export class PricePanes {
  readonly chart: IChartApi;
  readonly price: ISeriesApi<"Candlestick">;
  readonly volume: ISeriesApi<"Histogram">;
  readonly lines: Record<LineName, ISeriesApi<"Line">>;
  /** Sentiment, in a pane of its own. */
  readonly mood: ISeriesApi<"Histogram">;
  private readonly middle: IPriceLine;

  constructor(container: HTMLElement) {
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
    this.lines = Object.fromEntries(LINES.map((name) => [name, this.addLine()])) as Record<
      LineName,
      ISeriesApi<"Line">
    >;
    this.mood = this.addMood();
    this.middle = this.mood.createPriceLine({
      price: 0.5,
      lineStyle: LineStyle.Dotted,
      lineWidth: 1,
      axisLabelVisible: false,
    });
    this.chart.panes()[0]?.setStretchFactor(4);
    this.chart.panes()[1]?.setStretchFactor(1);
  }

  private addLine(): ISeriesApi<"Line"> {
    return this.chart.addSeries(LineSeries, {
      lineWidth: 1,
      priceLineVisible: false,
      lastValueVisible: false,
      crosshairMarkerVisible: false,
    });
  }

  private addMood(): ISeriesApi<"Histogram"> {
    const options = {
      base: 0.5,
      priceLineVisible: false,
      lastValueVisible: false,
      autoscaleInfoProvider: () => ({ priceRange: { minValue: 0, maxValue: 1 } }),
    };
    return this.chart.addSeries(HistogramSeries, options, 1);
  }

  /** Take on a theme and a language. */
  paint(colours: Colours, words: Words): void {
    const common = look(colours, words);
    this.chart.applyOptions({
      ...common,
      layout: {
        ...common.layout,
        panes: { separatorColor: colours.edge, separatorHoverColor: colours.edge },
      },
      timeScale: {
        ...common.timeScale,
        tickMarkFormatter: (time: Time, type: TickMarkType) => tick(time as number, type, words),
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
  }
}

function tick(time: number, type: TickMarkType, words: Words): string {
  if (type === TickMarkType.Time || type === TickMarkType.TimeWithSeconds) {
    return words.clock(time, false);
  }
  if (type === TickMarkType.Year) return words.date(time, "year");
  return words.date(time, type === TickMarkType.Month ? "month" : "day");
}
