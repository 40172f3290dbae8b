"""Models that run on other servers, which speak OpenAI's API."""
