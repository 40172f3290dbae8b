// Markdown that grows: what is finished of it stays as it is, only the last block is made anew.

import "./vendor/purify.min.js";
import { Marked } from "./vendor/marked.esm.js";
import { copyButton, h } from "./dom.js";

const DOMPurify = globalThis.DOMPurify;

DOMPurify.addHook("afterSanitizeAttributes", (node) => {
  if (node.tagName !== "A") return;
  node.setAttribute("target", "_blank");
  node.setAttribute("rel", "noopener noreferrer");
});

const ALLOWED = {
  ALLOWED_TAGS: ["a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre",
    "s", "span", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul"],
  ALLOWED_ATTR: ["align", "class", "href", "start", "title"],
  ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
  ALLOW_DATA_ATTR: false,
  RETURN_DOM_FRAGMENT: true,
};

/** HTML as elements that can do nothing. */
function safe(html) {
  return DOMPurify.sanitize(html, ALLOWED);
}

function escaped(text) {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

// Tags that a model writes are text, and a picture is the link to it: nothing is fetched that nobody asked for.
const marked = new Marked({
  gfm: true,
  renderer: {
    html: ({ text }) => escaped(text),
    image: ({ href, text }) => `<a href="${escaped(href)}">${escaped(text || href)}</a>`,
    checkbox: ({ checked }) => (checked ? "☑ " : "☐ "),
  },
});

/** Text that is rendered as it comes. */
export class Markdown {
  constructor() {
    this.element = h("div", { class: "markdown" });
    this.text = "";
    this._open = "";  // from where the last block begins
    this._shown = [];  // the nodes of that block
    this._code = null;  // its text, where it is code
  }

  /** Add text. It is shown with the next `update`. */
  append(text) {
    this.text += text;
    this._open += text.replaceAll("\r", "");
  }

  /** Show all that is there: finished blocks once, the last one again. */
  update() {
    const tokens = marked.lexer(this._open);
    const at = tokens.findLastIndex((token) => token.type !== "space");
    if (at < 0) return;
    const finished = tokens.slice(0, at);
    const raw = finished.map((token) => token.raw).join("");
    if (raw && this._open.startsWith(raw)) {
      this._clear();
      this.element.append(...finished.filter((token) => token.type !== "space").flatMap(nodesOf));
      this._open = this._open.slice(raw.length);
    }
    const last = tokens[at];
    if (this._code && last.type === "code") {
      this._code.data = last.text;
      return;
    }
    this._clear();
    this._shown = nodesOf(last);
    this._code = last.type === "code" ? codeText(this._shown[0]) : null;
    this.element.append(...this._shown);
  }

  /** All is there. */
  finish() {
    this.update();
    this._code = null;
    highlight(this.element);
  }

  _clear() {
    for (const node of this._shown) node.remove();
    this._shown = [];
    this._code = null;
  }
}

/** The elements of one block. */
function nodesOf(token) {
  const nodes = token.type === "code" ? [codeBlock(token)] : [...safe(marked.parser([token])).childNodes];
  return nodes.map((node) => (node.nodeName === "TABLE" ? h("div", { class: "table", tabindex: "0" }, node) : node));
}

function codeBlock({ text, lang }) {
  const language = /^[\w+#.-]*/.exec(lang ?? "")[0];
  const code = h("code", { "data-language": language });
  code.append(document.createTextNode(text));
  return h("div", { class: "code" },
    h("div", { class: "code-head" }, h("span", {}, language || "text"), copyButton(() => code.textContent, "Copy code")),
    h("pre", { tabindex: "0" }, code));
}

function codeText(block) {
  return block.querySelector("code").firstChild;
}

/** Colours in the code of an element. What is needed for that comes when there is code. */
export async function highlight(element) {
  const found = [...element.querySelectorAll("code[data-language]:not([data-language='']):not([data-done])")];
  if (!found.length) return;
  const { default: hljs } = await import("./vendor/highlight.min.js");
  for (const code of found) {
    code.dataset.done = "";
    const { language } = code.dataset;
    if (hljs.getLanguage(language)) code.replaceChildren(safe(hljs.highlight(code.textContent, { language }).value));
  }
}
