"""Ollama's native API, under /api."""
