// One conversation as the server keeps it: its items, and what its metadata say. All of it goes over the public API.

import { call, events, send } from "./api.js";

const INCLUDE = "include=message.input_image.image_url";
const MOST = 20;  // items that are added at a time
const TITLE = 60;

/** The conversations of whoever asks, the last used ones first. */
export async function list(after) {
  return call("GET", `/v1/conversations?limit=40${after ? `&after=${after}` : ""}`);
}

export async function rename(conversation, title) {
  const metadata = { ...conversation.metadata, title: title.slice(0, 500) };
  return call("POST", `/v1/conversations/${conversation.id}`, { metadata });
}

/** Forget a conversation, and the response that it ended with. */
export async function forget(conversation) {
  await call("DELETE", `/v1/conversations/${conversation.id}`);
  const { response } = conversation.metadata ?? {};
  if (response) await call("DELETE", `/v1/responses/${response}`).catch(() => {});
}

/** What a conversation is called. */
export function titleOf(conversation) {
  return conversation.metadata?.title || "Untitled";
}

export class Conversation {
  constructor(id = null, metadata = {}) {
    this.id = id;
    this.metadata = metadata;
    this.items = [];
    this.response = null;  // the last one, as far as it is known
    this._running = false;  // whether its id is known, so that it can be stopped
    this._unwanted = false;
  }

  /** One that is there, with its items. The response comes first: what it has added since is among the items then. */
  static async open(id) {
    const { metadata } = await call("GET", `/v1/conversations/${id}`);
    const found = new Conversation(id, metadata ?? {});
    if (metadata?.response) found.response = await call("GET", `/v1/responses/${metadata.response}`).catch(() => null);
    await found.load();
    return found;
  }

  /** Its items as they are now. */
  async load() {
    const items = [];
    for (let more = true; more;) {
      const after = items.length ? `&after=${items.at(-1).id}` : "";
      const page = await call("GET", `/v1/conversations/${this.id}/items?limit=100&order=asc&${INCLUDE}${after}`);
      items.push(...page.data);
      more = page.has_more;
    }
    this.items = items;
  }

  /** Add items at the end; gives them as they are kept. The conversation is made when there is something in it. */
  async add(items) {
    if (!this.id) {
      this.metadata = { ...this.metadata, title: titleFrom(items) };
      this.id = (await call("POST", "/v1/conversations", { metadata: this.metadata })).id;
    }
    const added = [];
    for (let at = 0; at < items.length; at += MOST) {
      const page = { items: items.slice(at, at + MOST) };
      added.push(...(await call("POST", `/v1/conversations/${this.id}/items?${INCLUDE}`, page)).data);
    }
    this.items.push(...added);
    return added;
  }

  /** Forget that item and all behind it. */
  async cut(item) {
    const at = this.items.findIndex((one) => one.id === item.id);
    await Promise.all(this.items.slice(at).map((one) => call("DELETE", `/v1/conversations/${this.id}/items/${one.id}`)));
    this.items = this.items.slice(0, at);
  }

  /** Have what was said last answered: the events of the response, which goes on when nobody listens. */
  async *answer(body, signal) {
    this._running = this._unwanted = false;
    const before = this.metadata.response;
    const asked = { ...body, conversation: this.id, background: true, stream: true };
    const response = await send("POST", "/v1/responses", asked, { signal });
    for await (const event of this._followed(events(response), signal)) {
      if (event.type === "response.created") await this._note(event.response, before);
      if (this._unwanted) await this.stop();
      yield event;
    }
  }

  /** The events of the last response from the beginning, those that come as well. */
  async *follow(signal) {
    this._running = true;
    yield* this._followed(this._events(-1, signal), signal);
  }

  /** End the answer that is being made, or as soon as its id is known. */
  async stop() {
    this._unwanted = !this._running;
    if (this._running) await call("POST", `/v1/responses/${this.metadata.response}/cancel`).catch(() => {});
  }

  /** The last response as it will stay. Of one that did not come to its end the server has added nothing to the
   * conversation: what there is of its text is added here. */
  async settle() {
    this.response = await call("GET", `/v1/responses/${this.metadata.response}`);
    const there = new Set(this.items.map((item) => item.id));
    const said = this.response.output.filter((item) => !there.has(item.id));
    if (["completed", "incomplete"].includes(this.response.status)) this.items.push(...said);
    else if (said.some(hasText)) await this.add(said.filter(hasText));
    return this.response;
  }

  /** Remember which response is the last. The one before is in the conversation, and not needed any more. */
  async _note(response, before) {
    this.response = response;
    this._running = true;
    this.metadata = { ...this.metadata, response: response.id };
    await call("POST", `/v1/conversations/${this.id}`, { metadata: this.metadata }, { keepalive: true });
    if (before && before !== response.id) call("DELETE", `/v1/responses/${before}`).catch(() => {});
  }

  async *_events(after, signal) {
    const from = after < 0 ? "" : `&starting_after=${after}`;
    yield* events(await send("GET", `/v1/responses/${this.metadata.response}?stream=true${from}`, null, { signal }));
  }

  /** Events up to the last one. A connection that breaks is made again, from where it was. */
  async *_followed(source, signal) {
    let number = -1;
    let ended = false;
    for (let tries = 0; ; tries += 1) {
      try {
        for await (const event of source) {
          number = event.sequence_number;
          tries = 0;
          if (event.response) this.response = event.response;
          yield event;
          ended = /^response\.(completed|incomplete|failed)$/.test(event.type);
        }
        if (ended) return;
        throw new TypeError("The connection was lost.");
      } catch (error) {
        if (signal.aborted || !(error instanceof TypeError) || tries > 4 || number < 0) throw error;
        await new Promise((resolve) => setTimeout(resolve, 300 * 2 ** tries));
        source = this._events(number, signal);
      }
    }
  }
}

/** The text of a message's parts. */
export function textOf(item) {
  return (item.content ?? []).map((part) => part.text ?? part.refusal ?? "").join("");
}

/** The calls that have no result yet. */
export function openCalls(items) {
  const answered = new Set(items.filter((item) => item.type.endsWith("_call_output")).map((item) => item.call_id));
  return items.filter((item) => item.type === "function_call" && item.status !== "incomplete" && !answered.has(item.call_id));
}

function hasText(item) {
  return (item.type === "message" && textOf(item)) || (item.type === "reasoning" && textOf(item));
}

function titleFrom(items) {
  const text = textOf(items[0]).trim().replace(/\s+/g, " ");
  return text.length > TITLE ? `${text.slice(0, TITLE - 1)}…` : text || "A picture";
}
