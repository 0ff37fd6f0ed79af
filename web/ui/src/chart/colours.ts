// The chart draws on a canvas, which style sheets do not reach; these are theirs, read once a theme.

export interface Colours {
  ground: string;
  text: string;
  strong: string;
  grid: string;
  edge: string;
  up: string;
  down: string;
  upPale: string;
  downPale: string;
  volumeUp: string;
  volumeDown: string;
  vwap: string;
  ma20: string;
  ma50: string;
  hatch: string;
  band: string;
  accent: string;
  warn: string;
  neutral: string;
}

const NAMES: Record<keyof Colours, string> = {
  ground: "--ground",
  text: "--dim",
  strong: "--text",
  grid: "--grid",
  edge: "--edge",
  up: "--up",
  down: "--down",
  upPale: "--up-pale",
  downPale: "--down-pale",
  volumeUp: "--volume-up",
  volumeDown: "--volume-down",
  vwap: "--vwap",
  ma20: "--ma20",
  ma50: "--ma50",
  hatch: "--hatch",
  band: "--band",
  accent: "--accent",
  warn: "--warn",
  neutral: "--neutral",
};

export function coloursOf(element: Element): Colours {
  const style = getComputedStyle(element);
  const found = Object.entries(NAMES).map(([key, name]) => [key, style.getPropertyValue(name).trim()]);
  return Object.fromEntries(found) as Colours;
}
