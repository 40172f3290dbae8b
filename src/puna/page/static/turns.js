// The turns of a conversation as they are shown: what the user said, what the model answered.

import { copyButton, h, iconButton, number } from "./dom.js";
import { partOf, tokensButton, wholePart } from "./parts.js";
import { textOf } from "./conversation.js";

const MEASURABLE = 0.01;  // seconds; of less nothing can be said

/** What the user said. It can be said again in other words. */
export class UserTurn {
  constructor(item, { edit }) {
    this.item = item;
    const pictures = (item.content ?? []).filter((part) => part.image_url?.startsWith("data:image/"));
    const text = textOf(item);
    const images = pictures.map((part) => h("img", { src: part.image_url, alt: "Picture of the message" }));
    this._body = h("div", { class: "bubble" }, images.length > 0 && h("div", { class: "pictures" }, images),
      text && h("p", { class: "said" }, text));
    this._actions = h("div", { class: "actions" }, iconButton("edit", "Edit", () => this._edit(text, edit)),
      copyButton(() => text));
    this.element = h("article", { class: "turn user", "aria-label": "You" }, this._body, this._actions);
  }

  _edit(text, edit) {
    const area = h("textarea", { "aria-label": "Your message", value: text, rows: Math.min(12, text.split("\n").length + 1) });
    const back = () => form.replaceWith(this._body, this._actions);
    const form = h("form", { class: "edit", onsubmit: (event) => {
      event.preventDefault();
      if (area.value.trim()) edit(this.item, area.value);
    }, onkeydown: (event) => {
      if (event.key === "Escape") back();
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        form.requestSubmit();
      }
    } },
    area, h("div", { class: "edit-actions" },
      h("p", { class: "hint" }, "Everything after it will be discarded."),
      h("button", { type: "button", onclick: back }, "Cancel"), h("button", { type: "submit", class: "primary" }, "Send")));
    this._actions.remove();
    this._body.replaceWith(form);
    area.focus();
  }
}

/** What the model answered: its parts, and below them what it cost. */
export class AnswerTurn {
  constructor({ again, result, format, model }) {
    this._again = again;
    this._result = result;
    this._format = format;
    this._parts = [];
    this._calls = new Map();
    this._frame = null;
    this._waiting = h("div", { class: "waiting", "aria-hidden": "true" }, h("i"), h("i"), h("i"));
    this._footer = h("div", { class: "actions" });
    this._body = h("div", { class: "answer" });
    this.element = h("article", { class: "turn assistant", "aria-label": model ? `Answer of ${model}` : "Answer" },
      this._body, this._footer);
  }

  /** What is shown before the first word. */
  wait() {
    this._first = this._last = null;
    this._footer.replaceChildren();
    this.element.setAttribute("aria-busy", "true");
    this._body.append(this._waiting);
  }

  /** An item that is all there. */
  add(item) {
    if (item.type.endsWith("_call_output")) {
      this._calls.get(item.call_id)?.showResult(item.output);
      return;
    }
    this._take(wholePart(item, this._format), item);
  }

  /** An event of the stream. What it changes is shown with the next frame. */
  feed(event) {
    if (event.type === "response.output_item.added") this._take(partOf(event.item, this._format), event.item);
    const part = this._parts.at(-1);
    if (event.type.endsWith(".delta") && part) {
      this._last = performance.now();
      this._first ??= this._last;
      part.append(event.delta, event.logprobs);
      this._frame ??= requestAnimationFrame(() => this._show());
    }
    if (event.type === "response.output_item.done") part?.finish(true);
  }

  /** The end. `live` says that it was heard from the beginning, so that the time of a token is known. */
  finish({ usage, status, error, live }) {
    if (this._frame) cancelAnimationFrame(this._frame);
    this._show();
    this._waiting.remove();
    this.element.removeAttribute("aria-busy");
    for (const part of this._parts) part.finish(live);
    if (status === "cancelled") this._body.append(h("p", { class: "note" }, "Stopped."));
    if (status === "incomplete") this._body.append(h("p", { class: "note" }, "Cut off at the maximum number of tokens."));
    if (error) this._body.append(problem(error, this._again));
    this._close(usage && live ? { usage, seconds: (this._last - this._first) / 1000 } : { usage });
  }

  /** The calls whose results are not there yet ask for them. */
  askFor(calls) {
    for (const item of calls) this._calls.get(item.call_id)?.askResult((output) => this._result(item, output));
  }

  /** An answer that is all there gets its footer. */
  close(usage) {
    this._close({ usage });
  }

  _take(part, item) {
    this._waiting.remove();
    this._parts.push(part);
    if (item.type === "function_call") this._calls.set(item.call_id, part);
    this._body.append(part.element);
  }

  _show() {
    this._frame = null;
    this._parts.at(-1)?.update();
    this.onshown?.();
  }

  _close({ usage, seconds }) {
    const text = () => this._parts.filter((part) => part.text).map((part) => part.text).join("\n\n");
    this._footer.replaceChildren(...[
      copyButton(text), iconButton("redo", "Regenerate", this._again), tokensButton(this._parts),
      usage && h("span", { class: "cost" }, cost(usage, seconds)),
    ].filter(Boolean));
  }
}

/** What an answer cost, in words. */
function cost(usage, seconds) {
  const tokens = usage.output_tokens;
  const words = [`${number(usage.input_tokens)} → ${number(tokens)} tokens`];
  if (seconds >= MEASURABLE && tokens > 2) words.push(`${number(Number(((tokens - 1) / seconds).toPrecision(3)))} tokens/s`);
  return words.join(" · ");
}

/** Something that went wrong, and the way to try again. */
export function problem(message, again) {
  return h("div", { class: "problem", role: "alert" }, h("p", {}, message),
    again && h("button", { type: "button", onclick: again }, "Try again"));
}
