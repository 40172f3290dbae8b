// Elements, icons and dialogs: what every view builds with.

const PROPERTIES = new Set(["value", "checked", "disabled", "hidden", "open", "selected", "readOnly", "indeterminate"]);

/** An element. Functions are listeners ("onclick"); what is null or false is left out. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (PROPERTIES.has(name)) element[name] = value ?? "";
    else if (value != null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child != null && child !== false));
  return element;
}

const ICONS = {
  add: "M12 5v14M5 12h14",
  check: "M5 12.5l4.5 4.5L19 7.5",
  close: "M6 6l12 12M18 6L6 18",
  copy: "M9 9h10v10H9zM5 15V5h10",
  edit: "M4 20h4L19 9l-4-4L4 16zM13 7l4 4",
  menu: "M4 7h16M4 12h16M4 17h16",
  picture: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9.5h.01",
  redo: "M19 12a7 7 0 1 1-2.3-5.2M19 4v4h-4",
  send: "M12 19V5M6 11l6-6 6 6",
  settings: "M4 8h8M18 8h2M18 8a3 3 0 1 1-6 0 3 3 0 0 1 6 0zM4 16h2M12 16h8M12 16a3 3 0 1 1-6 0 3 3 0 0 1 6 0z",
  stop: "M7 7h10v10H7z",
  tokens: "M4 7h5v10H4zM12 7h3v10h-3zM18 7h2v10h-2z",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
};

/** A drawing that says nothing to a screen reader. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.append(path);
  return svg;
}

/** A button with a drawing, whose name is read out and shown as a hint. */
export function iconButton(name, label, onclick, attributes = {}) {
  return h("button", { type: "button", class: "icon-button", "aria-label": label, title: label, onclick, ...attributes },
    icon(name));
}

/** Copies a text, and says so on the button for a moment. */
export function copyButton(text, label = "Copy") {
  const button = iconButton("copy", label, async () => {
    await navigator.clipboard.writeText(text());
    button.replaceChildren(icon("check"));
    announce("Copied");
    setTimeout(() => button.replaceChildren(icon("copy")), 1500);
  });
  return button;
}

/** Says something to screen readers only. */
export function announce(text) {
  document.getElementById("status").textContent = text;
}

/** A labelled control, with a hint below it. */
export function field(label, control, hint) {
  const id = control.id || `field-${label.toLowerCase().replace(/[^a-z]+/g, "-")}`;
  control.id = id;
  if (hint) control.setAttribute("aria-describedby", `${id}-hint`);
  return h("div", { class: "field" }, h("label", { for: id }, label), control,
    hint && h("p", { class: "hint", id: `${id}-hint` }, hint));
}

/** A dialog that is gone when it is closed. Gives what `submit` gives, or null where it was left. */
export function ask({ title, body, action, danger = false, submit = () => true }) {
  return new Promise((resolve) => {
    let answer = null;
    const form = h("form", { method: "dialog", onsubmit: (event) => {
      event.preventDefault();
      answer = submit(new FormData(form));
      if (answer != null) dialog.close();
    } },
    h("h2", { id: "dialog-title" }, title), body,
    h("div", { class: "dialog-actions" },
      h("button", { type: "button", onclick: () => dialog.close() }, action ? "Cancel" : "Close"),
      action && h("button", { type: "submit", class: danger ? "danger" : "primary" }, action)));
    const dialog = h("dialog", { "aria-labelledby": "dialog-title", onclose: () => { dialog.remove(); resolve(answer); } },
      form);
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Bytes as people read them. */
export function bytes(count) {
  const units = ["B", "KB", "MB", "GB", "TB"];
  const power = count ? Math.min(units.length - 1, Math.floor(Math.log10(count) / 3)) : 0;
  const value = count / 1000 ** power;
  return `${value >= 100 || power === 0 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

/** A number with its thousands apart. */
export function number(count) {
  return count.toLocaleString("en");
}
