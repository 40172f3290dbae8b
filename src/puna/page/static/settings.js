// What a chat is asked with: the form, and the body of a request that it makes.

import { field, h } from "./dom.js";

const NUMBERS = {
  temperature: ["Temperature", 0, 2, 0.1, "0 always takes the most likely token."],
  top_p: ["Top p", 0, 1, 0.05],
  top_k: ["Top k", 0, 1000, 1],
  min_p: ["Min p", 0, 1, 0.01],
  max_output_tokens: ["Maximum tokens", 1, 1000000, 1, "Including thinking."],
};
const EFFORTS = [["", "Model default"], ["none", "Off"], ["low", "Low"], ["medium", "Medium"], ["high", "High"]];
const FORMATS = [["text", "Text"], ["json_object", "JSON"], ["json_schema", "JSON Schema"]];

export const EXAMPLE_SCHEMA = `{
  "type": "object",
  "properties": {
    "name": {"type": "string"},
    "age": {"type": "integer"}
  },
  "required": ["name", "age"],
  "additionalProperties": false
}`;
export const EXAMPLE_TOOLS = `[
  {
    "name": "get_weather",
    "description": "Get the weather in a city.",
    "parameters": {
      "type": "object",
      "properties": {"city": {"type": "string"}},
      "required": ["city"],
      "additionalProperties": false
    }
  }
]`;

/** What was set, without what is as it would be. */
export const UNSET = { instructions: "", effort: "", format: "text", schema: "", tools: "", logprobs: false };

/** What of the settings is short enough for the metadata of a conversation. The rest is in its last response. */
export function brief(settings) {
  const { instructions, schema, tools, ...short } = settings;
  return JSON.stringify(short);
}

/** The settings of a conversation: from its metadata and its last response. */
export function settingsOf({ metadata, response }) {
  const found = { ...UNSET, ...JSON.parse(metadata.settings ?? "{}") };
  if (!response) return found;
  const format = response.text?.format ?? {};
  const tools = (response.tools ?? []).map(({ type, strict, ...tool }) => tool);
  return {
    ...found,
    instructions: response.instructions ?? "",
    schema: format.schema ? JSON.stringify(format.schema, null, 2) : "",
    tools: tools.length ? JSON.stringify(tools, null, 2) : "",
  };
}

/** The fields of a request to /v1/responses. Raises SyntaxError where JSON is none. */
export function bodyOf(settings) {
  const body = {};
  if (settings.instructions.trim()) body.instructions = settings.instructions;
  for (const name of Object.keys(NUMBERS)) if (settings[name] != null) body[name] = settings[name];
  if (settings.effort) body.reasoning = { effort: settings.effort };
  if (settings.format === "json_object") body.text = { format: { type: "json_object" } };
  if (settings.format === "json_schema") {
    const schema = read(settings.schema || EXAMPLE_SCHEMA, "The JSON Schema");
    body.text = { format: { type: "json_schema", name: "answer", schema } };
  }
  if (settings.tools.trim()) {
    const tools = [read(settings.tools, "The list of tools")].flat();
    body.tools = tools.map((tool) => ({ type: "function", ...(tool.function ?? tool) }));
  }
  return body;
}

/** The same, with what only the page shows. */
export function requestOf(settings) {
  const seen = settings.logprobs ? { include: ["message.output_text.logprobs"], top_logprobs: 5 } : {};
  return { ...bodyOf(settings), ...seen };
}

function read(text, what) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(`${what} in the settings is no JSON: ${error.message}`);
  }
}

/** The form. `changed` hears of every change. */
export function settingsForm(settings, changed) {
  const set = (name, value) => changed({ [name]: value });
  const area = (name, rows, placeholder) => h("textarea", { id: `set-${name}`, rows, placeholder, spellcheck: "false",
    value: settings[name], oninput: ({ target }) => set(name, target.value) });
  const select = (name, options, after = () => {}) => h("select", { id: `set-${name}`, onchange: ({ target }) => {
    set(name, target.value);
    after(target.value);
  } }, options.map(([value, label]) => h("option", { value, selected: settings[name] === value }, label)));
  const numbers = Object.entries(NUMBERS).map(([name, [label, min, max, step, hint]]) => field(label,
    h("input", { id: `set-${name}`, type: "number", min, max, step, value: settings[name] ?? "", placeholder: "default",
      oninput: ({ target }) => set(name, target.value === "" || !target.checkValidity() ? undefined : target.valueAsNumber) }),
    hint));
  const example = (name, text) => h("button", { type: "button", class: "quiet", onclick: () => {
    const control = form.querySelector(`#set-${name}`);
    control.value = text;
    set(name, text);
    control.focus();
  } }, "Insert an example");
  const schema = h("div", { hidden: settings.format !== "json_schema" },
    field("Schema", area("schema", 8, EXAMPLE_SCHEMA), "The answer always fits it."), example("schema", EXAMPLE_SCHEMA));
  const form = h("form", { class: "settings-form", onsubmit: (event) => event.preventDefault() },
    field("System prompt", area("instructions", 4, "Who the model is, and how it should answer.")),
    field("Thinking", select("effort", EFFORTS)),
    h("fieldset", {}, h("legend", {}, "Sampling"), h("div", { class: "numbers" }, numbers)),
    field("Response format", select("format", FORMATS, (value) => { schema.hidden = value !== "json_schema"; })), schema,
    field("Tools", area("tools", 5, "A JSON list of functions."), "The model calls them, and you enter the results."),
    example("tools", EXAMPLE_TOOLS),
    h("label", { class: "switch" },
      h("input", { type: "checkbox", checked: settings.logprobs, onchange: ({ target }) => set("logprobs", target.checked) }),
      "Show token probabilities"));
  return form;
}
