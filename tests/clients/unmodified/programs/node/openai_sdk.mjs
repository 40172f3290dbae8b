// The `openai` package: chat, streams, helpers that parse, tools that run, responses, embeddings.
import OpenAI from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";
import { ANSWER, ASK, MODEL, equal, holds, use } from "./uses.mjs";

const client = new OpenAI();
const messages = [{ role: "user", content: ASK }];
const completions = client.chat.completions.parse ? client.chat.completions : client.beta.chat.completions;
const Person = z.object({ name: z.string(), age: z.number().int() });
const format = zodResponseFormat(Person, "person");

await use("chat", async () => {
  equal((await client.chat.completions.create({ model: MODEL, messages })).choices[0].message.content, ANSWER);
});

await use("stream", async () => {
  let text = "";
  for await (const chunk of await client.chat.completions.create({ model: MODEL, messages, stream: true })) {
    text += chunk.choices[0]?.delta?.content ?? "";
  }
  equal(text, ANSWER);
});

await use("structured output", async () => {
  const asked = { model: MODEL, response_format: format, max_tokens: 200 };
  const { message } = (await completions.parse({ ...asked, messages })).choices[0];
  Person.parse(message.parsed);
  const more = [...messages, message, { role: "user", content: "And another." }];
  Person.parse((await completions.parse({ ...asked, messages: more })).choices[0].message.parsed);
});

await use("tools that run", async () => {
  const called = [];
  const tool = {
    type: "function",
    function: {
      name: "add",
      description: "The sum of two numbers.",
      parameters: {
        type: "object",
        properties: { a: { type: "integer" }, b: { type: "integer" } },
        required: ["a", "b"],
        additionalProperties: false,
      },
      strict: true,
      parse: JSON.parse,
      function: ({ a, b }) => {
        called.push([a, b]);
        return String(a + b);
      },
    },
  };
  const runner = completions.runTools({ model: MODEL, messages, tools: [tool], max_tokens: 200 });
  holds(await runner.finalContent(), "there is an answer");
  equal(called.length, 1);
  const more = [...runner.messages, { role: "user", content: "Thanks." }];
  holds((await client.chat.completions.create({ model: MODEL, messages: more })).choices[0].message, "history is taken");
});

await use("stream helper", async () => {
  const stream = completions.stream({ model: MODEL, messages });
  equal(await stream.finalContent(), ANSWER);
  const again = [...messages, await stream.finalMessage(), ...messages];
  holds((await client.chat.completions.create({ model: MODEL, messages: again })).choices.length, "history is taken");
});

await use("responses", async () => {
  const first = await client.responses.create({ model: MODEL, input: ASK });
  equal(first.output_text, ANSWER);
  const second = await client.responses.create({ model: MODEL, input: ASK, previous_response_id: first.id });
  holds(second.output_text, "it goes on");
  const input = [{ role: "user", content: ASK }, ...first.output, { role: "user", content: "Again." }];
  holds((await client.responses.create({ model: MODEL, input })).output_text, "history is taken");
});

await use("responses stream", async () => {
  let text = "";
  for await (const event of await client.responses.create({ model: MODEL, input: ASK, stream: true })) {
    if (event.type === "response.output_text.delta") text += event.delta;
  }
  equal(text, ANSWER);
});

await use("embeddings", async () => {
  const { data } = await client.embeddings.create({ model: MODEL, input: ["one", "two"] });
  equal(data.length, 2);
  holds(data[0].embedding.length > 10, "it is a vector");
});

await use("errors", async () => {
  const error = await client.chat.completions.create({ model: "missing", messages }).catch((failure) => failure);
  equal([error.status, error.code], [404, "model_not_found"]);
});
