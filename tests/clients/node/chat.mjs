// What an application does with OpenAI's SDK: one answer whole, the same one streamed. Prints both as JSON.
import { messages, openai } from './client.mjs'

const request = { model: 'tiny', messages }

const answer = await openai.chat.completions.create(request)

const chunks = []
for await (const chunk of await openai.chat.completions.create({ ...request, stream: true })) chunks.push(chunk)

const models = []
for await (const model of openai.models.list()) models.push(model.id)

const missing = await openai.models.retrieve('ann/none:7b').catch((error) => error)

console.log(
  JSON.stringify({
    whole: answer.choices[0].message.content,
    streamed: chunks.map((chunk) => chunk.choices[0].delta.content ?? '').join(''),
    finish: chunks.at(-1).choices[0].finish_reason,
    first: models[0],
    missing: { status: missing.status, code: missing.code },
  }),
)
