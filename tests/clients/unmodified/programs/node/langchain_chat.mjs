// LangChain.js: chat models and embeddings, from OpenAI's package or Ollama's.
import { HumanMessage, ToolMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { z } from "zod";
import { ANSWER, ASK, BASE_URL, CLIENT, MODEL, URL, equal, holds, use } from "./uses.mjs";

async function provided() {
  if (CLIENT === "langchain-js-openai") {
    const { ChatOpenAI, OpenAIEmbeddings } = await import("@langchain/openai");
    const configuration = { baseURL: BASE_URL };
    return {
      model: new ChatOpenAI({ model: MODEL, apiKey: "unused", configuration, maxTokens: 200 }),
      vectors: new OpenAIEmbeddings({ model: MODEL, apiKey: "unused", configuration }),
    };
  }
  const { ChatOllama, OllamaEmbeddings } = await import("@langchain/ollama");
  return {
    model: new ChatOllama({ model: MODEL, baseUrl: URL, numPredict: 200 }),
    vectors: new OllamaEmbeddings({ model: MODEL, baseUrl: URL }),
  };
}

const { model, vectors } = await provided();
const Person = z.object({ name: z.string(), age: z.number().int() });
const add = tool(async ({ a, b }) => String(a + b), {
  name: "add",
  description: "The sum of two numbers.",
  schema: z.object({ a: z.number().int(), b: z.number().int() }),
});

await use("chat", async () => equal((await model.invoke(ASK)).content, ANSWER));

await use("stream", async () => {
  let text = "";
  for await (const chunk of await model.stream(ASK)) text += chunk.content;
  equal(text, ANSWER);
});

await use("structured output", async () => Person.parse(await model.withStructuredOutput(Person).invoke(ASK)));

await use("tools", async () => {
  const bound = model.bindTools([add]);
  const ask = new HumanMessage("Add 2 and 3.");
  const answer = await bound.invoke([ask]);
  const [call] = answer.tool_calls;
  equal(call.name, "add");
  const result = new ToolMessage({ content: "5", tool_call_id: call.id });
  holds((await bound.invoke([ask, answer, result])).content, "there is an answer");
});

await use("embeddings", async () => equal((await vectors.embedDocuments(["one", "two"])).length, 2));
