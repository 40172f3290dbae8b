// The `ollama` package: everything that its examples do.
import { Ollama } from "ollama";
import { ANSWER, ASK, MODEL, URL, equal, holds, use } from "./uses.mjs";

const client = new Ollama({ host: URL });
const messages = [{ role: "user", content: ASK }];
const schema = { type: "object", properties: { age: { type: "integer" } }, required: ["age"] };
const tool = { type: "function", function: { name: "add", description: "The sum.", parameters: schema } };

await use("chat", async () => equal((await client.chat({ model: MODEL, messages })).message.content, ANSWER));

await use("stream", async () => {
  let text = "";
  for await (const row of await client.chat({ model: MODEL, messages, stream: true })) text += row.message.content;
  equal(text, ANSWER);
});

await use("generate", async () => {
  const options = { num_predict: 5 };
  holds((await client.generate({ model: MODEL, prompt: "Once", options })).response, "there is a text");
});

await use("structured output", async () => {
  const { message } = await client.chat({ model: MODEL, messages, format: schema, options: { num_predict: 200 } });
  holds(Number.isInteger(JSON.parse(message.content).age), "it fits");
});

await use("tools", async () => {
  const { message } = await client.chat({ model: MODEL, messages, tools: [tool] });
  equal(message.tool_calls[0].function.name, "add");
  const more = [...messages, message, { role: "tool", tool_name: "add", content: "5" }];
  holds((await client.chat({ model: MODEL, messages: more, tools: [tool] })).message.content, "there is an answer");
});

await use("embeddings", async () => {
  equal((await client.embed({ model: MODEL, input: ["one", "two"], truncate: true })).embeddings.length, 2);
});

await use("models", async () => {
  equal((await client.pull({ model: MODEL })).status, "success");
  holds((await client.list()).models.length, "there are models");
  holds((await client.show({ model: MODEL })).capabilities, "it is shown");
});
