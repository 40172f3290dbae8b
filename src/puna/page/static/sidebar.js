// The list of conversations.

import { ask, field, h, iconButton } from "./dom.js";
import { forget, list, rename, titleOf } from "./conversation.js";

export class Sidebar {
  constructor({ left, failed }) {
    this._left = left;
    this._failed = failed;
    this._list = h("ul", { class: "conversations" });
    this._more = h("button", { type: "button", class: "quiet", hidden: true, onclick: () => this._load(this._last) }, "Older");
    this.element = h("nav", { class: "history", "aria-label": "Conversations" }, h("h2", {}, "Conversations"), this._list, this._more);
    this._current = null;
  }

  /** Ask for the list anew. */
  async refresh() {
    await this._load(null);
  }

  /** Say which conversation is shown. */
  mark(id) {
    this._current = id;
    for (const row of this._list.children) {
      const link = row.querySelector("a");
      if (row.dataset.id === id) link?.setAttribute("aria-current", "page");
      else link?.removeAttribute("aria-current");
    }
  }

  async _load(after) {
    let page;
    try {
      page = await list(after);
    } catch (error) {
      this._failed(error);
      return;
    }
    const rows = page.data.map((conversation) => this._row(conversation));
    if (after) this._list.append(...rows);
    else this._list.replaceChildren(...rows);
    if (!this._list.children.length) this._list.append(h("li", { class: "hint" }, "None yet."));
    this._last = page.last_id;
    this._more.hidden = !page.has_more;
    this.mark(this._current);
  }

  _row(conversation) {
    const title = titleOf(conversation);
    const link = h("a", { href: `#/chat/${conversation.id}`, title }, title);
    return h("li", { "data-id": conversation.id }, link,
      iconButton("edit", `Rename ${title}`, () => this._rename(conversation)),
      iconButton("trash", `Delete ${title}`, () => this._delete(conversation)));
  }

  async _rename(conversation) {
    const title = await ask({ title: "Rename the conversation", action: "Rename", submit: (form) => form.get("title").trim() || null,
      body: field("Title", h("input", { name: "title", required: true, autofocus: true, maxlength: "200", value: titleOf(conversation) })) });
    if (title) await this._tried(() => rename(conversation, title));
  }

  async _delete(conversation) {
    const sure = await ask({ title: "Delete the conversation?", action: "Delete", danger: true,
      body: h("p", {}, `“${titleOf(conversation)}” is deleted from the server.`) });
    if (!sure) return;
    await this._tried(() => forget(conversation));
    if (conversation.id === this._current) this._left();
  }

  async _tried(work) {
    try {
      await work();
    } catch (error) {
      this._failed(error);
    }
    await this.refresh();
  }
}
