// The client that every flow uses, unmodified but for its address.
import OpenAI from 'openai'

export const openai = new OpenAI({ baseURL: process.env.PUNA_URL + '/v1/', apiKey: 'puna', maxRetries: 0 })
export const messages = [{ role: 'user', content: 'Say this is a test' }]
