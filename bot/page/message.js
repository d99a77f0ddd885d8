// One bubble with its buttons, as elements. What people or the bot wrote is only ever set as text.

import { hour, say } from "./words.js";

const STEPS = /· (\d{1,2})\/(\d{1,2})/;
const COMMAND = /(?<![^\s:：(（])(\/[a-z_]{2,20})(?![\w/])/;
const OPENS = /^(tel:|https:\/\/)/;

export function make(tag, className = "", text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  svg.setAttribute("aria-hidden", "true");
  return svg;
}

/** `act` has press(button, code), write(text) and enlarge(url). */
export function messageElement(message, act) {
  const item = make("li", `message ${message.mine ? "mine" : "bot"}`);
  item.dataset.id = message.id ?? "";
  item.append(make("div", "bubble"));
  fill(item, message, act);
  return item;
}

/** Writes the message into its element, new or again; the element stays where it is. */
export function fill(item, message, act) {
  const rows = message.rows ?? [];
  item.classList.toggle("card", rows.length > 0);
  item.firstChild.replaceChildren(
    make("span", "hush", `${say(message.mine ? "you" : "bot")}: `),
    ...steps(message, rows),
    ...file(message, act),
    text(message, act),
    meta(message),
  );
  item.querySelector(".keys")?.remove();
  if (rows.length) item.append(keys(rows, act));
}

/** The text, in which "/visit" can be tapped; everything else is plain text. */
function text(message, act) {
  const line = make("p", "text");
  if (message.mine) line.textContent = message.text;
  else line.append(...titled(message, act));
  return line;
}

/** The first line of a card is its title, however many lines it takes on this screen. */
function titled(message, act) {
  const end = message.rows?.length ? message.text.indexOf("\n") : -1;
  if (end < 0) return pieces(message.text, act);
  const title = make("strong");
  title.append(...pieces(message.text.slice(0, end), act));
  return [title, ...pieces(message.text.slice(end), act)];
}

function pieces(words, act) {
  return words.split(COMMAND).map((part) => piece(part, act));
}

function piece(part, act) {
  if (!COMMAND.test(part)) return part;
  const made = make("button", "slash", part);
  made.type = "button";
  made.onclick = () => act.write(part);
  return made;
}

function meta(message) {
  const line = make("p", "meta");
  line.append(make("time", "", hour(new Date(message.at))));
  if (message.mine) line.append(mark(message.pending ? "clock" : "done"));
  return line;
}

function mark(name) {
  const box = make("span", "mark");
  box.append(icon(name));
  if (name === "clock") box.append(make("span", "hush", say("pending")));
  return box;
}

/** A form's card says "2/6" in its first line: the same as a bar. */
function steps(message, rows) {
  const [, step, of] = message.text.split("\n", 1)[0].match(STEPS) ?? [];
  if (!rows.length || !of || Number(step) > Number(of) || Number(of) > 20) return [];
  const bar = make("div", "steps");
  const done = make("i");
  done.style.width = `${(100 * step) / of}%`;
  bar.append(done);
  return [bar];
}

function file(message, act) {
  if (!message.file) return [];
  return [message.file.image ? picture(message.file, act) : chip(message.file)];
}

function picture(file, act) {
  const button = make("button", "view");
  button.type = "button";
  button.setAttribute("aria-label", say("enlarge"));
  const img = make("img");
  img.alt = say("picture");
  img.src = file.url;
  button.append(img);
  button.onclick = () => act.enlarge(file.url);
  return button;
}

function chip(file) {
  const link = make("a", "chip");
  link.href = file.url;
  link.download = file.name;
  link.setAttribute("aria-label", say("download", { name: file.name }));
  link.append(icon("file"), make("span", "", file.name));
  return link;
}

function keys(rows, act) {
  const box = make("div", "keys");
  for (const row of rows) {
    const line = make("div", "row");
    line.append(...row.map(([label, code]) => key(label, code, act)));
    box.append(line);
  }
  return box;
}

function key(label, code, act) {
  const made = make(OPENS.test(code) ? "a" : "button", `key ${kind(label)}`, label);
  if (made.tagName === "A") {
    made.href = code;
    if (code.startsWith("https")) Object.assign(made, { target: "_blank", rel: "noreferrer" });
    return made;
  }
  made.type = "button";
  made.dataset.code = code;
  made.onclick = () => act.press(made, code);
  return made;
}

/** ✅ is the step ahead, 🆘 and ☎ are danger: the bot writes them the same everywhere. */
function kind(label) {
  if (label.startsWith("✅")) return "yes";
  return /^(🆘|☎)/u.test(label) ? "help" : "";
}
