"""What the model learns to do; a module a skill, each with an `example` that makes one document."""

from collections.abc import Callable

from training.conversation import Document
from training.fillers import Fillers
from training.skills import (
    arithmetic,
    calling,
    code,
    extraction,
    instructions,
    memory,
    prose,
    saying,
    small_talk,
)

Skill = Callable[[Fillers], Document]

FOUNDATION: dict[Skill, float] = {saying.example: 12, small_talk.example: 6, memory.example: 6, prose.example: 1}
"""What teaches to copy: each skill and its share of the documents."""

FULL: dict[Skill, float] = {
    saying.example: 7,
    small_talk.example: 4,
    memory.example: 20,
    memory.long: 0.7,
    instructions.example: 8,
    calling.example: 42,
    extraction.example: 10,
    arithmetic.example: 9,
    prose.example: 7,
    code.example: 24,
}
"""Everything."""
