// Where the user writes: text, and pictures where the model sees.

import { announce, h, icon, iconButton } from "./dom.js";

const PICTURES = /^image\/(png|jpeg|gif|webp|bmp)$/;

export class Composer {
  constructor({ send, stop, typed }) {
    this._send = send;
    this._stop = stop;
    this._pictures = [];
    this._sees = false;
    this._busy = false;
    this._area = h("textarea", { id: "message", rows: 1, placeholder: "Message", "aria-label": "Message",
      oninput: () => { this._fit(); typed(this._area.value); }, onkeydown: (event) => this._key(event), onpaste: (event) => this._paste(event) });
    this._file = h("input", { type: "file", accept: "image/*", multiple: true, hidden: true, "aria-label": "Pictures",
      onchange: () => { this._take([...this._file.files]); this._file.value = ""; } });
    this._shelf = h("div", { class: "shelf", hidden: true });
    this._attach = iconButton("picture", "Add a picture", () => this._file.click(), { hidden: true });
    this._go = h("button", { type: "submit", class: "go", "aria-label": "Send", title: "Send" }, icon("send"));
    this.element = h("form", { class: "composer", onsubmit: (event) => { event.preventDefault(); this._submit(); } },
      this._shelf, h("div", { class: "row" }, this._attach, this._file, this._area, this._go));
    document.addEventListener("dragover", (event) => this._drag(event, true));
    document.addEventListener("dragleave", (event) => this._drag(event, false));
    document.addEventListener("drop", (event) => this._drop(event));
  }

  get text() {
    return this._area.value;
  }

  set text(text) {
    this._area.value = text;
    this._fit();
  }

  focus() {
    this._area.focus();
  }

  /** Whether the model that is asked sees pictures. */
  set sees(sees) {
    this._sees = sees;
    this._attach.hidden = !sees;
    if (!sees) this._clear();
  }

  /** What may be written: nothing where a `reason` says so. */
  set held(reason) {
    this._area.disabled = Boolean(reason);
    this._area.placeholder = reason || "Message";
    this._go.disabled = Boolean(reason) && !this._busy;
  }

  /** Whether an answer is being made: then the button stops it. */
  set busy(busy) {
    this._busy = busy;
    const label = busy ? "Stop" : "Send";
    this._go.replaceChildren(icon(busy ? "stop" : "send"));
    this._go.setAttribute("aria-label", label);
    this._go.title = label;
    this._go.classList.toggle("stop", busy);
    this._go.disabled = false;
  }

  get isBusy() {
    return this._busy;
  }

  _submit() {
    if (this._busy) {
      this._stop();
      return;
    }
    const text = this.text.trim();
    if (!text && !this._pictures.length) return;
    const pictures = this._pictures;
    this.text = "";
    this._clear();
    this._send(text, pictures);
  }

  _key(event) {
    if (event.key === "Escape" && this._busy) this._stop();
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || matchMedia("(pointer: coarse)").matches) return;
    event.preventDefault();
    if (!this._busy) this._submit();
  }

  _paste(event) {
    const files = [...event.clipboardData.files].filter((file) => PICTURES.test(file.type));
    if (!files.length) return;
    event.preventDefault();
    this._take(files);
  }

  _drag(event, over) {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    this.element.classList.toggle("dragged", over);
  }

  _drop(event) {
    if (!event.dataTransfer?.files.length) return;
    this._drag(event, false);
    this._take([...event.dataTransfer.files]);
  }

  async _take(files) {
    if (!this._sees) {
      announce("This model does not support images.");
      this.element.dispatchEvent(new CustomEvent("refused", { detail: "This model does not support images." }));
      return;
    }
    for (const file of files.filter((one) => PICTURES.test(one.type))) this._pictures.push(await dataUrl(file));
    this._render();
    this.focus();
  }

  _render() {
    this._shelf.hidden = !this._pictures.length;
    this._shelf.replaceChildren(...this._pictures.map((url, at) => h("div", { class: "thumb" },
      h("img", { src: url, alt: `Picture ${at + 1}` }),
      iconButton("close", `Remove picture ${at + 1}`, () => { this._pictures.splice(at, 1); this._render(); }))));
  }

  _clear() {
    this._pictures = [];
    this._render();
  }

  /** As high as the text, up to a third of the window. */
  _fit() {
    this._area.style.height = "auto";
    this._area.style.height = `${Math.min(this._area.scrollHeight, innerHeight / 3)}px`;
  }
}

function dataUrl(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}
