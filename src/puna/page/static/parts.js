// What an answer is made of, each as an element that grows while it comes: thoughts, text, calls.

import { copyButton, h, iconButton } from "./dom.js";
import { highlight, Markdown } from "./markdown.js";
import { textOf } from "./conversation.js";
import { Tokens } from "./tokens.js";

/** A thought, folded. */
class Thinking {
  constructor() {
    this._started = performance.now();
    this._summary = h("summary", {}, "Thinking…");
    this._text = h("div", { class: "thought" });
    this.element = h("details", { class: "thinking" }, this._summary, this._text);
    this.text = "";
    this._new = "";
  }

  append(text) {
    this.text += text;
    this._new += text;
  }

  update() {
    if (this._new) this._text.append(this._new);
    this._new = "";
  }

  finish(live) {
    this.update();
    if (!this._summary.textContent.endsWith("…")) return;
    const seconds = Math.round((performance.now() - this._started) / 1000);
    this._summary.textContent = live && seconds ? `Thought for ${seconds} s` : "Thoughts";
  }
}

/** Text: as Markdown, or as its tokens where their probabilities are there. */
class Answer {
  constructor() {
    this._markdown = new Markdown();
    this._tokens = null;
    this.element = h("div", { class: "text" }, this._markdown.element);
  }

  get text() {
    return this._markdown.text;
  }

  get hasTokens() {
    return this._tokens !== null;
  }

  append(text, logprobs) {
    this._markdown.append(text);
    if (!logprobs?.length) return;
    if (!this._tokens) {
      this._tokens = new Tokens();
      this.element.append(this._tokens.element);
      this.show("tokens");
    }
    this._tokens.append(logprobs);
  }

  update() {
    if (!this.hasTokens) this._markdown.update();
  }

  /** Show the text or its tokens. */
  show(what) {
    this._markdown.element.hidden = what === "tokens";
    this._tokens.element.hidden = what !== "tokens";
    if (what !== "tokens") this._markdown.finish();
  }

  finish() {
    this._markdown.finish();
  }
}

/** JSON that comes piece by piece. A subclass puts its code into an element. */
class Json {
  constructor() {
    this.text = "";
    this._code = h("code", {});
  }

  append(text) {
    this.text += text;
  }

  update() {
    this._code.textContent = this.text;
  }

  finish() {
    this._code.textContent = pretty(this.text);
    this._code.dataset.language = "json";
    highlight(this.element);
  }
}

/** JSON, with the schema that it was asked to fit beside it. */
class Structured extends Json {
  constructor(schema) {
    super();
    this.element = h("div", { class: schema ? "structured" : "" }, panel("Answer", this._code, () => this.text),
      schema && panel("Schema", h("code", { "data-language": "json" }, JSON.stringify(schema, null, 2)),
        () => JSON.stringify(schema)));
  }

  get hasTokens() {
    return false;
  }
}

/** A call of a tool, with its arguments; below them its result, or the place for one. */
class Call extends Json {
  constructor(item) {
    super();
    this.item = item;
    this._result = h("div", { class: "call-result" });
    this.element = h("section", { class: "call", "aria-label": `Call to ${item.name}` },
      h("div", { class: "call-head" }, h("span", { class: "label" }, "Call"), h("code", {}, item.name)),
      h("pre", { tabindex: "0" }, this._code), this._result);
  }

  /** What the tool gave. */
  showResult(output) {
    const text = typeof output === "string" ? output : JSON.stringify(output);
    this._result.replaceChildren(h("span", { class: "label" }, "Result"), h("pre", { tabindex: "0" }, h("code", {}, pretty(text))));
  }

  /** Ask for the result. */
  askResult(given) {
    const id = `result-${this.item.call_id}`;
    const area = h("textarea", { id, rows: 2, placeholder: "The result, as text or JSON" });
    this._result.replaceChildren(
      h("form", { onsubmit: (event) => { event.preventDefault(); given(area.value); } },
        h("label", { for: id }, `Result of ${this.item.name}`), area,
        h("button", { type: "submit", class: "primary" }, "Send result")));
  }
}

/** What has no form of its own here. */
class Other {
  constructor(item) {
    this.text = "";
    this.element = panel(item.type, h("code", { "data-language": "json" }, JSON.stringify(item, null, 2)), () => "");
  }

  append() {}
  update() {}
  finish() {}
}

/** The part that an item becomes. `format` is the form that the answer was asked for in. */
export function partOf(item, format) {
  if (item.type === "reasoning") return new Thinking();
  if (item.type === "function_call") return new Call(item);
  if (item.type !== "message") return new Other(item);
  return format?.type?.startsWith("json") ? new Structured(format.schema) : new Answer();
}

/** An item that is all there. */
export function wholePart(item, format) {
  const part = partOf(item, format ?? (looksLikeJson(item) ? { type: "json_object" } : null));
  if (item.type === "message") part.append(textOf(item), item.content?.flatMap((one) => one.logprobs ?? []));
  if (item.type === "reasoning") part.append(textOf(item) || textOf({ content: item.summary }));
  if (item.type === "function_call") part.append(item.arguments);
  part.finish(false);
  return part;
}

/** Switches between a text and its tokens. */
export function tokensButton(parts) {
  const shown = parts.filter((part) => part.hasTokens);
  if (!shown.length) return null;
  const button = iconButton("tokens", "Show tokens", () => {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", on);
    for (const part of shown) part.show(on ? "tokens" : "text");
  }, { "aria-pressed": "true" });
  return button;
}

function panel(title, code, text) {
  return h("div", { class: "code" }, h("div", { class: "code-head" }, h("span", {}, title), copyButton(text, `Copy ${title}`)),
    h("pre", { tabindex: "0" }, code));
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function looksLikeJson(item) {
  const text = item.type === "message" ? textOf(item).trim() : "";
  if (!/^[{[]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
