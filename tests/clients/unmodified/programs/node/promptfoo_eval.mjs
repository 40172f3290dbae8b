// promptfoo: an evaluation with providers of OpenAI's kind and of Ollama's.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ANSWER, ASK, BASE_URL, MODEL, equal, use } from "./uses.mjs";

const PROGRAM = fileURLToPath(new URL("node_modules/promptfoo/dist/src/entrypoint.js", import.meta.url));
const QUIET = { PROMPTFOO_DISABLE_TELEMETRY: "1", PROMPTFOO_DISABLE_UPDATE: "1", PROMPTFOO_CONFIG_DIR: process.cwd() };

function evaluate(provider) {
  const tests = [{ assert: [{ type: "equals", value: ANSWER }] }];
  writeFileSync("config.json", JSON.stringify({ prompts: [ASK], providers: [provider], tests }));
  const command = ["eval", "-c", "config.json", "-o", "found.json", "--no-cache", "--no-progress-bar", "--no-table"];
  execFileSync(process.execPath, [PROGRAM, ...command], { env: { ...process.env, ...QUIET }, stdio: "pipe" });
  equal(JSON.parse(readFileSync("found.json")).results.stats.successes, 1);
}

await use("openai provider", () => evaluate({ id: `openai:chat:${MODEL}`, config: { apiBaseUrl: BASE_URL } }));
await use("responses provider", () => evaluate({ id: `openai:responses:${MODEL}`, config: { apiBaseUrl: BASE_URL } }));
await use("ollama provider", () => evaluate({ id: `ollama:chat:${MODEL}` }));
