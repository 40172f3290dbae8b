// Each failure as the class that applications catch, and a stream that is left.
import OpenAI from 'openai'
import { messages, openai } from './client.mjs'

const caught = async (promise) => {
  const error = await promise.then(() => null, (reason) => reason)
  return [error?.constructor.name, error?.status, error?.param, error?.code]
}
const chat = (fields) => openai.chat.completions.create({ model: 'tiny', messages, ...fields })

const stream = await chat({ stream: true })
for await (const chunk of stream) {
  if (chunk.choices[0].delta.content) break
}

const nowhere = new OpenAI({ baseURL: 'http://127.0.0.1:1/v1/', apiKey: 'puna', maxRetries: 0 })

console.log(
  JSON.stringify({
    unknown: await caught(chat({ model: 'nobody' })),
    field: await caught(chat({ temperature: 3 })),
    extra: await caught(chat({ typo: 1 })),
    embedding: await caught(openai.embeddings.create({ model: 'tiny', input: '' })),
    completion: await caught(openai.completions.create({ model: 'tiny', prompt: [99999999] })),
    connection: (await caught(nowhere.models.list()))[0],
    after: (await chat({})).choices[0].message.content,
  }),
)
