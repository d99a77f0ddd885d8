// The way to the bot: a stream of news that mends itself, and posts that may be repeated.

import { language } from "./words.js";

const SILENCE = 40_000; // the bot says something every 15 seconds
const SLOWEST = 5_000;

/** Listens to the bot's news. `tell` has messages, clock, fresh and linked(yes). */
export class Wire {
  constructor(tell) {
    this.tell = tell;
    this.after = 0;
    this.pause = 300;
    addEventListener("online", () => this.again(0));
    addEventListener("offline", () => this.lost());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.source?.readyState !== EventSource.OPEN) this.again(0);
    });
  }

  open(epoch, after = 0) {
    this.epoch = epoch;
    this.after = after;
    this.connect();
  }

  connect() {
    clearTimeout(this.timer);
    this.source?.close();
    const source = new EventSource(`/api/events?epoch=${this.epoch}&after=${this.after}`);
    this.source = source;
    source.onerror = () => this.lost();
    const hear = (name, act) =>
      source.addEventListener(name, (event) => {
        if (source !== this.source) return;
        this.alive();
        act(JSON.parse(event.data), event);
      });
    hear("ping", () => {});
    hear("clock", (news) => this.tell.clock(news.now));
    hear("fresh", () => this.close() || this.tell.fresh());
    hear("messages", (news, event) => {
      this.after = Math.max(this.after, Number(event.lastEventId));
      this.tell.messages(news);
    });
  }

  close() {
    clearTimeout(this.timer);
    this.source?.close();
  }

  alive() {
    this.pause = 300;
    this.tell.linked(true);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.lost(), SILENCE);
  }

  lost() {
    this.tell.linked(false);
    this.again((this.pause = Math.min(this.pause * 1.7, SLOWEST)));
  }

  again(pause) {
    if (!this.epoch) return;
    this.close();
    this.timer = setTimeout(() => this.connect(), pause);
  }
}

export class Refused extends Error {}

/** Posts a form. Throws Refused with a sentence when trying again is no use. */
export async function post(path, fields, patience = 30_000) {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (value instanceof Blob) body.append(name, value, value.name ?? "photo.jpg");
    else if (value !== undefined && value !== "") body.append(name, value);
  }
  const answer = await fetch(path, {
    method: "POST",
    headers: { "X-Liaison": language() },
    body,
    signal: AbortSignal.timeout(patience),
  });
  const said = await answer.json();
  if (answer.ok) return said;
  if (answer.status >= 500) throw new Error("later");
  throw new Refused(said.error);
}
