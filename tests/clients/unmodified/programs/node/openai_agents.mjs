// OpenAI's agents, on responses and on chat completions.
import { Agent, OpenAIChatCompletionsModel, OpenAIResponsesModel, run, setTracingDisabled, tool } from "@openai/agents";
import OpenAI from "openai";
import { z } from "zod";
import { ANSWER, ASK, MODEL, equal, holds, use } from "./uses.mjs";

setTracingDisabled(true);
const client = new OpenAI();
const MODELS = [new OpenAIResponsesModel(client, MODEL), new OpenAIChatCompletionsModel(client, MODEL)];
const modelSettings = { maxTokens: 300 };
const add = tool({
  name: "add",
  description: "The sum of two numbers.",
  parameters: z.object({ a: z.number().int(), b: z.number().int() }),
  execute: async ({ a, b }) => String(a + b),
});

await use("chat", async () => {
  for (const model of MODELS) {
    equal((await run(new Agent({ name: "helper", model, modelSettings }), ASK)).finalOutput, ANSWER);
  }
});

await use("tools", async () => {
  for (const model of MODELS) {
    const agent = new Agent({ name: "helper", model, modelSettings, tools: [add] });
    const result = await run(agent, "Add 2 and 3.");
    equal(result.rawResponses.length, 2);
    holds((await run(agent, [...result.history, { role: "user", content: "Thanks." }])).finalOutput, "history is taken");
  }
});

await use("structured output", async () => {
  const outputType = z.object({ name: z.string(), age: z.number().int() });
  for (const model of MODELS) {
    outputType.parse((await run(new Agent({ name: "helper", model, modelSettings, outputType }), ASK)).finalOutput);
  }
});

await use("stream", async () => {
  for (const model of MODELS) {
    const result = await run(new Agent({ name: "helper", model, modelSettings }), ASK, { stream: true });
    for await (const _ of result);
    equal(result.finalOutput, ANSWER);
  }
});
