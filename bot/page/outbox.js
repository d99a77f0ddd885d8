// What was written and not yet accepted by the bot. It survives a reload and a lost connection:
// each thing is sent again with the same key until the bot has it, in the order of writing.

import { Refused, post } from "./wire.js";

const SLOWEST = 8_000;

export class Outbox {
  /** `tell` has began(item), accepted(item, toast) and refused(item, sentence). */
  constructor(tell) {
    this.tell = tell;
    this.waiting = new Map(); // seat -> items, oldest first
    this.running = new Set();
    this.wake = () => {};
    addEventListener("online", () => this.wake());
  }

  /** What an earlier visit to the page has left; what belongs to another practice is dropped. */
  async open(epoch) {
    this.epoch = epoch;
    this.waiting.clear();
    for (const item of (await kept()).sort((a, b) => a.at - b.at)) {
      if (item.epoch === epoch) this.queue(item.seat).push(item);
      else forget(item.key);
    }
  }

  queue(seat) {
    if (!this.waiting.has(seat)) this.waiting.set(seat, []);
    return this.waiting.get(seat);
  }

  add(seat, what) {
    const item = { ...what, seat, key: newKey(), epoch: this.epoch, at: Date.now() };
    this.queue(seat).push(item);
    keep(item);
    this.pump(seat);
    return item;
  }

  async pump(seat) {
    if (this.running.has(seat)) return;
    this.running.add(seat);
    let pause = 500;
    while (this.queue(seat).length) {
      const item = this.queue(seat)[0];
      if (await this.deliver(item)) pause = 500;
      else await this.rest((pause = Math.min(pause * 1.6, SLOWEST)));
    }
    this.running.delete(seat);
  }

  /** True when this item needs no more care. */
  async deliver(item) {
    const { key, seat, epoch, text, choice, card, photo, at } = item;
    const ago = Math.round((Date.now() - at) / 1000);
    this.tell.began(item);
    try {
      const fields = { key, epoch, text, choice, card, photo, ago };
      const { toast } = await post(`/api/${seat}/say`, fields, photo ? 120_000 : 30_000);
      this.done(item);
      this.tell.accepted(item, toast);
    } catch (problem) {
      if (!(problem instanceof Refused)) return false;
      this.done(item);
      this.tell.refused(item, problem.message);
    }
    return true;
  }

  done(item) {
    const queue = this.queue(item.seat);
    if (queue.includes(item)) queue.splice(queue.indexOf(item), 1);
    forget(item.key);
  }

  rest(pause) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, pause);
      this.wake = () => clearTimeout(timer) || resolve();
    });
  }
}

/** randomUUID is missing on a page opened over plain http from another machine. */
function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16)).join("-");
}

// The browser's own database; without one (a private window) the queue lives as long as the page.

let opening;
function store(mode) {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("practice", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("outbox", { keyPath: "key" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opening.then((db) => db.transaction("outbox", mode).objectStore("outbox"));
}

async function kept() {
  try {
    const request = (await store("readonly")).getAll();
    return await new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  } catch {
    return [];
  }
}

const keep = (item) => store("readwrite").then((box) => box.put(item)).catch(() => {});
const forget = (key) => store("readwrite").then((box) => box.delete(key)).catch(() => {});
