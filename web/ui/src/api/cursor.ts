// Where this page is in the feeds: `ticker:120:33~candles:7:0~!candles:BTC/USD:1764310200:17:0`.
// A part for each feed; parts with `!` are states of windows that were shown already.

function feedOf(part: string): string {
  return part.replace(/^!/, "").split(":")[0] ?? "";
}

/** Return *older* with all that *newer* says about its feeds in its place. */
export function merged(older: string | null, newer: string | null): string | null {
  if (!older || !newer) return newer || older;
  const parts = newer.split("~").filter(Boolean);
  const told = new Set(parts.map(feedOf));
  const kept = older.split("~").filter((part) => part && !told.has(feedOf(part)));
  return [...kept, ...parts].join("~");
}

/** Return the parts of *cursor* about *feeds*, null if there are none. */
export function about(cursor: string | null, feeds: ReadonlySet<string>): string | null {
  const parts = (cursor ?? "").split("~").filter((part) => part && feeds.has(feedOf(part)));
  return parts.join("~") || null;
}
