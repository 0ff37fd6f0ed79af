// One WebSocket for all that is live. After a loss it goes on behind the last cursor, so that
// nothing is missed and nothing comes twice.
import { about, merged } from "./cursor";

export type FeedStatus = "connecting" | "live" | "lost";

export interface Update {
  channel: string;
  data: unknown;
}

interface FeedListener {
  /** *isNews* is false for what was there before: then it says nothing of the feed's health. */
  onUpdates(updates: Update[], isNews: boolean): void;
  onStatus(status: FeedStatus): void;
  /** Offsets of *feed* are gone for good: what is shown of it must be read again. */
  onGap(feed: string): void;
}

type Told =
  | { type: "subscribed" | "unsubscribed"; channels: string[] }
  | { type: "snapshot"; cursor: string; data: Update[] }
  | { type: "updates"; seq: number; cursor: string; updates: Update[] }
  | { type: "heartbeat"; seq: number; cursor: string | null }
  | { type: "gap"; feed: string }
  | { type: "pong" }
  | { type: "error"; req_id: number | null; status: number; detail: string };

// The worker beats every 15 s; a connection that is silent for longer has died unnoticed.
const LONGEST_SILENCE_MS = 40_000;
const FIRST_WAIT_MS = 300;
const LONGEST_WAIT_MS = 5_000;
const ASK_AGAIN_MS = 2_000;
// The worker reads what a client has missed from Kafka; behind a long absence, start afresh.
const LONGEST_ABSENCE_MS = 30 * 60_000;

export class Feed {
  private socket: WebSocket | null = null;
  private channels = new Set<string>();
  private asked = new Map<number, { channels: string[]; cursor: string | null }>();
  private cursor: string | null = null;
  private requests = 0;
  private losses = 0;
  private heardMs = 0;
  private watchdog: number | undefined;
  private closed = false;

  constructor(
    private readonly url: string,
    private readonly listener: FeedListener,
  ) {
    addEventListener("online", () => this.reconnectNow());
    addEventListener("pageshow", () => this.reconnectNow());
  }

  start(): void {
    this.connect();
    this.watchdog = window.setInterval(() => this.watch(), 5_000);
  }

  stop(): void {
    this.closed = true;
    clearInterval(this.watchdog);
    this.socket?.close();
  }

  /** Get *channels* behind *cursor*, or from a snapshot of now on. */
  subscribe(channels: string[], cursor: string | null): void {
    for (const channel of channels) this.channels.add(channel);
    // Until updates move it on, this is also from where a lost connection goes on.
    this.cursor = merged(this.cursor, cursor);
    if (this.isOpen()) this.request(channels, cursor);
  }

  unsubscribe(channels: string[]): void {
    const gone = channels.filter((channel) => this.channels.delete(channel));
    const feeds = new Set([...this.channels].map((channel) => channel.split(":")[0] ?? ""));
    this.cursor = about(this.cursor, feeds);
    if (gone.length && this.isOpen()) {
      this.socket?.send(JSON.stringify({ op: "unsubscribe", channels: gone }));
    }
  }

  private isOpen(): boolean {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  private connect(): void {
    this.socket = null;
    if (this.closed) return;
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.onopen = () => {
      this.heardMs = Date.now();
      this.asked.clear();
      this.resume();
    };
    socket.onmessage = (event: MessageEvent<string>) => {
      if (socket === this.socket) this.hear(JSON.parse(event.data) as Told);
    };
    socket.onclose = () => {
      if (socket === this.socket) this.lose();
    };
  }

  private resume(): void {
    const feeds = new Set<string>();
    for (const channel of this.channels) feeds.add(channel.split(":")[0] ?? "");
    const known: string[] = [];
    const fresh: string[] = [];
    for (const channel of this.channels) {
      const feed = new Set([channel.split(":")[0] ?? ""]);
      (about(this.cursor, feed) ? known : fresh).push(channel);
    }
    if (known.length) this.request(known, about(this.cursor, feeds));
    if (fresh.length) this.request(fresh, null);
    if (!this.channels.size) this.listener.onStatus("live");
  }

  private request(channels: string[], cursor: string | null): void {
    const req_id = ++this.requests;
    this.asked.set(req_id, { channels, cursor });
    this.socket?.send(JSON.stringify({ op: "subscribe", req_id, channels, cursor }));
  }

  private hear(told: Told): void {
    const absentMs = this.heardMs ? Date.now() - this.heardMs : 0;
    this.heardMs = Date.now();
    switch (told.type) {
      case "subscribed":
        this.losses = 0;
        this.listener.onStatus("live");
        break;
      case "snapshot":
        this.cursor = merged(this.cursor, told.cursor);
        this.listener.onUpdates(told.data, false);
        break;
      case "updates":
        // Each cursor covers all channels of the connection.
        this.cursor = merged(this.cursor, told.cursor);
        this.listener.onUpdates(told.updates, true);
        break;
      case "heartbeat":
        if (told.cursor) this.cursor = merged(this.cursor, told.cursor);
        break;
      case "gap":
        this.listener.onGap(told.feed);
        break;
      case "error":
        this.mend(told.req_id, told.status);
        break;
    }
    if (absentMs > LONGEST_ABSENCE_MS) this.listener.onGap("*");
  }

  private mend(requestId: number | null, status: number): void {
    const request = requestId === null ? undefined : this.asked.get(requestId);
    if (!request) return;
    const wanted = request.channels.filter((channel) => this.channels.has(channel));
    if (!wanted.length) return;
    if (status === 404) {
      // A feed that this worker does not have; the others still count.
      for (const channel of wanted) this.channels.delete(channel);
    } else if (status === 400 && request.cursor) {
      this.request(wanted, null);
      for (const channel of wanted) this.listener.onGap(channel.split(":")[0] ?? "");
    } else {
      setTimeout(() => this.isOpen() && this.request(wanted, request.cursor), ASK_AGAIN_MS);
    }
  }

  private lose(): void {
    this.socket = null;
    this.listener.onStatus("lost");
    if (this.closed) return;
    const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.losses++);
    // Spread out, so that a worker that comes back is not met by all pages at once.
    setTimeout(() => this.socket ?? this.connect(), longest * (0.5 + Math.random() / 2));
  }

  private watch(): void {
    if (this.isOpen() && Date.now() - this.heardMs > LONGEST_SILENCE_MS) {
      const dead = this.socket;
      this.lose();
      dead?.close();
    }
  }

  private reconnectNow(): void {
    if (!this.socket && !this.closed) this.connect();
  }
}
