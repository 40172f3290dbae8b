// The chat as a program: the same request with clients that people use.

import { key } from "./api.js";
import { copyButton, h } from "./dom.js";
import { highlight } from "./markdown.js";
import { bodyOf } from "./settings.js";

const EXTRA = ["top_k", "min_p"];  // what OpenAI's clients have no argument for
const ENVIRONMENT = "PUNA_KEY";

/** What the snippets ask for, and what they do with the answer. */
const TEXT = {
  path: "/v1/responses",
  call: "responses.create",
  request: (model, settings) => ({ model, input: "Say this is a test", ...bodyOf(settings) }),
  python: { imports: [], use: "print(response.output_text)" },
  node: { imports: "", use: "console.log(response.output_text);" },
  curl: "",
};
const PICTURE = {
  path: "/v1/images/generations",
  call: "images.generate",
  request: (model) => ({ model, prompt: "a red circle" }),
  python: {
    imports: ["base64"],
    use: 'with open("picture.png", "wb") as file:\n    file.write(base64.b64decode(response.data[0].b64_json))',
  },
  node: {
    imports: 'import { writeFileSync } from "node:fs";\n',
    use: 'writeFileSync("picture.png", Buffer.from(response.data[0].b64_json, "base64"));',
  },
  curl: " \\\n  | jq -r '.data[0].b64_json' | base64 -d > picture.png",
};

const SNIPPETS = {
  Python: { language: "python", install: "pip install openai", write: python },
  "Node.js": { language: "javascript", install: "npm install openai", write: node },
  curl: { language: "bash", install: null, write: curl },
};

function python(task, request, origin, keyed) {
  const plain = Object.entries(request).filter(([name]) => !EXTRA.includes(name));
  const extra = Object.fromEntries(Object.entries(request).filter(([name]) => EXTRA.includes(name)));
  const lines = plain.map(([name, value]) => `    ${name}=${literal(value, 1)},`);
  if (Object.keys(extra).length) lines.push(`    extra_body=${literal(extra, 1)},`);
  const apiKey = keyed ? `os.environ["${ENVIRONMENT}"]` : '"unused"';
  const imports = [...task.python.imports, ...(keyed ? ["os"] : [])].map((name) => `import ${name}\n`).join("");
  return `${imports}${imports && "\n"}from openai import OpenAI

client = OpenAI(base_url="${origin}/v1", api_key=${apiKey})
response = client.${task.call}(
${lines.join("\n")}
)
${task.python.use}
`;
}

/** A value as Python writes it. */
function literal(value, depth) {
  const pad = "    ".repeat(depth);
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value !== "object") return JSON.stringify(value);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  const parts = Array.isArray(value) ? value.map((one) => literal(one, depth + 1))
    : Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}: ${literal(one, depth + 1)}`);
  const short = `${open}${parts.join(", ")}${close}`;
  if (short.length < 72 && !short.includes("\n")) return short;
  return `${open}\n${parts.map((part) => `${pad}    ${part},`).join("\n")}\n${pad}${close}`;
}

function node(task, request, origin, keyed) {
  const apiKey = keyed ? `process.env.${ENVIRONMENT}` : '"unused"';
  return `${task.node.imports}import OpenAI from "openai";

const client = new OpenAI({ baseURL: "${origin}/v1", apiKey: ${apiKey} });
const response = await client.${task.call}(${JSON.stringify(request, null, 2)});
${task.node.use}
`;
}

function curl(task, request, origin, keyed) {
  const body = JSON.stringify(request, null, 2).replaceAll("'", "'\\''");
  const header = keyed ? ` \\\n  -H "Authorization: Bearer $${ENVIRONMENT}"` : "";
  return `curl ${origin}${task.path} \\
  -H 'Content-Type: application/json'${header} \\
  -d '${body}'${task.curl}
`;
}

export class CodeView {
  constructor({ models, settings }) {
    this._models = models;
    this._settings = settings;
    this._panels = h("div", {});
    models.addEventListener("chosen", () => { if (!this.element.hidden) this.show(); });
    this.element = h("div", { class: "page" }, h("header", {}, h("h1", {}, "Use it from your code"),
      h("p", { class: "muted" }, "Any client of OpenAI's API works with this address. The examples use your chat's model and settings.")),
    this._panels);
  }

  show() {
    const task = this._models.current?.draws ? PICTURE : TEXT;
    let request;
    try {
      request = task.request(this._models.name ?? "tiny", this._settings());
    } catch (error) {
      this._panels.replaceChildren(h("p", { class: "error-text", role: "alert" }, error.message));
      return;
    }
    const keyed = Boolean(key());
    this._panels.replaceChildren(
      h("dl", { class: "address" }, h("dt", {}, "Base URL"), h("dd", {}, h("code", {}, `${location.origin}/v1`)),
        h("dt", {}, "API key"), h("dd", {}, keyed ? h("code", {}, ENVIRONMENT) : "not needed; if a client asks for one, enter anything")),
      ...Object.entries(SNIPPETS).map(([title, { language, install, write }]) => {
        const text = write(task, request, location.origin, keyed);
        return h("section", { "aria-label": title }, h("h2", {}, title), install && h("p", { class: "muted" }, h("code", {}, install)),
          h("div", { class: "code" }, h("div", { class: "code-head" }, h("span", {}, language), copyButton(() => text, `Copy ${title}`)),
            h("pre", { tabindex: "0" }, h("code", { "data-language": language }, text))));
      }),
      h("p", {}, "Everything else is in the ", h("a", { href: "/docs" }, "API reference"), "."));
    highlight(this._panels);
  }
}
