// Pushes a model, deletes it, and pulls it back; prints the progress as JSON.
import { Ollama } from 'ollama'

const ollama = new Ollama({ host: process.env.PUNA_URL })
const model = process.env.REGISTRY

async function collect(stream) {
  const steps = []
  for await (const step of await stream) steps.push(step)
  return steps
}

const digest = async () => (await ollama.list()).models.find((each) => each.name === model)?.digest

await ollama.copy({ source: 'tiny', destination: model })
const before = await digest()
const pushed = await collect(ollama.push({ model, insecure: true, stream: true }))
await ollama.delete({ model })
const pulled = await collect(ollama.pull({ model, insecure: true, stream: true }))

console.log(JSON.stringify({ before, pushed, pulled, after: await digest() }))
