"""All dialects that a server speaks."""

from puna.api.anthropic.application import DIALECT as ANTHROPIC
from puna.api.ollama.application import DIALECT as OLLAMA
from puna.api.openai.application import DIALECT as OPENAI

DIALECTS = (ANTHROPIC, OPENAI, OLLAMA)
"""In this order: the first that claims a request has it."""
