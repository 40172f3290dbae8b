// What an application does with the ollama package. Prints what it got as JSON.
import { Ollama } from 'ollama'

const ollama = new Ollama({ host: process.env.PUNA_URL })
const model = 'tiny'
const prompt = 'Say this is a test'
const messages = [{ role: 'user', content: prompt }]
const schema = { type: 'object', properties: { count: { type: 'integer' } }, required: ['count'] }

async function collect(stream) {
  const parts = []
  for await (const part of await stream) parts.push(part)
  return parts
}

const names = async () => (await ollama.list()).models.map((each) => each.name)

const version = (await ollama.version()).version
const chat = await ollama.chat({ model, messages })
const streamed = await collect(ollama.chat({ model, messages, stream: true }))
const running = (await ollama.ps()).models.map((each) => each.name)
const generated = await ollama.generate({ model, prompt })
const generatedStream = await collect(ollama.generate({ model, prompt, stream: true }))
const formed = await ollama.chat({ model, messages, format: schema, options: { num_predict: 200 } })
const { embeddings } = await ollama.embed({ model, input: ['one', 'two'] })

const endless = await ollama.generate({ model, prompt: 'x', raw: true, stream: true, options: { num_predict: 100000 } })
const stopped = await (async () => {
  for await (const part of endless) if (part.response) endless.abort()
})().catch((error) => ({ name: error.name }))

const created = await collect(
  ollama.create({ model: 'mine', from: model, system: 'Be brief.', parameters: { top_k: 3 }, stream: true }),
)
const { system, parameters } = await ollama.show({ model: 'mine' })
await ollama.copy({ source: 'mine', destination: 'copied' })
const digests = Object.fromEntries((await ollama.list()).models.map((each) => [each.name, each.digest]))
await ollama.delete({ model: 'copied' })
const left = await names()
const missing = await ollama.chat({ model: 'nothing-like-it', messages }).catch((error) => error)
await ollama.generate({ model, prompt: '', keep_alive: 0 })
await ollama.embed({ model, input: 'one', keep_alive: 0 })
const unloaded = (await ollama.ps()).models

console.log(
  JSON.stringify({
    version,
    chat: chat.message,
    counted: chat.prompt_eval_count > 0 && chat.eval_count >= 4 && chat.total_duration > 0,
    streamed: streamed.map((part) => part.message.content).join(''),
    last: { done: streamed.at(-1).done, done_reason: streamed.at(-1).done_reason },
    running,
    generated: generated.response,
    generatedStream: generatedStream.map((part) => part.response).join(''),
    schema: formed.message.content,
    vectors: embeddings,
    stopped,
    created: created.map((step) => step.status),
    shown: { system, parameters },
    digests,
    left,
    missing: { message: missing.message, status: missing.status_code },
    unloaded,
  }),
)
