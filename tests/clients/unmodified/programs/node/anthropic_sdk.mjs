// The `@anthropic-ai/sdk` package: messages, streams, thinking, tools and their runner, parsed answers, counting, models.
import Anthropic from "@anthropic-ai/sdk";
import { zodOutputFormat } from "@anthropic-ai/sdk/helpers/zod";
import { betaZodTool } from "@anthropic-ai/sdk/helpers/beta/zod";
import { z } from "zod";
import { ANSWER, ASK, MODEL, URL, equal, holds, use } from "./uses.mjs";

const client = new Anthropic({ baseURL: URL, apiKey: "unused" });
const messages = [{ role: "user", content: ASK }];
const base = { model: MODEL, max_tokens: 200, messages };
const add = {
  name: "add",
  description: "The sum of two numbers.",
  input_schema: {
    type: "object",
    properties: { a: { type: "integer" }, b: { type: "integer" } },
    required: ["a", "b"],
  },
};

await use("chat", async () => {
  const answer = await client.messages.create({ ...base, system: "Be kind." });
  equal([answer.content[0].text, answer.stop_reason], [ANSWER, "end_turn"]);
  const stopped = await client.messages.create({ ...base, stop_sequences: [" test"] });
  equal([stopped.stop_reason, stopped.stop_sequence], ["stop_sequence", " test"]);
});

await use("stream", async () => {
  let text = "";
  const stream = client.messages.stream(base).on("text", (piece) => (text += piece));
  const message = await stream.finalMessage();
  equal([text, message.content[0].text], [ANSWER, ANSWER]);
  holds(message.usage.input_tokens + message.usage.cache_read_input_tokens > 5, "usage");
  let last;
  for await (const event of await client.messages.create({ ...base, stream: true })) last = event.type;
  equal(last, "message_stop");
});

await use("thinking", async () => {
  const thinking = { type: "enabled", budget_tokens: 1024 };
  const message = await client.messages.stream({ ...base, max_tokens: 1500, thinking }).finalMessage();
  equal(message.content[0].type, "thinking");
  const again = [...messages, { role: "assistant", content: message.content }, ...messages];
  holds((await client.messages.create({ ...base, max_tokens: 1500, thinking, messages: again })).content.length, "more");
});

await use("tools", async () => {
  const message = await client.messages.stream({ ...base, tools: [add], tool_choice: { type: "any" } }).finalMessage();
  const call = message.content.find((block) => block.type === "tool_use");
  equal(Object.keys(call.input), ["a", "b"]);
  const result = { type: "tool_result", tool_use_id: call.id, content: "5" };
  const said = [...messages, { role: "assistant", content: message.content }, { role: "user", content: [result] }];
  holds((await client.messages.create({ ...base, tools: [add], messages: said })).content.length, "an answer");
});

await use("tool runner", async () => {
  let called = 0;
  const tool = betaZodTool({
    name: "add",
    description: "The sum of two numbers.",
    inputSchema: z.object({ a: z.int(), b: z.int() }),
    run: ({ a, b }) => ((called += 1), String(a + b)),
  });
  holds((await client.beta.messages.toolRunner({ ...base, tools: [tool] })).content.length, "an answer");
  holds(called > 0, "a call");
});

await use("structured output", async () => {
  const Person = z.object({ name: z.string(), age: z.int() });
  const output_config = { format: zodOutputFormat(Person) };
  const message = await client.messages.parse({ ...base, output_config });
  holds(Person.parse(message.parsed_output), "a person");
});

await use("counting and models", async () => {
  holds((await client.messages.countTokens({ model: MODEL, messages })).input_tokens > 5, "a count");
  const ids = [];
  for await (const model of client.models.list()) ids.push(model.id);
  holds(ids.includes(`${MODEL}:latest`), ids);
});

await use("errors", async () => {
  let kind;
  try {
    await client.messages.create({ ...base, model: "missing" });
  } catch (error) {
    kind = [error instanceof Anthropic.NotFoundError, error.error.error.type];
  }
  equal(kind, [true, "not_found_error"]);
});
