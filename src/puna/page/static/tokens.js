// An answer as its tokens: how sure the model was of each, and what else it might have said.

import { h } from "./dom.js";

/** A text whose tokens show their probabilities where they are pointed at, or reached with the arrow keys. */
export class Tokens {
  constructor() {
    this._tokens = [];
    this._at = -1;
    this._text = h("div", { class: "tokens", tabindex: "0", role: "group", "aria-describedby": "token-card",
      "aria-label": "Tokens of the answer. Use the arrow keys to move between them.",
      onkeydown: (event) => this._key(event), onblur: () => hideCard(),
      onpointerover: (event) => this._point(event.target), onpointerleave: () => hideCard() });
    this.element = this._text;
  }

  append(logprobs) {
    for (const token of logprobs) {
      const chance = Math.exp(token.logprob);
      const kind = chance > 0.9 ? "sure" : chance > 0.5 ? "likely" : chance > 0.1 ? "open" : "unlikely";
      const span = h("span", { class: `token ${kind}`, "data-at": this._tokens.length }, token.token);
      this._tokens.push({ ...token, span });
      this._text.append(span);
    }
  }

  _point(target) {
    if (target.dataset.at) this._show(Number(target.dataset.at));
  }

  _key(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step || !this._tokens.length) return;
    event.preventDefault();
    this._show(Math.min(this._tokens.length - 1, Math.max(0, this._at + step)));
  }

  _show(at) {
    this._tokens[this._at]?.span.classList.remove("current");
    this._at = at;
    const token = this._tokens[at];
    token.span.classList.add("current");
    showCard(token);
  }
}

function percent(logprob) {
  const chance = 100 * Math.exp(logprob);
  return chance >= 10 ? `${chance.toFixed(0)} %` : chance >= 0.01 ? `${chance.toFixed(2)} %` : "< 0.01 %";
}

function card() {
  return document.getElementById("token-card");
}

function hideCard() {
  card().hidden = true;
}

function showCard(token) {
  const found = token.top_logprobs ?? [];
  const others = found.some((one) => one.token === token.token) ? found : [token, ...found];
  const rows = others.map((one) => {
    const bar = h("span", { class: "chance" });
    bar.style.width = `${Math.max(1, 100 * Math.exp(one.logprob))}%`;
    return h("tr", { class: one.token === token.token ? "chosen" : "" },
      h("th", { scope: "row" }, h("code", {}, visible(one.token))), h("td", {}, percent(one.logprob)),
      h("td", { class: "chance-cell" }, bar));
  });
  card().replaceChildren(
    h("p", {}, h("code", {}, visible(token.token)), ` log probability ${token.logprob.toFixed(3)}`),
    h("table", {}, h("tbody", {}, rows)));
  card().hidden = false;
  place(token.span.getBoundingClientRect());
}

/** Below the token, or above it where there is no room. */
function place(token) {
  const { width, height } = card().getBoundingClientRect();
  const below = token.bottom + 6;
  const top = below + height > innerHeight ? Math.max(4, token.top - height - 6) : below;
  card().style.left = `${Math.max(8, Math.min(token.left, innerWidth - width - 8))}px`;
  card().style.top = `${top}px`;
}

/** White space that can be seen. */
function visible(text) {
  return text.replace(/ /g, "␣").replace(/\n/g, "↵").replace(/\t/g, "⇥");
}
