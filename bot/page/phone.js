// One phone on the page: a person's messages, the buttons under them, and the line to write in.

import { Composer } from "./composer.js";
import { fill, make, messageElement } from "./message.js";
import { dayKey, dayName, dress, hour, say } from "./words.js";

const SETTLE = 300; // a second tap meant for the last question must not answer the next one
const TOAST = 3_500;

export class Phone {
  /** `shared` has outbox, enlarge(url) and unread(phone). */
  constructor(facts, shared) {
    this.seat = facts.seat;
    this.shared = shared;
    this.root = document.getElementById("phone").content.cloneNode(true).firstElementChild;
    this.root.id = facts.seat;
    this.root.classList.add(facts.seat);
    this.log = this.find(".log");
    this.list = this.find(".messages");
    this.items = new Map(); // id -> element
    this.pending = new Map(); // key of what was written -> element
    this.unread = 0;
    this.above = 0; // new ones that came while the reader was further up
    this.act = {
      press: (button, code) => this.press(button, code),
      write: (text) => this.write(text),
      enlarge: shared.enlarge,
    };
    this.composer = new Composer(this, facts.commands);
    this.rename(facts);
    this.watch();
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  rename(facts) {
    dress(this.root);
    this.find(".name").textContent = facts.name || say("nobody");
    this.find(".role").textContent = facts.role;
    this.find(".face").textContent = (facts.name || "?")[0];
    this.root.setAttribute("aria-label", `${facts.name} ${facts.role}`);
    this.composer.setCommands(facts.commands);
  }

  watch() {
    this.pinned = true;
    this.log.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.find(".down").onclick = () => this.toEnd();
    const sizes = new ResizeObserver(() => this.resized());
    sizes.observe(this.list);
    sizes.observe(this.log);
  }

  /** A picture that has loaded, or the keyboard of a phone, moves the log too: only a person's
   * own scrolling, at an unchanged size, takes the log away from its end. */
  scrolled() {
    if (this.size === this.measure()) this.looked();
  }

  resized() {
    this.size = this.measure();
    if (this.pinned) this.toEnd();
  }

  measure() {
    return `${this.list.offsetHeight} ${this.log.clientHeight} ${this.log.clientWidth}`;
  }

  linked(yes, words) {
    this.root.classList.toggle("linked", yes);
    this.find(".dot").setAttribute("aria-label", say(yes ? "connected" : "connecting"));
    this.find(".trouble").textContent = words;
  }

  // --- what the bot tells

  show(message) {
    const old = this.items.get(message.id);
    if (message.removed) this.remove(message.id, old);
    else if (old) this.change(old, message);
    else this.append(message);
  }

  /** After a portion of news: days, the live card, the scroll position, what is unread. */
  settle(quiet) {
    this.separate();
    this.markLive();
    this.showWaiting();
    if (this.pinned) this.toEnd();
    if (!quiet) this.looked();
  }

  append(message) {
    const pending = message.mine && this.isWaiting(message.key);
    const item = messageElement({ ...message, pending }, this.act);
    item.dataset.at = message.at;
    this.items.set(message.id, item);
    const shown = this.takePending(message.key);
    if (pending) this.pending.set(message.key, item);
    if (!shown) item.classList.add("arrived");
    this.list.insertBefore(item, this.firstPending());
    if (!message.mine) this.heard();
  }

  /** What was written here is now shown by the bot: its stand-in goes. */
  takePending(key) {
    const standIn = this.pending.get(key);
    this.pending.delete(key);
    const photo = standIn?.querySelector("img");
    if (photo) URL.revokeObjectURL(photo.src);
    standIn?.remove();
    return standIn;
  }

  heard() {
    this.typing(false);
    if (!this.pinned) this.above += 1;
    this.unread += 1;
  }

  change(item, message) {
    const hadFocus = item.contains(document.activeElement);
    fill(item, message, this.act);
    item.classList.remove("waiting", "changed");
    requestAnimationFrame(() => item.classList.add("changed"));
    this.rest(item);
    this.typing(false);
    if (hadFocus) item.querySelector(".key")?.focus({ preventScroll: true });
  }

  /** A card that was sent anew takes the keyboard's place from the one that goes. */
  remove(id, item) {
    const hadFocus = item?.contains(document.activeElement);
    item?.remove();
    this.items.delete(id);
    const cards = this.list.querySelectorAll(".message.card");
    if (hadFocus) cards[cards.length - 1]?.querySelector(".key").focus({ preventScroll: true });
  }

  /** The buttons take no press for a moment after they changed under the finger. */
  rest(item) {
    const keys = [...item.querySelectorAll("button.key")];
    for (const key of keys) key.setAttribute("aria-disabled", "true");
    setTimeout(() => {
      for (const key of keys) key.removeAttribute("aria-disabled");
    }, SETTLE);
  }

  separate() {
    let last = "";
    for (const one of [...this.list.children]) {
      if (one.classList.contains("day")) {
        one.remove();
        continue;
      }
      const date = new Date(one.dataset.at);
      if (dayKey(date) !== last) {
        last = dayKey(date);
        this.list.insertBefore(make("li", "day", dayName(date)), one);
      }
    }
  }

  markLive() {
    const bots = this.list.querySelectorAll(".message.bot");
    const last = bots[bots.length - 1];
    for (const one of this.list.querySelectorAll(".live")) one.classList.toggle("live", one === last);
    if (last?.classList.contains("card")) last.classList.add("live");
  }

  // --- what the person does

  press(button, code) {
    if (button.getAttribute("aria-disabled")) return;
    const card = button.closest(".message").dataset.id;
    this.shared.outbox.add(this.seat, { choice: code, card });
    this.pressed(button);
  }

  pressed(button) {
    const item = button.closest(".message");
    item.classList.add("waiting");
    button.classList.add("pressed");
    for (const key of item.querySelectorAll("button.key")) key.setAttribute("aria-disabled", "true");
  }

  released(card) {
    const item = this.items.get(Number(card));
    if (!item?.classList.contains("waiting")) return; // it has changed, and rests
    item.classList.remove("waiting");
    for (const key of item.querySelectorAll("button.key")) {
      key.classList.remove("pressed");
      key.removeAttribute("aria-disabled");
    }
  }

  write(text, photo) {
    this.showPending(this.shared.outbox.add(this.seat, { text, photo }));
  }

  /** Buttons and bubbles of what still waits, also after the page was loaded again. */
  showWaiting() {
    for (const item of this.shared.outbox.queue(this.seat)) {
      if (!item.choice) this.showPending(item);
      const keys = this.items.get(Number(item.card))?.querySelectorAll("button.key") ?? [];
      const key = [...keys].find((one) => one.dataset.code === item.choice);
      if (item.choice && key && !key.classList.contains("pressed")) this.pressed(key);
    }
  }

  showPending(item) {
    if (this.pending.has(item.key)) return;
    const at = new Date(this.shared.now() - (Date.now() - item.at)).toISOString();
    const message = { mine: true, pending: true, text: item.text ?? "", at, file: local(item.photo) };
    const element = messageElement(message, this.act);
    element.classList.add("arrived");
    element.dataset.at = at;
    this.pending.set(item.key, element);
    this.list.append(element);
    this.separate();
    this.toEnd();
  }

  isWaiting(key) {
    return this.shared.outbox.queue(this.seat).some((item) => item.key === key);
  }

  firstPending() {
    for (const element of this.pending.values()) {
      if (element.isConnected && !element.dataset.id) return element;
    }
    return null;
  }

  began(item) {
    clearTimeout(this.dots);
    this.dots = setTimeout(() => navigator.onLine && this.typing(this.isWaiting(item.key)), 500);
  }

  accepted(item, toast) {
    clearTimeout(this.dots);
    this.typing(false);
    if (toast) this.toast(toast);
    if (item.choice) setTimeout(() => this.released(item.card), 250);
    const element = this.pending.get(item.key);
    const mark = element?.querySelector(".mark");
    mark?.querySelector("use").setAttribute("href", "#icon-done");
    mark?.querySelector(".hush")?.remove();
    if (element?.dataset.id) this.pending.delete(item.key);
  }

  refused(item, sentence) {
    clearTimeout(this.dots);
    this.typing(false);
    if (item.choice) {
      this.released(item.card);
      this.toast(sentence);
      return;
    }
    const element = this.pending.get(item.key);
    if (!element) return;
    element.classList.add("failed");
    element.querySelector(".mark")?.remove();
    element.append(this.sorry(item, sentence, element));
    this.toEnd();
  }

  sorry(item, sentence, element) {
    const line = make("div", "sorry");
    const drop = make("button", "", say("drop"));
    const again = make("button", "", say("again"));
    drop.onclick = () => this.forget(item.key, element);
    again.onclick = () => this.forget(item.key, element) || this.write(item.text, item.photo);
    line.append(make("span", "", sentence || say("failed")), drop, again);
    line.setAttribute("role", "alert");
    return line;
  }

  forget(key, element) {
    this.pending.delete(key);
    element.remove();
    this.separate();
  }

  // --- looking

  /** Where the log should stand: at the end, but never past the beginning of a card that is
   * too tall, as long as its first buttons are in sight. */
  end() {
    const most = this.log.scrollHeight - this.log.clientHeight;
    const last = this.list.lastElementChild;
    const keys = last?.querySelector(".row");
    if (!keys) return most;
    const zero = this.log.getBoundingClientRect().top - this.log.scrollTop;
    const top = last.getBoundingClientRect().top - zero - 10;
    const row = keys.getBoundingClientRect().bottom - zero + 10 - this.log.clientHeight;
    return Math.max(0, Math.min(most, Math.max(top, row)));
  }

  atEnd() {
    return this.log.scrollTop > this.end() - 48;
  }

  looked() {
    this.pinned = this.atEnd();
    if (this.pinned) this.above = 0;
    const down = this.find(".down");
    down.hidden = this.pinned;
    const badge = down.querySelector(".badge");
    badge.hidden = !this.above;
    badge.textContent = String(this.above);
    down.setAttribute("aria-label", `${say("to_bottom")} ${this.newWords(this.above)}`);
    this.shared.unread(this);
  }

  newWords(count) {
    return count ? say("unread", { count }) : "";
  }

  toEnd() {
    this.log.scrollTop = this.end();
    this.pinned = true;
  }

  typing(yes) {
    this.find(".typing").hidden = !yes;
    this.resized();
  }

  toast(text) {
    clearTimeout(this.toasting);
    this.find(".toast").textContent = text;
    this.toasting = setTimeout(() => (this.find(".toast").textContent = ""), TOAST);
  }

  /** Times and days in the language just chosen. */
  redate() {
    for (const item of this.list.querySelectorAll(".message")) {
      item.querySelector(".meta time").textContent = hour(new Date(item.dataset.at));
    }
    this.separate();
  }
}

function local(photo) {
  if (!photo) return null;
  const image = !photo.type || photo.type.startsWith("image/");
  return { name: image ? "" : photo.name, image, url: URL.createObjectURL(photo) };
}
