"""OpenAI's Responses API, with its state."""
