"""All dialects that a server speaks."""

from puna.api.ollama.application import DIALECT as OLLAMA
from puna.api.openai.application import DIALECT as OPENAI

DIALECTS = (OPENAI, OLLAMA)
"""In this order: the first that claims a request has it."""
