// The page put together: which view is shown, and what stands around it.

import { Chat } from "./chat.js";
import { CodeView } from "./code.js";
import { h } from "./dom.js";
import { Models, plain } from "./models.js";
import { ModelsView } from "./models-view.js";
import { Sidebar } from "./sidebar.js";

const find = (id) => document.getElementById(id);
const models = new Models();
const sidebar = new Sidebar({ left: () => { location.hash = "#/"; }, failed: (error) => say(error.message) });
const chat = new Chat({
  models,
  opened: (id) => {
    history.replaceState(null, "", `#/chat/${id}`);
    mark("chat", id);
    sidebar.refresh();
  },
  changed: () => sidebar.refresh(),
});
const modelsView = new ModelsView({ models, chat: (name) => { models.choose(name); location.hash = "#/"; } });
const codeView = new CodeView({ models, settings: () => chat.settings });
const views = { chat, models: modelsView, code: codeView };

/** Something that went wrong around the views. */
function say(message) {
  find("trouble").textContent = message;
  find("trouble").hidden = !message;
}

let begun = false;

/** Show what the address says. */
function route() {
  const [, name = "", id] = /^#\/(\w*)\/?(\w*)/.exec(location.hash) ?? [];
  const shown = Object.hasOwn(views, name) ? name : "chat";
  for (const [other, view] of Object.entries(views)) {
    view.element.hidden = other !== shown;
    if (other !== shown) view.hide?.();
  }
  closeMenu();
  find("bar").classList.toggle("bare", shown !== "chat");
  find("settings-button").hidden = find("model").hidden = shown !== "chat";
  mark(shown, id);
  if (shown !== "chat") views[shown].show();
  else if (id) chat.show(id);
  else if (chat.id || !begun) chat.fresh();
  begun ||= shown === "chat";
}

/** Say where one is; the way back to the chat leads to the conversation that is open. */
function mark(shown, id) {
  for (const link of document.querySelectorAll("#places a")) {
    if (link.dataset.view === shown && !(shown === "chat" && id)) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  sidebar.mark(shown === "chat" ? id : null);
  find("places").querySelector("[data-view=chat]").href = shown === "chat" && !id ? "#/" : chat.id ? `#/chat/${chat.id}` : "#/";
}

function closeMenu() {
  document.body.classList.remove("menu-open");
  find("menu").setAttribute("aria-expanded", "false");
}

function renderModels() {
  const select = find("model");
  const names = models.list.map((model) => plain(model.name));
  if (models.name && !names.includes(models.name)) names.unshift(models.name);
  const shown = names.map((name) => (models.runningOf(name) ? `${name} ●` : name));
  if (select.dataset.shown !== shown.join("\n")) {
    select.dataset.shown = shown.join("\n");
    select.replaceChildren(...names.map((name, at) => h("option", { value: name }, shown[at])));
  }
  select.value = models.name ?? "";
  select.disabled = !names.length;
}

function begin() {
  find("views").append(chat.element, modelsView.element, codeView.element);
  find("history").append(sidebar.element);
  find("model").addEventListener("change", ({ target }) => models.choose(target.value));
  find("settings-button").addEventListener("click", ({ currentTarget }) =>
    currentTarget.setAttribute("aria-expanded", chat.toggleSettings()));
  find("menu").addEventListener("click", ({ currentTarget }) =>
    currentTarget.setAttribute("aria-expanded", document.body.classList.toggle("menu-open")));
  find("shade").addEventListener("click", closeMenu);
  find("new").addEventListener("click", () => { if (location.hash !== "#/") location.hash = "#/"; else chat.fresh(); });
  models.addEventListener("listed", renderModels);
  models.addEventListener("chosen", renderModels);
  addEventListener("hashchange", route);
  route();
  models.refresh().then(() => say(""), (error) => say(error.message));
  sidebar.refresh();
  modelsView.resume();
  document.documentElement.dataset.ready = "";
}

begin();
