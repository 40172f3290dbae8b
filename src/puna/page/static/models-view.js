// The view of the models: what is there, what is in memory, and what can be done with each.

import { ask, bytes, copyButton, field, h, iconButton, number } from "./dom.js";
import { plain } from "./models.js";
import { Pulls } from "./pulls.js";
import { problem } from "./turns.js";

const EVERY = 1000;  // milliseconds between two looks at what is in memory

export class ModelsView {
  constructor({ models, chat }) {
    this._models = models;
    this._chat = chat;
    this._rows = new Map();
    this._pulls = new Pulls({ pulled: () => models.refresh() });
    this._list = h("ul", { class: "models" });
    this._trouble = h("div", {});
    this._summary = h("p", { class: "muted" });
    const name = h("input", { id: "pull-name", name: "name", required: true, placeholder: "qwen3:0.6b", autocomplete: "off",
      spellcheck: "false", "aria-describedby": "pull-hint" });
    const insecure = h("input", { type: "checkbox" });
    this.element = h("div", { class: "page" },
      h("header", {}, h("h1", {}, "Models"), this._summary),
      h("form", { class: "pull-form", onsubmit: (event) => {
        event.preventDefault();
        this._pulls.start(name.value.trim(), { done: 0, total: 0, insecure: insecure.checked });
        name.value = "";
      } }, h("label", { for: "pull-name" }, "Download a model"),
      h("div", { class: "row" }, name, h("button", { type: "submit", class: "primary" }, "Download")),
      h("p", { class: "hint", id: "pull-hint" }, "A name from Ollama's library, hf.co/…, or another registry."),
      h("label", { class: "switch" }, insecure, "Allow a registry without HTTPS")),
      this._pulls.element, this._trouble, this._list);
    models.addEventListener("listed", () => this._render());
  }

  /** Go on with the pulls that a reload cut off. */
  resume() {
    this._pulls.resume();
  }

  /** Look at the server while the view is shown. */
  show() {
    this._models.refresh().catch((error) => this._fail(error));
    this._timer ??= setInterval(() => document.hidden || this._models.look().catch(() => {}), EVERY);
  }

  hide() {
    clearInterval(this._timer);
    this._timer = null;
  }

  _render() {
    const { list, running } = this._models;
    const size = running.reduce((total, model) => total + (model.size_resident ?? model.size), 0);
    this._summary.textContent = running.length
      ? `${number(list.length)} installed, ${number(running.length)} in memory: ${bytes(size)}` : `${number(list.length)} installed, none in memory`;
    const names = new Set(list.map((model) => model.name));
    for (const [name, row] of this._rows) if (!names.has(name)) { row.element.remove(); this._rows.delete(name); }
    list.forEach((model, at) => {
      if (!this._rows.has(model.name)) this._rows.set(model.name, new Row(model, this._actions(model.name)));
      const { element } = this._rows.get(model.name);
      if (this._list.children[at] !== element) this._list.insertBefore(element, this._list.children[at] ?? null);
      this._rows.get(model.name).update(this._models.runningOf(model.name));
    });
  }

  _actions(name) {
    const tried = (work) => async () => {
      this._trouble.replaceChildren();
      try {
        await work();
      } catch (error) {
        this._fail(error);
      }
    };
    return {
      chat: () => this._chat(name),
      load: tried(() => this._models.load(name)),
      unload: tried(() => this._models.unload(name)),
      show: tried(async () => showDialog(name, await this._models.show(name))),
      copy: tried(async () => {
        const given = await ask({ title: `Copy ${plain(name)}`, action: "Copy", submit: (form) => form.get("name").trim() || null,
          body: field("Name of the copy", h("input", { name: "name", required: true, autofocus: true, value: `${plain(name)}-copy` })) });
        if (given) await this._models.copy(name, given);
      }),
      remove: tried(async () => {
        const sure = await ask({ title: `Delete ${plain(name)}?`, action: "Delete", danger: true,
          body: h("p", {}, "Its files are deleted unless another model uses them.") });
        if (sure) await this._models.remove(name);
      }),
    };
  }

  _fail(error) {
    this._trouble.replaceChildren(problem(error.message));
  }
}

/** One model: what it is, and below that what it does now where it is in memory. */
class Row {
  constructor(model, actions) {
    const { parameter_size: parameters, quantization_level: quantization, family } = model.details;
    const name = plain(model.name);
    this._load = h("button", { type: "button", onclick: () => this._working(this._running ? actions.unload : actions.load) });
    this._live = h("dl", { class: "live", hidden: true });
    this._cells = Object.fromEntries(["Memory", "Context", "Sequences", "Waiting", "Tokens/s", "Unloads"].map((label) => {
      const value = h("dd", {});
      this._live.append(h("div", {}, h("dt", {}, label), value));
      return [label, value];
    }));
    this._dot = h("span", { class: "dot" });
    this.element = h("li", { class: "model" },
      h("div", { class: "model-head" }, h("div", { class: "model-name" }, this._dot, h("h2", {}, name)),
        h("p", { class: "muted" }, [family, parameters, quantization, bytes(model.size)].filter(Boolean).join(" · "))),
      h("div", { class: "model-actions" }, h("button", { type: "button", class: "soft", onclick: actions.chat }, "Chat"), this._load,
        h("button", { type: "button", onclick: actions.show, "aria-label": `Show ${name}` }, "Show"),
        iconButton("copy", `Copy ${name}`, actions.copy), iconButton("trash", `Delete ${name}`, actions.remove)),
      this._live);
  }

  update(running) {
    this._running = running;
    const state = !running ? "not in memory" : running.loading ? "loading" : "in memory";
    this._dot.className = `dot ${state.replaceAll(" ", "-")}`;
    this._dot.title = state;
    if (!this._busy) this._load.textContent = running ? "Unload" : "Load";
    this._live.hidden = !running;
    if (!running) return;
    const { size, size_resident: resident, context_length: context, sequences, max_sequences: most, waiting, rate } = running;
    this._say("Memory", resident ? `${bytes(resident)} of ${bytes(size)}` : bytes(size));
    this._say("Context", context ? number(context) : "–");
    this._say("Sequences", most ? `${sequences} of ${most}` : `${sequences}`);
    this._say("Waiting", `${waiting}`);
    this._say("Tokens/s", rate >= 0.5 ? number(Number(rate.toPrecision(3))) : "0");
    this._say("Unloads", until(running.expires_at));
  }

  _say(label, text) {
    if (this._cells[label].textContent !== text) this._cells[label].textContent = text;
  }

  async _working(work) {
    this._busy = true;
    this._load.disabled = true;
    this._load.textContent = this._running ? "Unloading…" : "Loading…";
    await work();
    this._busy = false;
    this._load.disabled = false;
    this.update(this._running);
  }
}

/** When a model leaves the memory. */
function until(time) {
  const seconds = Math.max(0, Math.round((Date.parse(time) - Date.now()) / 1000));
  if (seconds > 10 * 365 * 86400) return "never";
  if (seconds > 7200) return `in ${Math.round(seconds / 3600)} h`;
  return seconds > 90 ? `in ${Math.round(seconds / 60)} min` : `in ${seconds} s`;
}

async function showDialog(name, { capabilities, details, license, modelfile, model_info: info, parameters, system }) {
  const facts = { ...details, ...info };
  const rows = Object.entries(facts).filter(([, value]) => value !== "" && !Array.isArray(value) && value != null)
    .map(([key, value]) => h("tr", {}, h("th", { scope: "row" }, key), h("td", {}, typeof value === "number" ? number(value) : String(value))));
  const text = (title, content) => content && h("details", {}, h("summary", {}, title),
    h("div", { class: "code" }, h("div", { class: "code-head" }, h("span", {}, title), copyButton(() => content, `Copy ${title}`)),
      h("pre", { tabindex: "0" }, h("code", {}, content))));
  await ask({ title: plain(name), body: h("div", { class: "shown" },
    h("p", {}, capabilities.map((one) => h("span", { class: "tag" }, one))),
    text("Modelfile", modelfile), text("Parameters", parameters), text("System", system), text("License", license),
    h("div", { class: "table", tabindex: "0" }, h("table", {}, h("tbody", {}, rows)))) });
}
