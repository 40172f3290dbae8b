// Models on their way here. What has come stays at the server, so a pull that a reload cut off goes on where it was.

import { lines, send } from "./api.js";
import { announce, bytes, h, iconButton } from "./dom.js";

const PULLS = "puna.pulls";

export class Pulls {
  constructor({ pulled }) {
    this._pulled = pulled;
    this._rows = new Map();
    this.element = h("ul", { class: "pulls", "aria-label": "Pulls" });
  }

  /** Go on with what was on its way when the page was left. */
  resume() {
    for (const [name, state] of Object.entries(saved())) this.start(name, state);
  }

  start(name, state = { done: 0, total: 0, insecure: false }) {
    if (this._rows.has(name)) return;
    const row = new Row(name, state, { again: () => { this._drop(name); this.start(name, state); }, leave: () => this._drop(name) });
    this._rows.set(name, row);
    this.element.append(row.element);
    save(name, state);
    this._run(name, row, state.insecure);
  }

  async _run(name, row, insecure) {
    try {
      const response = await send("POST", "/api/pull", { model: name, insecure }, { signal: row.signal });
      for await (const line of lines(response)) {
        if (line.error) throw new Error(line.error);
        row.hear(line);
        save(name, { done: row.done, total: row.total, insecure });
      }
    } catch (error) {
      if (!row.signal.aborted) row.fail(error.message);
      if (!leaving) forget(name);
      return;
    }
    this._drop(name);
    announce(`${name} is here.`);
    this._pulled(name);
  }

  _drop(name) {
    this._rows.get(name)?.leave();
    this._rows.delete(name);
    forget(name);
  }
}

/** One pull: its name, how far it is, and the way to end it. */
class Row {
  constructor(name, { done, total }, { again, leave }) {
    this._blobs = new Map();
    this._before = { done, total };
    this._abort = new AbortController();
    this._bar = h("progress", { "aria-label": `Progress of ${name}`, max: "1" });
    this._words = h("span", { class: "pull-words" }, total ? "going on…" : "starting…");
    this._again = h("button", { type: "button", hidden: true, onclick: again }, "Try again");
    this.element = h("li", { class: "pull" }, h("div", { class: "pull-head" }, h("strong", {}, name), this._words, this._again,
      iconButton("close", `Stop downloading ${name}`, leave)), this._bar);
    this._show();
  }

  get signal() {
    return this._abort.signal;
  }

  get done() {
    return sum(this._blobs, "completed") || this._before.done;
  }

  get total() {
    return Math.max(sum(this._blobs, "total"), this._before.total);
  }

  hear({ status, digest, total, completed = 0 }) {
    this._status = status;
    if (digest && !status.startsWith("translating")) this._blobs.set(digest, { total, completed });
    this._show();
  }

  fail(message) {
    this._words.textContent = message;
    this.element.classList.add("failed");
    this.element.setAttribute("role", "alert");
    this._bar.hidden = true;
    this._again.hidden = false;
  }

  leave() {
    this._abort.abort();
    this.element.remove();
  }

  _show() {
    if (this.total) this._bar.value = this.done / this.total;
    const part = this.total ? `${bytes(this.done)} of ${bytes(this.total)}` : "";
    if (this._status && !this._status.startsWith("pulling")) this._words.textContent = this._status;
    else if (part) this._words.textContent = part;
  }
}

let leaving = false;
addEventListener("pagehide", () => { leaving = true; });

function sum(blobs, name) {
  return [...blobs.values()].reduce((total, blob) => total + blob[name], 0);
}

function saved() {
  return JSON.parse(sessionStorage.getItem(PULLS) ?? "{}");
}

function save(name, state) {
  sessionStorage.setItem(PULLS, JSON.stringify({ ...saved(), [name]: state }));
}

function forget(name) {
  const { [name]: gone, ...others } = saved();
  sessionStorage.setItem(PULLS, JSON.stringify(others));
}
