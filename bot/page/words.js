// The words of the page and how days and times are written; both come in the reader's language.

const known = { words: {}, language: "zh_CN", zone: "Asia/Shanghai" };
let began = 0; // what performance.now() was when the bot said what time it is
let told = Date.now();

export function speak({ words, language, zone }) {
  Object.assign(known, { words, language, zone });
  document.documentElement.lang = tongue();
}

export const tongue = () => (known.language === "zh_CN" ? "zh-CN" : "en-GB");
export const language = () => known.language;

export function say(name, gaps = {}) {
  return (known.words[name] ?? "").replace(/%\((\w+)\)[sd]/g, (_all, gap) => gaps[gap] ?? "");
}

/** Puts the words into everything below `root` that names one. */
export function dress(root) {
  for (const one of root.querySelectorAll("[data-word]")) one.textContent = say(one.dataset.word);
  for (const one of root.querySelectorAll("[data-label]")) {
    one.setAttribute("aria-label", say(one.dataset.label));
    if (one.matches("button, p")) one.title = say(one.dataset.label);
  }
  for (const one of root.querySelectorAll("[data-hint]")) one.placeholder = say(one.dataset.hint);
}

export function setClock(iso) {
  told = Date.parse(iso);
  began = performance.now();
}

/** The practice clock: what the bot takes for now. */
export const now = () => new Date(told + performance.now() - began);

const written = (date, parts) =>
  new Intl.DateTimeFormat(tongue(), { timeZone: known.zone, ...parts }).format(date);

export const hour = (date) =>
  written(date, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
export const dayKey = (date) => written(date, { year: "numeric", month: "numeric", day: "numeric" });
const longDay = (date) => written(date, { month: "long", day: "numeric", weekday: "long" });
export function clockText() {
  const day = written(now(), { month: "short", day: "numeric" });
  return `${day} ${written(now(), { weekday: "short" })} ${hour(now())}`;
}

export function dayName(date) {
  const yesterday = new Date(now().getTime() - 86_400_000);
  if (dayKey(date) === dayKey(now())) return say("today");
  if (dayKey(date) === dayKey(yesterday)) return say("yesterday");
  return longDay(date);
}
