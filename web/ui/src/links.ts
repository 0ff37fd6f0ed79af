// Addresses in articles were written by others: only web pages can be opened, and nothing else.

/** Return *url* if it is an http(s) address without a login in it, else null. */
export function safeUrl(url: string | null): string | null {
  if (!url) return null;
  try {
    const parsed = new URL(url);
    const isPage = parsed.protocol === "https:" || parsed.protocol === "http:";
    return isPage && !parsed.username && !parsed.password ? parsed.href : null;
  } catch {
    return null;
  }
}
