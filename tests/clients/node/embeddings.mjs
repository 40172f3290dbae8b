// Vectors: the SDK asks for base64 by itself and decodes it.
import { openai } from './client.mjs'

const input = ['the sky is blue', 'the grass is green']
const plain = await openai.embeddings.create({ model: 'tiny', input })
const floats = await openai.embeddings.create({ model: 'tiny', input, encoding_format: 'float' })
const encoded = await openai.embeddings.create({ model: 'tiny', input, encoding_format: 'base64' })
const short = await openai.embeddings.create({ model: 'tiny', input: input[0], dimensions: 16 })

const length = (vector) => Math.hypot(...vector)
const equal = (one, other) => one.every((value, place) => Math.abs(value - other[place]) < 1e-3)

console.log(
  JSON.stringify({
    indexes: plain.data.map((entry) => entry.index),
    units: plain.data.every((entry) => Math.abs(length(entry.embedding) - 1) < 1e-3),
    same: plain.data.every((entry, place) => equal(entry.embedding, floats.data[place].embedding)),
    base64: typeof encoded.data[0].embedding,
    short: [short.data[0].embedding.length, Math.abs(length(short.data[0].embedding) - 1) < 1e-3],
    usage: plain.usage.prompt_tokens === plain.usage.total_tokens && plain.usage.prompt_tokens > 0,
  }),
)
