// The line to write in: text, pictures, and the list of commands.

import { make } from "./message.js";
import { say } from "./words.js";

const LONGEST_SIDE = 1600; // pixels; a phone's picture of 8 MB becomes one of 300 kB
const LARGEST_FILE = 10 * 1024 * 1024;

export class Composer {
  constructor(phone, commands) {
    this.phone = phone;
    this.form = phone.find(".composer");
    this.text = phone.find("textarea");
    this.list = phone.find(".commands");
    this.menu = phone.find(".menu");
    this.file = phone.find("input[type=file]");
    this.setCommands(commands);
    this.listen();
  }

  listen() {
    this.form.onsubmit = (event) => event.preventDefault() || this.send();
    this.text.oninput = () => this.typed();
    this.text.onkeydown = (event) => this.pressedKey(event);
    this.text.onpaste = (event) => this.pasted(event);
    this.menu.onclick = () => this.toggle();
    this.list.onkeydown = (event) => this.walk(event);
    this.phone.find(".photo").onclick = () => this.file.click();
    this.file.onchange = () => this.picture(this.file.files[0]);
    this.phone.log.addEventListener("pointerdown", () => this.close());
  }

  /** Enter sends, except while a Chinese word is still being put together. */
  pressedKey(event) {
    if (event.key === "Escape") this.close();
    if (event.key === "ArrowDown" && !this.list.hidden) this.focusFirst(event);
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.send();
  }

  send() {
    const text = this.text.value.trim();
    if (!text) return;
    this.phone.write(text);
    this.text.value = "";
    this.typed();
  }

  typed() {
    this.text.style.height = "auto";
    this.text.style.height = `${this.text.scrollHeight + 2}px`;
    this.phone.find(".send").disabled = !this.text.value.trim();
    const word = this.text.value;
    if (/^[/／]\w*$/.test(word)) this.open(word.slice(1).toLowerCase());
    else this.close();
  }

  // --- pictures

  pasted(event) {
    const [file] = event.clipboardData.files;
    if (!file) return;
    event.preventDefault();
    this.picture(file);
  }

  async picture(file) {
    this.file.value = "";
    if (!file) return;
    const smaller = await shrunk(file);
    if (smaller.size > LARGEST_FILE) this.phone.toast(say("too_large"));
    else this.phone.write(this.text.value.trim(), smaller);
    this.text.value = "";
    this.typed();
  }

  // --- commands

  setCommands(commands) {
    this.commands = commands;
    this.close();
  }

  toggle() {
    if (this.list.hidden) this.open("");
    else this.close();
  }

  open(start) {
    const fitting = this.commands.filter(([name]) => name.startsWith(start));
    this.list.replaceChildren(...fitting.map((command) => this.entry(command)));
    this.list.hidden = !fitting.length;
    this.menu.setAttribute("aria-expanded", String(!this.list.hidden));
  }

  close() {
    this.list.hidden = true;
    this.menu.setAttribute("aria-expanded", "false");
  }

  entry([name, summary]) {
    const button = make("button");
    button.type = "button";
    button.setAttribute("role", "menuitem");
    button.append(make("span", "", summary), make("small", "", `/${name}`));
    button.onclick = () => this.order(name);
    return button;
  }

  order(name) {
    this.phone.write(`/${name}`);
    this.text.value = "";
    this.typed();
    if (matchMedia("(hover: hover)").matches) this.text.focus();
  }

  focusFirst(event) {
    event.preventDefault();
    this.list.firstElementChild?.focus();
  }

  walk(event) {
    const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    if (step) event.preventDefault();
    if (step) document.activeElement[step]?.focus();
    if (event.key === "Escape") this.close() || this.text.focus();
  }
}

/** A JPEG of a size that also a village's network carries; what cannot be read stays as it is. */
async function shrunk(file) {
  try {
    const image = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, LONGEST_SIDE / Math.max(image.width, image.height));
    const canvas = make("canvas");
    canvas.width = Math.round(image.width * scale);
    canvas.height = Math.round(image.height * scale);
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85));
    return new File([blob], "photo.jpg", { type: "image/jpeg" });
  } catch {
    return file;
  }
}
