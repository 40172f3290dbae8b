// instructor for JavaScript, in its modes for OpenAI's API.
import Instructor from "@instructor-ai/instructor";
import OpenAI from "openai";
import { z } from "zod";
import { ASK, MODEL, use } from "./uses.mjs";

const schema = z.object({ name: z.string(), age: z.number().int() });
const client = new OpenAI();

for (const mode of ["TOOLS", "FUNCTIONS", "JSON_SCHEMA"]) {
  await use(mode.toLowerCase(), async () => {
    const asked = { model: MODEL, messages: [{ role: "user", content: ASK }], max_tokens: 200, max_retries: 2 };
    schema.parse(
      await Instructor({ client, mode }).chat.completions.create({ ...asked, response_model: { schema, name: "Person" } }),
    );
  });
}
