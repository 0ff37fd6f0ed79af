// Numbers and times as people read them. Times are UTC: days of crypto markets begin there.

/** How many decimals show a price of this size well. */
export function decimals(price: number): number {
  const size = Math.abs(price);
  if (size >= 1_000) return 2;
  if (size >= 10) return 3;
  if (size >= 0.1) return 4;
  return 6;
}

// British, for dates that read day, month.
const LOCALES: Record<string, string> = { en: "en-GB" };

function localeOf(language: string): string {
  return LOCALES[language] ?? language;
}

const formats = new Map<string, Intl.NumberFormat>();

function numberFormat(language: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = language + JSON.stringify(options);
  let format = formats.get(key);
  if (!format) formats.set(key, (format = new Intl.NumberFormat(localeOf(language), options)));
  return format;
}

export function price(value: number | null | undefined, language: string, digits?: number): string {
  if (value === null || value === undefined) return "–";
  const places = digits ?? decimals(value);
  return numberFormat(language, {
    minimumFractionDigits: places,
    maximumFractionDigits: places,
  }).format(value);
}

export function quantity(value: number, language: string): string {
  return numberFormat(language, {
    notation: Math.abs(value) >= 10_000 ? "compact" : "standard",
    maximumSignificantDigits: 4,
  }).format(value);
}

export function count(value: number, language: string): string {
  return numberFormat(language, { maximumFractionDigits: 0 }).format(value);
}

export function percent(fraction: number, language: string): string {
  return numberFormat(language, {
    style: "percent",
    signDisplay: "exceptZero",
    minimumFractionDigits: 2,
    maximumFractionDigits: 2,
  }).format(fraction);
}

export function score(value: number, language: string): string {
  return numberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(
    value,
  );
}

/** `14:05`, or `24 Nov 14:05` when *withDay*. */
export function clock(timeS: number, language: string, withDay = false): string {
  const day: Intl.DateTimeFormatOptions = withDay ? { day: "2-digit", month: "short" } : {};
  return new Intl.DateTimeFormat(localeOf(language), {
    ...day,
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone: "UTC",
  }).format(timeS * 1_000);
}

/** `24 Nov`, `Nov` or `2026`. */
export function date(timeS: number, language: string, part: "day" | "month" | "year"): string {
  const options: Record<typeof part, Intl.DateTimeFormatOptions> = {
    day: { day: "numeric", month: "short" },
    month: { month: "short" },
    year: { year: "numeric" },
  };
  const format = new Intl.DateTimeFormat(localeOf(language), { ...options[part], timeZone: "UTC" });
  return format.format(timeS * 1_000);
}

export function share(fraction: number, language: string, digits = 0): string {
  return numberFormat(language, {
    style: "percent",
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(fraction);
}

export function clockSeconds(timeS: number): string {
  return new Date(timeS * 1_000).toISOString().slice(11, 19);
}

const DAYS: Record<string, string> = { en: "d", fr: "j" };

/** `12 s`, `3 min`, `2 h`, `4 d`; in French `4 j`. */
export function age(seconds: number, language: string): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)} min`;
  if (whole < 86_400) return `${Math.floor(whole / 3_600)} h`;
  return `${Math.floor(whole / 86_400)} ${DAYS[language] ?? "d"}`;
}
