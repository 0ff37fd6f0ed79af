// What this browser remembers: language, theme, and what was looked at last.
import { computed, reactive, watch } from "vue";
import { STEP_S, type Interval } from "../api/rows";
import { INDICATORS, type Indicator } from "../chart/indicators";
import { en, type Texts } from "../text/en";
import { fill } from "../text/fill";
import { fr } from "../text/fr";

export const LANGUAGES = { en, fr } as const;
export type Language = keyof typeof LANGUAGES;
export type Theme = "auto" | "light" | "dark";

interface Preferences {
  language: Language;
  theme: Theme;
  pair: string;
  interval: Interval;
  indicators: Indicator[];
  model: string;
}

const KEY = "cryptoviz";

function defaults(): Preferences {
  const language = navigator.language.startsWith("fr") ? "fr" : "en";
  return { language, theme: "auto", pair: "BTC/USD", interval: "1m", indicators: ["vwap", "ma20", "alerts"], model: "" };
}

function remembered(): Preferences {
  const known = defaults();
  try {
    Object.assign(known, JSON.parse(localStorage.getItem(KEY) ?? "{}"));
  } catch {
    // What cannot be read is as good as forgotten.
  }
  if (!(known.language in LANGUAGES)) known.language = "en";
  if (!(known.interval in STEP_S)) known.interval = "1m";
  known.indicators = INDICATORS.filter((name) => known.indicators.includes(name));
  return known;
}

export const preferences = reactive(remembered());

const systemIsDark = matchMedia("(prefers-color-scheme: dark)");
const system = reactive({ dark: systemIsDark.matches });
systemIsDark.addEventListener("change", (event) => (system.dark = event.matches));

export const isDark = computed(() =>
  preferences.theme === "auto" ? system.dark : preferences.theme === "dark",
);

watch(
  preferences,
  () => {
    try {
      localStorage.setItem(KEY, JSON.stringify(preferences));
    } catch {
      // A browser that stores nothing still shows everything.
    }
    document.documentElement.lang = preferences.language;
  },
  { deep: true, immediate: true },
);
watch(isDark, (dark) => (document.documentElement.dataset["theme"] = dark ? "dark" : "light"), {
  immediate: true,
});

/** Return the text *key* in the chosen language. */
export function t(key: keyof Texts, values?: Record<string, string | number>): string {
  return fill(LANGUAGES[preferences.language][key], values);
}
