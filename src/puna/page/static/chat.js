// The view of one chat.

import { announce, h } from "./dom.js";
import { ApiError, call } from "./api.js";
import { Composer } from "./composer.js";
import { Conversation, openCalls } from "./conversation.js";
import { AnswerTurn, problem, UserTurn } from "./turns.js";
import { brief, requestOf, settingsForm, settingsOf, UNSET } from "./settings.js";

const DRAFT = "puna.draft";
const FOR_TINY = ["Hello! Who are you?", "What is 12 plus 30?", "My name is Ada. What is my name?", "Say this is a test"];
const STARTERS = ["Explain how a heat pump works", "Write a haiku about the sea", "What should I cook with lentils?",
  "Write a Python function that counts words"];
const FOR_TINY_IMAGE = ["A red circle", "A blue square", "A green triangle", "An orange circle"];
const PICTURES = ["A red circle", "A lighthouse at night, oil on canvas", "A cute robot learning to paint"];

export class Chat {
  constructor({ models, opened, changed }) {
    this._models = models;
    this._opened = opened;
    this._changed = changed;
    this._log = h("div", { class: "log" });
    this._scroller = h("div", { class: "scroller", tabindex: "0", role: "log", "aria-live": "off", "aria-label": "Conversation" },
      this._log);
    this._composer = new Composer({ send: (text, pictures) => this.send(text, pictures), stop: () => this.stop(),
      typed: () => this._keepDraft() });
    this._composer.element.addEventListener("refused", ({ detail }) => this._fail(detail));
    this._panel = h("aside", { class: "panel", id: "settings", "aria-label": "Settings of this chat", hidden: true });
    this.element = h("div", { class: "chat" }, h("div", { class: "conversation" }, this._scroller,
      h("div", { class: "dock" }, this._composer.element)), this._panel);
    this._stick = true;
    this._scroller.addEventListener("scroll", () => {
      const { scrollHeight, scrollTop, clientHeight } = this._scroller;
      this._stick = scrollHeight - scrollTop - clientHeight < 60;
    }, { passive: true });
    models.addEventListener("chosen", () => this._modelChosen());
    this._begin(new Conversation(), { ...UNSET });
  }

  /** The settings of the chat, for snippets. */
  get settings() {
    return this._settings;
  }

  get id() {
    return this._conversation.id;
  }

  /** Show a new chat. */
  async fresh() {
    const draft = JSON.parse(sessionStorage.getItem(DRAFT) ?? "{}");
    this._begin(new Conversation(), { ...UNSET, ...draft.settings });
    this._composer.text = draft.text ?? "";
    this._showEmpty();
    this._composer.focus();
  }

  /** Show a conversation that is there, and go on with an answer that is being made. */
  async show(id) {
    if (id === this.id) return;
    this._begin(new Conversation(id), { ...UNSET });
    const { signal } = this._leaving;
    let found;
    try {
      found = await Conversation.open(id);
    } catch (error) {
      if (!signal.aborted) this._log.replaceChildren(problem(error.message));
      return;
    }
    if (signal.aborted) return;
    this._conversation = found;
    this._settings = settingsOf(found);
    this._renderPanel();
    if (found.metadata.model) this._models.choose(found.metadata.model);
    await this._goOn(found, signal);
    this._scrollDown(true);
  }

  /** What is to be done about the last response of a conversation that was opened. */
  async _goOn(found, signal) {
    const { response } = found;
    const made = ["queued", "in_progress"].includes(response?.status);
    if (response && !made) await found.settle();
    this._render();
    if (made) await this._listen(found.follow(signal), signal, false);
    else if (response?.status === "failed") this._fail(response.error.message);
    else if (this._turns.at(-1) instanceof UserTurn) this._fail("There is no answer yet.");
  }

  /** Show or hide the settings. Says whether they are shown. */
  toggleSettings(shown = this._panel.hidden) {
    this._panel.hidden = !shown;
    if (shown) this._panel.querySelector("textarea").focus();
    return shown;
  }

  async send(text, pictures = []) {
    const model = await this._models.learned();
    if (model?.draws) {
      await this._draw(text);
      return;
    }
    const content = [...pictures.map((url) => ({ type: "input_image", image_url: url })), ...(text ? [{ type: "input_text", text }] : [])];
    await this._say([{ type: "message", role: "user", content }]);
  }

  stop() {
    this._conversation.stop();
  }

  /** Forget what came after the last thing that the user said, and have it answered again. */
  async again() {
    await this._guarded(async () => {
      const { items } = this._conversation;
      await this._cut(items[items.findLastIndex((item) => item.role === "user") + 1]);
      await this._answer();
    });
  }

  async edit(item, text) {
    const pictures = item.content.filter((part) => part.type === "input_image");
    await this._guarded(async () => {
      await this._cut(item);
      await this._say([{ type: "message", role: "user", content: [...pictures, { type: "input_text", text }] }]);
    });
  }

  /** Forget an item and all behind it. */
  async _cut(item) {
    if (this._composer.isBusy) {
      await this._conversation.stop();
      this._leaving.abort();
      this._leaving = new AbortController();
      this._composer.busy = false;
    }
    if (item) await this._conversation.cut(item);
    this._render();
  }

  /** Begin with a conversation: what ran before is no longer listened to, and goes on at the server. */
  _begin(conversation, settings) {
    this._leaving?.abort();
    this._leaving = new AbortController();
    this._conversation = conversation;
    this._settings = settings;
    this._formats = new Map();
    this._turns = [];
    this._log.replaceChildren();
    this._composer.busy = false;
    this._composer.text = "";
    this._hold();
    this._renderPanel();
  }

  async _say(items) {
    await this._guarded(async () => {
      const fresh = !this._conversation.id;
      this._conversation.metadata = { ...this._conversation.metadata, model: this._models.name, settings: brief(this._settings) };
      this._clearNotes();
      for (const item of await this._conversation.add(items)) this._push(this._userTurn(item));
      sessionStorage.removeItem(DRAFT);
      if (fresh) this._opened(this._conversation.id);
      await this._answer();
      this._changed();
    });
  }

  /** Have the conversation answered as it is. */
  async _answer() {
    await this._guarded(async () => {
      const body = { model: this._models.name, ...requestOf(this._settings) };
      this._clearNotes();
      await this._listen(this._conversation.answer(body, this._leaving.signal), this._leaving.signal, true);
    });
  }

  /** Show an answer while it comes. */
  async _listen(source, signal, live) {
    const format = live ? requestOf(this._settings).text?.format : this._conversation.response.text?.format;
    const last = this._turns.at(-1);
    const turn = last instanceof AnswerTurn ? last : this._push(this._answerTurn(format));
    turn.wait();
    turn.onshown = () => this._scrollDown();
    this._composer.busy = true;
    this._scrollDown(true);
    announce("The model answers.");
    try {
      for await (const event of source) turn.feed(event);
      await this._ended(turn, live);
    } catch (error) {
      if (signal.aborted) return;
      turn.finish({ error: error.message });
    }
    if (signal.aborted) return;
    this._composer.busy = false;
    announce("The answer is complete.");
    this._scrollDown();
  }

  /** What the server says of an answer that has come to its end. */
  async _ended(turn, live) {
    const done = await this._conversation.settle();
    for (const item of done.output) this._formats.set(item.id, done.text?.format);
    turn.finish({ usage: done.usage, status: done.status, error: done.error?.message, live });
    this._holdForCalls(turn);
  }

  /** The calls of the model ask for their results, and nothing can be said before these are there. */
  _holdForCalls(turn) {
    turn?.askFor(openCalls(this._conversation.items));
    this._hold();
  }

  _hold() {
    const model = this._models.current;
    const [call] = openCalls(this._conversation.items);
    const embeds = model && !model.answers && !model.draws;
    this._composer.held = call ? `Give the result of ${call.name} first` : embeds ? "This is an embedding model; it can't chat" : null;
  }

  async _giveResult(item, output) {
    await this._guarded(async () => {
      const [added] = await this._conversation.add([{ type: "function_call_output", call_id: item.call_id, output }]);
      this._turns.at(-1).add(added);
      this._hold();
      if (!openCalls(this._conversation.items).length) await this._answer();
    });
  }

  /** The whole conversation anew: when it is opened, and when something of it was taken away. */
  _render() {
    const { items, response } = this._conversation;
    this._log.replaceChildren();
    this._turns = [];
    for (const item of items) {
      if (item.type === "message" && item.role === "user") this._push(this._userTurn(item));
      else {
        const last = this._turns.at(-1);
        (last instanceof AnswerTurn ? last : this._push(this._answerTurn(this._formatOf(item)))).add(item);
      }
    }
    const last = this._turns.at(-1);
    for (const turn of this._turns) if (turn instanceof AnswerTurn) turn.close(turn === last ? response?.usage : null);
    this._holdForCalls(last instanceof AnswerTurn ? last : null);
  }

  _push(turn) {
    this._turns.push(turn);
    this._log.append(turn.element);
    return turn;
  }

  _userTurn(item) {
    return new UserTurn(item, { edit: (one, text) => this.edit(one, text) });
  }

  _answerTurn(format) {
    return new AnswerTurn({ format, model: this._models.name, again: () => this.again(),
      result: (item, output) => this._giveResult(item, output) });
  }

  /** The form that an item was asked for in: known of those of this visit, and of the last response. */
  _formatOf(item) {
    const { response } = this._conversation;
    const own = response?.output?.some((one) => one.id === item.id) ? response.text?.format : null;
    return this._formats.get(item.id) ?? own;
  }

  /** A picture of what was written. It is not kept. */
  async _draw(prompt) {
    this._clearNotes();
    const said = { type: "message", role: "user", content: [{ type: "input_text", text: prompt }] };
    const turn = h("article", { class: "turn assistant", "aria-label": "Picture", "aria-busy": "true" }, h("p", { class: "note" }, "Drawing…"));
    this._log.append(new UserTurn(said, { edit: (_, text) => this._draw(text) }).element, turn);
    this._scrollDown(true);
    await this._guarded(async () => {
      const body = { model: this._models.name, prompt, response_format: "b64_json" };
      const { data } = await call("POST", "/v1/images/generations", body, { signal: this._leaving.signal });
      const url = `data:image/png;base64,${data[0].b64_json}`;
      turn.replaceChildren(h("img", { class: "drawn", src: url, alt: prompt }),
        h("p", { class: "note" }, h("a", { href: url, download: "picture.png" }, "Save the picture"), ": it is not stored on the server."));
    });
    turn.removeAttribute("aria-busy");
    this._scrollDown();
  }

  async _guarded(work) {
    const { signal } = this._leaving;
    try {
      await work();
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ApiError || error instanceof TypeError || error instanceof SyntaxError)) throw error;
      this._composer.busy = false;
      this._fail(error.message);
    }
  }

  /** What is no part of the conversation goes when it goes on. */
  _clearNotes() {
    for (const note of this._log.querySelectorAll(":scope > .empty, :scope > .problem")) note.remove();
  }

  _fail(message) {
    this._clearNotes();
    this._log.append(problem(message, this._conversation.items.length ? () => this.again() : null));
    this._scrollDown(true);
  }

  _showEmpty() {
    const { name, current } = this._models;
    const toys = { "tiny": FOR_TINY, "tiny-image": FOR_TINY_IMAGE };
    const texts = toys[name] ?? (current?.draws ? PICTURES : STARTERS);
    this._log.replaceChildren(h("div", { class: "empty" },
      h("h1", {}, current?.draws ? "What would you like to see?" : "What would you like to ask?"),
      h("p", {}, this._whereItRuns(),
        name in toys ? `${name} is a toy that comes with Puna. ` : "", h("a", { href: "#/models" }, "Get another model")),
      h("ul", { class: "starters" }, texts.map((text) => h("li", {},
        h("button", { type: "button", onclick: () => this.send(text) }, text))))));
  }

  _whereItRuns() {
    const known = this._models.current;
    if (!known) return "";
    return known.hosts.length ? `${this._models.name} runs on ${known.hosts.join(", ")}. ` : "Everything stays on this machine. ";
  }

  _modelChosen() {
    this._composer.sees = Boolean(this._models.current?.sees);
    this._hold();
    if (this._log.querySelector(".empty")) this._showEmpty();
  }

  _renderPanel() {
    this._panel.replaceChildren(h("h2", {}, "Settings"), settingsForm(this._settings, (change) => {
      this._settings = { ...this._settings, ...change };
      this._keepDraft();
    }));
  }

  _keepDraft() {
    if (!this.id) sessionStorage.setItem(DRAFT, JSON.stringify({ text: this._composer.text, settings: this._settings }));
  }

  _scrollDown(always = false) {
    if (always) this._stick = true;
    if (this._stick) this._scroller.scrollTop = this._scroller.scrollHeight;
  }
}
