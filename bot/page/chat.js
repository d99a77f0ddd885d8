// The practice page: three phones, one connection, and a clock that can be pushed on.

import { make } from "./message.js";
import { Outbox } from "./outbox.js";
import { Phone } from "./phone.js";
import { Wire, post } from "./wire.js";
import { clockText, dress, language, now, say, setClock, speak } from "./words.js";

const $ = (selector) => document.querySelector(selector);
const side = matchMedia("(min-width: 900px)"); // all phones beside each other
const READ = "practice.read";

const phones = new Map();
const tabs = new Map();
let epoch = "";
let open = "";
let loaded = false;
let lostAt = 0;

const outbox = new Outbox({
  began: (item) => phones.get(item.seat)?.began(item),
  accepted: (item, toast) => phones.get(item.seat)?.accepted(item, toast),
  refused: (item, sentence) => phones.get(item.seat)?.refused(item, sentence),
});

const wire = new Wire({
  messages: show,
  clock: (iso) => setClock(iso) || tick(),
  fresh: start,
  linked,
});

// --- start

async function start() {
  try {
    const answer = await fetch("/api/page", { signal: AbortSignal.timeout(20_000) });
    if (!answer.ok) throw new Error("later");
    await begin(await answer.json());
  } catch {
    $(".booting")?.classList.add("late");
    setTimeout(start, 1500);
  }
}

async function begin(facts) {
  epoch = facts.epoch;
  loaded = false;
  setClock(facts.now);
  await outbox.open(epoch);
  tell(facts);
  furnish(facts.seats);
  tick();
  wire.open(epoch);
  for (const seat of phones.keys()) outbox.pump(seat);
}

/** The words around the messages, at the start and when the language changes. */
function tell(facts) {
  speak(facts);
  dress(document);
  document.title = say("title");
  for (const one of document.querySelectorAll("[data-language]")) {
    one.setAttribute("aria-pressed", String(one.dataset.language === language()));
  }
}

function furnish(seats) {
  phones.clear();
  tabs.clear();
  $(".tabs").replaceChildren();
  $(".phones").replaceChildren();
  for (const facts of seats) {
    const phone = new Phone(facts, { outbox, enlarge, unread, now });
    phones.set(facts.seat, phone);
    $(".phones").append(phone.root);
    tabs.set(facts.seat, tab(facts));
  }
  choose(phones.has(open) ? open : seats[0].seat);
}

function tab(facts) {
  const made = $("#tab").content.cloneNode(true).firstElementChild;
  made.classList.add(facts.seat);
  made.setAttribute("aria-controls", facts.seat);
  made.onclick = () => choose(facts.seat);
  made.onkeydown = (event) => walkTabs(event, facts.seat);
  $(".tabs").append(made);
  label(made, facts);
  return made;
}

function label(made, facts) {
  made.querySelector(".face").textContent = (facts.name || "?")[0];
  made.querySelector(".name").textContent = facts.name || say("nobody");
  made.querySelector(".role").textContent = facts.role;
}

function choose(seat) {
  open = seat;
  for (const [name, made] of tabs) {
    made.setAttribute("aria-selected", String(name === seat));
    made.tabIndex = name === seat ? 0 : -1;
    phones.get(name).root.classList.toggle("open", name === seat);
  }
  const phone = phones.get(seat);
  if (phone.pinned) phone.toEnd();
  phone.looked();
}

function walkTabs(event, seat) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const names = [...tabs.keys()];
  const next = names[(names.indexOf(seat) + step + names.length) % names.length];
  choose(next);
  tabs.get(next).focus();
}

// --- news

function show(messages) {
  const met = new Set();
  for (const message of messages) {
    const phone = phones.get(message.seat);
    if (!phone) continue;
    phone.show(message);
    met.add(phone);
  }
  for (const phone of met) phone.settle(!loaded);
  if (!loaded) for (const phone of phones.values()) countOld(phone);
  loaded = true;
}

/** On the first look: unread is what came after the last one read, or after the person's own. */
function countOld(phone) {
  const seen = Math.max(readUpTo(phone.seat), lastMine(phone));
  phone.unread = [...phone.items].filter(([id, item]) => id > seen && item.matches(".bot")).length;
  phone.above = 0;
  phone.looked();
}

function lastMine(phone) {
  return Math.max(0, ...[...phone.items].filter(([, item]) => item.matches(".mine")).map(([id]) => id));
}

const isOpen = (phone) => side.matches || phone.seat === open;

/** Called when something came or was looked at. */
function unread(phone) {
  if (loaded && isOpen(phone) && phone.pinned && !document.hidden) {
    phone.unread = 0;
    keepRead(phone.seat, Math.max(0, ...phone.items.keys()));
  }
  const badge = tabs.get(phone.seat)?.querySelector(".badge");
  if (!badge) return;
  badge.hidden = !phone.unread;
  badge.textContent = phone.unread > 99 ? "99+" : String(phone.unread);
  badge.setAttribute("aria-label", phone.newWords(phone.unread));
  const all = [...phones.values()].reduce((sum, one) => sum + one.unread, 0);
  document.title = all ? `(${all}) ${say("title")}` : say("title");
}

function readUpTo(seat) {
  const kept = readMarks();
  return kept.epoch === epoch ? (kept[seat] ?? 0) : 0;
}

function keepRead(seat, id) {
  const kept = readMarks();
  const marks = { ...(kept.epoch === epoch ? kept : { epoch }), [seat]: id };
  try {
    localStorage.setItem(READ, JSON.stringify(marks));
  } catch {
    // a private window: the marks live as long as the page
  }
}

function readMarks() {
  try {
    return JSON.parse(localStorage.getItem(READ)) ?? {};
  } catch {
    return {};
  }
}

function linked(yes) {
  lostAt = yes ? 0 : lostAt || performance.now();
  const long = performance.now() - lostAt > 6000;
  const words = yes ? "" : say(navigator.onLine && long ? "stopped" : "offline");
  for (const phone of phones.values()) phone.linked(yes, words);
}

// --- the bar

function tick() {
  const time = $(".clock time");
  time.textContent = clockText();
  time.dateTime = now().toISOString();
}
setInterval(tick, 5000);

$(".morning").onclick = () => busy($(".morning"), () => post("/api/morning", {}));
$(".later").onclick = () => busy($(".later"), () => post("/api/later", {}));

async function busy(button, work) {
  button.disabled = true;
  try {
    const said = await work();
    if (said?.now) setClock(said.now);
    tick();
    for (const phone of phones.values()) phone.redate();
  } catch (problem) {
    phones.get(open).toast(problem.message === "later" ? say("stopped") : problem.message);
  }
  button.disabled = false;
}

const drop = $(".drop");
function showDrop(yes) {
  drop.hidden = !yes;
  $(".more").setAttribute("aria-expanded", String(yes));
}
$(".more").onclick = () => showDrop(drop.hidden);
document.addEventListener("pointerdown", (event) => {
  if (!event.target.closest(".drop, .more")) showDrop(false);
});
$(".bar").addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || drop.hidden) return;
  showDrop(false);
  $(".more").focus();
});

for (const one of document.querySelectorAll("[data-language]")) {
  one.onclick = () => busy(one, () => change(one.dataset.language));
}

async function change(wanted) {
  await post("/api/language", { language: wanted });
  const facts = await (await fetch("/api/page")).json();
  tell(facts);
  for (const seat of facts.seats) {
    phones.get(seat.seat).rename(seat);
    label(tabs.get(seat.seat), seat);
  }
  showDrop(false);
}

$(".restart").onclick = () => showDrop(false) || $(".ask").showModal();
$(".ask").onclose = () => {
  if ($(".ask").returnValue !== "yes") return;
  $(".ask").returnValue = "";
  for (const phone of phones.values()) phone.list.replaceChildren(make("li", "day", "…"));
  busy($(".restart"), () => post("/api/restart", {}, 120_000));
};

function enlarge(url) {
  $(".large img").src = url;
  $(".large").showModal();
}
$(".large").onclick = () => $(".large").close();

side.addEventListener("change", () => phones.forEach((phone) => phone.looked()));
document.addEventListener("visibilitychange", () => phones.forEach((phone) => phone.looked()));

start();
