// The models of the server: which there are, which are in memory, and which one the chat asks.

import { call } from "./api.js";

const CHOSEN = "puna.model";

/** A name without the tag that every model has unless it says otherwise. */
export function plain(name) {
  return name.replace(/:latest$/, "");
}

/** All models. Says "listed" and "chosen" where something has changed. */
export class Models extends EventTarget {
  constructor() {
    super();
    this.list = [];
    this.running = [];
    this.name = null;
    /** Resolves when it is known which models there are. */
    this.ready = new Promise((resolve) => { this._known = resolve; });
    this._learning = null;
    this._shown = new Map();
    this._seen = new Map();
  }

  /** What is known of the chosen model; nothing until the server has said it. */
  get current() {
    return this._shown.get(this.name);
  }

  /** What is known of the chosen model, once the server has said it. */
  async learned() {
    await this.ready;
    await this._learning;
    return this.current;
  }

  /** Ask which models there are, and choose one: the last one chosen, else one in memory, else the newest. */
  async refresh() {
    const [tags, ps] = await Promise.all([call("GET", "/api/tags"), call("GET", "/api/ps")]);
    this.list = tags.models;
    this._look(ps.models);
    const names = this.list.map((model) => plain(model.name));
    if (!names.includes(this.name)) {
      const loaded = this.running.map((model) => plain(model.name)).find((name) => names.includes(name));
      const last = localStorage.getItem(CHOSEN);
      this._choose(names.includes(last) ? last : loaded ?? this._newest() ?? names[0] ?? null);
    }
    this._known();
    this.dispatchEvent(new Event("listed"));
  }

  /** The newest model to chat with that did not come with Puna. */
  _newest() {
    const chats = this.list.filter((model) => model.details.format !== "diffusers");
    return chats.map((model) => plain(model.name)).find((name) => name !== "tiny");
  }

  /** Ask which models are in memory. */
  async look() {
    this._look((await call("GET", "/api/ps")).models);
    this.dispatchEvent(new Event("listed"));
  }

  /** The row of a model that is in memory. */
  runningOf(name) {
    return this.running.find((model) => plain(model.name) === plain(name));
  }

  /** Have the chat ask that model, and the next chat, too. */
  choose(name) {
    localStorage.setItem(CHOSEN, plain(name));
    this._choose(plain(name));
  }

  /** Everything that the server says of a model. */
  async show(name) {
    return call("POST", "/api/show", { model: name });
  }

  async copy(source, destination) {
    await call("POST", "/api/copy", { source, destination });
    await this.refresh();
  }

  async remove(name) {
    await call("DELETE", "/api/delete", { model: name });
    this._shown.delete(plain(name));
    await this.refresh();
  }

  /** Bring a model into memory. One that only embeds is loaded by what it can do. */
  async load(name) {
    const { answers, draws } = await this._learn(plain(name));
    if (answers || draws) await call("POST", "/api/generate", { model: name, stream: false });
    else await call("POST", "/api/embed", { model: name, input: "load" });
    await this.look();
  }

  async unload(name) {
    await call("POST", "/api/generate", { model: name, keep_alive: 0, stream: false });
    await this.look();
  }

  async _choose(name) {
    this.name = name;
    this.dispatchEvent(new Event("chosen"));
    if (!name) return;
    await (this._learning = this._learn(name).catch(() => {}));
    if (this.name === name) this.dispatchEvent(new Event("chosen"));
  }

  async _learn(name) {
    if (!this._shown.has(name)) {
      const { capabilities = [], servers = [] } = await this.show(name);
      const can = (what) => capabilities.includes(what);
      this._shown.set(name, {
        answers: can("completion"), sees: can("vision"), thinks: can("thinking"), draws: can("image"),
        hosts: servers.map((server) => new URL(server.url).host),
      });
    }
    return this._shown.get(name);
  }

  /** How many tokens a second each model makes: from one look to the next. */
  _look(running) {
    const now = performance.now();
    for (const model of running) {
      const before = this._seen.get(model.name);
      const made = before ? model.pieces - before.pieces : 0;
      model.rate = before && made >= 0 ? made / ((now - before.now) / 1000) : 0;
      this._seen.set(model.name, { pieces: model.pieces, now });
    }
    this.running = running;
  }
}
