// What charts write on their axes, in the chosen language.
import type { Words } from "../chart/look";
import * as format from "../format";
import { preferences } from "./preferences";

/** Prices have as many decimals as *like* has, less *coarser*, or each as many as it needs. */
export function chartWords(like: number | undefined, coarser = 0): Words {
  const { language } = preferences;
  return {
    language,
    price: (value) => 
      format.price(value, language, Math.max(0, format.decimals(like ?? value) - coarser)),
    score: (value) => format.score(value, language),
    clock: (timeS, withDay) => format.clock(timeS, language, withDay),
    date: (timeS, part) => format.date(timeS, language, part),
  };
}
