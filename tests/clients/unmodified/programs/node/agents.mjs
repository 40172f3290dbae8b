// Coding agents: each is asked what is in a folder, runs `ls` there as its model says, and answers.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { BASE_URL, CLIENT, holds, use } from "./uses.mjs";

const ASK = "What is in this folder?";
const ANSWER = "The folder holds notes.txt, nothing else.";
const PACKAGES = join(dirname(fileURLToPath(import.meta.url)), "node_modules");
const FOLDER = join(process.env.HOME, "folder");
mkdirSync(FOLDER, { recursive: true });
writeFileSync(join(FOLDER, "notes.txt"), "");

// What npm would have run once the package was there.
for (const script of ["opencode-ai/postinstall.mjs"]) {
  if (existsSync(join(PACKAGES, script))) spawnSync("node", [script.split("/")[1]], { cwd: join(PACKAGES, script, "..") });
}

function run(program, words, variables = {}) {
  return new Promise((resolve) => {
    const child = spawn(join(PACKAGES, ".bin", program), words, {
      cwd: FOLDER,
      env: { ...process.env, ...variables },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    child.stdout.on("data", (piece) => (said += piece));
    child.stderr.on("data", (piece) => (said += piece));
    child.on("close", () => resolve(said));
  });
}

async function asks(program, words, variables) {
  const said = await run(program, words, variables);
  holds(said.includes(ANSWER), `${ANSWER} is in ${said.slice(-1500)}`);
}

const codex = ["exec", "--skip-git-repo-check"];
const provider = (more) => [
  "-c", 'model="agent-codex"', "-c", 'model_provider="puna"',
  "-c", `model_providers.puna={name="Puna", base_url="${BASE_URL}", wire_api="responses"${more}}`,
];
const copilot = {
  COPILOT_PROVIDER_BASE_URL: BASE_URL, COPILOT_MODEL: "agent-copilot", COPILOT_OFFLINE: "true", NO_COLOR: "1",
};
const opencode = {
  provider: {
    puna: {
      npm: "@ai-sdk/openai-compatible",
      options: { baseURL: BASE_URL, apiKey: "unused" },
      models: { "agent-opencode": {} },
    },
  },
  model: "puna/agent-opencode",
  small_model: "puna/agent-opencode",
};

const USES = {
  codex: {
    provider: () => asks("codex", [...provider(""), ...codex, ASK]),
    websocket: () => asks("codex", [...provider(", supports_websockets=true"), ...codex, ASK]),
    oss: () =>
      asks("codex", [...codex, "--oss", "--local-provider", "ollama", "-m", "agent-codex:latest", ASK], {
        CODEX_OSS_BASE_URL: BASE_URL,
      }),
  },
  opencode: { run: () => asks("opencode", ["run", ASK], { OPENCODE_CONFIG_CONTENT: JSON.stringify(opencode) }) },
  "qwen-code": {
    prompt: () =>
      asks("qwen", ["--auth-type", "openai", "--model", "agent-qwen", "-y", "-p", ASK], {
        OPENAI_BASE_URL: BASE_URL, OPENAI_API_KEY: "unused",
      }),
  },
  "copilot-cli": {
    completions: () => asks("copilot", ["-p", ASK, "--allow-all-tools"], copilot),
    responses: () =>
      asks("copilot", ["-p", ASK, "--allow-all-tools"], { ...copilot, COPILOT_PROVIDER_WIRE_API: "responses" }),
    websocket: () =>
      asks("copilot", ["-p", ASK, "--allow-all-tools"], {
        ...copilot, COPILOT_PROVIDER_WIRE_API: "responses", COPILOT_PROVIDER_TRANSPORT: "websockets",
      }),
  },
};

for (const [name, uses] of Object.entries(USES[CLIENT])) await use(name, uses);
