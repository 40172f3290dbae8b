// The AI SDK, with providers of OpenAI, of servers like it, and of Ollama.
import { embedMany, generateObject, generateText, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";
import { ANSWER, ASK, BASE_URL, CLIENT, MODEL, URL, equal, holds, use } from "./uses.mjs";

async function provided() {
  switch (CLIENT) {
    case "ai-openai": {
      const { createOpenAI } = await import("@ai-sdk/openai");
      const provider = createOpenAI({ baseURL: BASE_URL, apiKey: "unused" });
      return { models: [provider(MODEL), provider.chat(MODEL)], vectors: provider.embedding(MODEL) };
    }
    case "ai-openai-compatible": {
      const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
      const settings = { name: "puna", baseURL: BASE_URL, supportsStructuredOutputs: true };
      const provider = createOpenAICompatible(settings);
      return { models: [provider(MODEL)], vectors: (provider.embeddingModel ?? provider.textEmbeddingModel)(MODEL) };
    }
    case "ai-ollama-v2": {
      const { createOllama } = await import("ollama-ai-provider-v2");
      const provider = createOllama({ baseURL: `${URL}/api` });
      return { models: [provider(MODEL)], vectors: provider.embedding(MODEL) };
    }
    default: {
      const { createOllama } = await import("ai-sdk-ollama");
      const provider = createOllama({ baseURL: URL });
      return { models: [provider(MODEL)], vectors: provider.embedding(MODEL) };
    }
  }
}

const { models, vectors } = await provided();
const add = tool({
  description: "The sum of two numbers.",
  inputSchema: z.object({ a: z.number().int(), b: z.number().int() }),
  execute: async ({ a, b }) => a + b,
});

await use("chat", async () => {
  for (const model of models) equal((await generateText({ model, prompt: ASK })).text, ANSWER);
});

await use("stream", async () => {
  for (const model of models) {
    let text = "";
    for await (const piece of streamText({ model, prompt: ASK, temperature: 0, topP: 0.9, maxOutputTokens: 50 }).textStream) {
      text += piece;
    }
    equal(text, ANSWER);
  }
});

await use("structured output", async () => {
  const schema = z.object({ name: z.string(), age: z.number().int() });
  for (const model of models) {
    const { object } = await generateObject({ model, schema, prompt: ASK, maxOutputTokens: 300 });
    schema.parse(object);
  }
});

await use("tools", async () => {
  for (const model of models) {
    const asked = { model, tools: { add }, prompt: "Add 2 and 3.", stopWhen: stepCountIs(3), maxOutputTokens: 200 };
    const result = await generateText({ ...asked, toolChoice: "auto" });
    holds(result.steps[0].toolCalls.length === 1, "it is called once");
    const more = [{ role: "user", content: "Add 2 and 3." }, ...result.response.messages, { role: "user", content: "Again." }];
    holds((await generateText({ model, messages: more })).text, "history is taken");
  }
});

await use("forced tool", async () => {
  for (const model of models) {
    const asked = { model, tools: { add }, prompt: "Add 2 and 3.", maxOutputTokens: 200 };
    equal((await generateText({ ...asked, toolChoice: "required" })).toolCalls.length, 1);
  }
});

await use("embeddings", async () => {
  equal((await embedMany({ model: vectors, values: ["one", "two"] })).embeddings.length, 2);
});
