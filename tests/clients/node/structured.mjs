// Answers of a schema: parsed with zod, whole and streamed.
import { zodResponseFormat } from 'openai/helpers/zod'
import { z } from 'zod'
import { messages, openai } from './client.mjs'

const Answer = z.object({ verdict: z.enum(['yes', 'no']), steps: z.array(z.enum(['a', 'b'])).min(1).max(2) })
const request = { model: 'tiny', messages, response_format: zodResponseFormat(Answer, 'answer'), max_tokens: 200 }

const whole = (await openai.chat.completions.parse(request)).choices[0].message

let snapshot
let last
const stream = openai.chat.completions
  .stream({ ...request, stream_options: { include_usage: true } })
  .on('content.delta', (event) => (snapshot = event.snapshot))
  .on('content.done', (event) => (last = event.parsed))
const final = await stream.finalChatCompletion()
const usage = await stream.totalUsage()

console.log(
  JSON.stringify({
    whole: Answer.safeParse(whole.parsed).success,
    streamed: Answer.safeParse(JSON.parse(snapshot)).success,
    done: Answer.safeParse(last).success,
    final: Answer.safeParse(final.choices[0].message.parsed).success,
    usage: usage.total_tokens === usage.prompt_tokens + usage.completion_tokens && usage.completion_tokens > 0,
  }),
)
