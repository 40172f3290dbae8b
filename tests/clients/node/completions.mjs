// Raw completions: given text scored, several prompts, a stream.
import { openai } from './client.mjs'

const scored = await openai.completions.create({
  model: 'tiny', prompt: 'This is a test.', echo: true, logprobs: 2, max_tokens: 0,
})
const { tokens, token_logprobs, top_logprobs, text_offset } = scored.choices[0].logprobs

const request = { model: 'tiny', prompt: 'This is', max_tokens: 6, temperature: 0 }
const whole = await openai.completions.create(request)
let streamed = ''
let usage
const stream = await openai.completions.create({ ...request, stream: true, stream_options: { include_usage: true } })
for await (const chunk of stream) {
  streamed += chunk.choices[0]?.text ?? ''
  usage = chunk.usage ?? usage
}

const several = await openai.completions.create({ ...request, prompt: ['This is', 'That is'], n: 2 })

console.log(
  JSON.stringify({
    text: scored.choices[0].text,
    joined: tokens.join(''),
    first: token_logprobs[0],
    negative: token_logprobs.slice(1).every((value) => value < 0),
    lists: [token_logprobs, top_logprobs, text_offset].every((list) => list.length === tokens.length),
    same: streamed === whole.choices[0].text,
    usage: usage.completion_tokens === whole.usage.completion_tokens,
    indexes: several.choices.map((choice) => choice.index),
  }),
)
