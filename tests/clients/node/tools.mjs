// A forced call whole, as a stream with the helper's events, parsed with zod, and run by the tool runner.
import { zodFunction } from 'openai/helpers/zod'
import { z } from 'zod'
import { messages, openai } from './client.mjs'

const Weather = z.object({ city: z.enum(['Paris', 'Rome']), days: z.enum(['one', 'two']) })
const tool = zodFunction({ name: 'get_weather', parameters: Weather })
const forced = { type: 'function', function: { name: 'get_weather' } }
const request = {
  model: 'tiny', messages, tools: [tool], tool_choice: forced, parallel_tool_calls: false, max_tokens: 200,
}

const [call] = (await openai.chat.completions.create(request)).choices[0].message.tool_calls

const pieces = []
let done
const stream = openai.chat.completions
  .stream(request)
  .on('tool_calls.function.arguments.delta', (event) => pieces.push(event.arguments_delta))
  .on('tool_calls.function.arguments.done', (event) => (done = event))
const final = (await stream.finalChatCompletion()).choices[0]

const parsed = (await openai.chat.completions.parse(request)).choices[0].message.tool_calls[0].function

const asked = []
const runnable = {
  type: 'function',
  function: {
    name: 'get_weather',
    parameters: { type: 'object', properties: { city: { enum: ['Paris'] } }, required: ['city'], additionalProperties: false },
    parse: JSON.parse,
    function: ({ city }) => {
      asked.push(city)
      return 'sunny'
    },
  },
}
// With a named tool_choice the runner returns after the result.
const result = await openai.chat.completions
  .runTools({ ...request, tools: [runnable] })
  .finalFunctionToolCallResult()

console.log(
  JSON.stringify({
    name: call.function.name,
    id: call.id.startsWith('call_'),
    valid: Weather.safeParse(JSON.parse(call.function.arguments)).success,
    streamed: Weather.safeParse(JSON.parse(pieces.join(''))).success,
    several: pieces.length > 1,
    done: [done.name, done.index, done.arguments === pieces.join('')],
    reason: final.finish_reason,
    helper: Weather.safeParse(final.message.tool_calls[0].function.parsed_arguments).success,
    parsed: Weather.safeParse(parsed.parsed_arguments).success,
    run: [asked, result],
  }),
)
