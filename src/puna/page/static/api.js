// The server's public API: requests with the key of this session, streams of events and of lines.

import { ask, field, h } from "./dom.js";

const KEY = "puna.key";

/** What the server answered in place of what was asked for. */
export class ApiError extends Error {
  constructor(status, message, code) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** The key of this session; none where the server asks for none. */
export function key() {
  return sessionStorage.getItem(KEY);
}

let asking = null;

/** Ask for a key, once for all requests that wait for it. */
function askForKey(problem) {
  asking ??= ask({
    title: "This server requires an API key",
    body: h("div", {},
      problem && h("p", { class: "error-text", role: "alert" }, problem),
      field("API key", h("input", { type: "password", name: "key", autocomplete: "off", required: true, autofocus: true }),
        "One of PUNA_API_KEYS. It is kept until this tab is closed.")),
    action: "Use it",
    submit: (form) => form.get("key").trim() || null,
  }).then((given) => {
    asking = null;
    if (given) sessionStorage.setItem(KEY, given);
    return given;
  });
  return asking;
}

/** A request; the response, whatever it is. Asks for a key where one is needed. Raises ApiError. */
export async function send(method, path, body, options = {}) {
  for (;;) {
    const used = key();
    const headers = { ...(used && { authorization: `Bearer ${used}` }), ...(body && { "content-type": "application/json" }) };
    const response = await fetch(path, { method, headers, body: body && JSON.stringify(body), ...options });
    if (response.ok) return response;
    const { message, code } = await problemOf(response);
    if (response.status !== 401) throw new ApiError(response.status, message, code);
    const changed = key() !== used;  // another request has asked meanwhile
    if (!changed && !(await askForKey(used && message))) throw new ApiError(401, message, code);
  }
}

/** A request; the JSON of its answer, or nothing where it has none. Raises ApiError. */
export async function call(method, path, body, options) {
  const text = await (await send(method, path, body, options)).text();
  return text ? JSON.parse(text) : null;
}

async function problemOf(response) {
  const text = await response.text();
  try {
    const { error } = JSON.parse(text);
    return typeof error === "string" ? { message: error } : error;
  } catch {
    return { message: text || `${response.status} ${response.statusText}` };
  }
}

async function* pieces(response, separator) {
  let rest = "";
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      const found = (rest + value).split(separator);
      rest = found.pop();
      yield* found;
    }
    if (rest.trim()) yield rest;
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** The events of a stream of server-sent events, as the JSON that they carry. */
export async function* events(response) {
  for await (const block of pieces(response, "\n\n")) {
    const data = block.split("\n").filter((line) => line.startsWith("data: ")).map((line) => line.slice(6)).join("\n");
    if (data && data !== "[DONE]") yield JSON.parse(data);
  }
}

/** The lines of a stream of JSON lines. */
export async function* lines(response) {
  for await (const line of pieces(response, "\n")) if (line.trim()) yield JSON.parse(line);
}
