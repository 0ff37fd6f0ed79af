// Questions to the worker; what it refuses comes as an error that can be shown.

/** A problem (RFC 9457) in the worker's words, or no answer at all: then *status* is 0. */
export class Refused extends Error {
  constructor(
    private readonly status: number,
    detail: string,
  ) {
    super(detail);
  }

  get isUnanswered(): boolean {
    return this.status === 0;
  }
}

const LONGEST_WAIT_MS = 15_000;

export async function ask<Answer>(path: string, options: RequestInit = {}): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(path, { signal: AbortSignal.timeout(LONGEST_WAIT_MS), ...options });
  } catch (error) {
    throw new Refused(0, String(error));
  }
  if (!response.ok && !isHealth(path, response)) {
    throw new Refused(response.status, await problemOf(response));
  }
  return (response.status === 204 ? null : await response.json()) as Answer;
}

export function send<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
  const options: RequestInit = { method };
  if (body !== undefined) {
    options.headers = { "Content-Type": "application/json" };
    options.body = JSON.stringify(body);
  }
  return ask<Answer>(path, options);
}

export function query(parameters: Record<string, string | number | undefined>): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
  return new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
}

// A worker that is not ready says so with 503, in the words of its health report.
function isHealth(path: string, response: Response): boolean {
  return path === "/health/" && response.status === 503;
}

async function problemOf(response: Response): Promise<string> {
  try {
    const problem = (await response.json()) as { detail?: string };
    return problem.detail ?? response.statusText;
  } catch {
    return response.statusText;
  }
}
