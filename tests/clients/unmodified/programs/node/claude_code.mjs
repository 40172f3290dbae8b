// Claude Code, asked from its command line. `talker` says one text, `caller` calls Bash whatever it is asked.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { URL, equal, holds, use } from "./uses.mjs";

const home = process.cwd();
const program = join(dirname(createRequire(import.meta.url).resolve("@anthropic-ai/claude-code/package.json")), "cli-wrapper.cjs");
const short = ["--tools", "Bash", "--system-prompt", "You help."];

function claude(model, ...args) {
  const names = ["ANTHROPIC_MODEL", "ANTHROPIC_DEFAULT_HAIKU_MODEL", "ANTHROPIC_DEFAULT_SONNET_MODEL"];
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    ANTHROPIC_BASE_URL: URL,
    ANTHROPIC_AUTH_TOKEN: "unused",
    ANTHROPIC_API_KEY: "",
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    ...Object.fromEntries(names.map((name) => [name, model])),
  };
  const ran = spawnSync(process.execPath, [program, "-p", ...args], { cwd: home, env, encoding: "utf8", input: "" });
  return { text: ran.stdout.trim(), all: ran.stdout + ran.stderr };
}

await use("answer", () => equal(claude("talker", "Say hello.", ...short).text, "Hello, I am a scripted model."));

await use("whole prompt", () => equal(claude("talker", "Say hello.").text, "Hello, I am a scripted model."));

await use("tools", () => {
  const { all } = claude("caller", "Write it.", "--allowedTools", "Bash", "--max-turns", "2", ...short);
  holds(existsSync("made.txt"), all);
  equal(readFileSync("made.txt", "utf8"), "hello\n");
});

await use("conversation goes on", () => {
  equal(claude("thinker", "Well?", ...short).text, "Well, hello there!");
  equal(claude("thinker", "And?", "--continue", ...short).text, "Well, hello there!");
});
