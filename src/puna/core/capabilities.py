"""What a model can be asked for."""

from typing import Literal

Capability = Literal["completion", "tools", "insert", "vision", "audio", "thinking", "embedding", "rerank", "image"]
"""Ollama's words (types/model/capability.go), and `rerank`: ordering texts by how well they fit a question."""
