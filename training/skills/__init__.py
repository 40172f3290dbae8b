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
    seeing,
    small_talk,
)

Skill = Callable[[Fillers], Document]

FOUNDATION: dict[Skill, float] = {saying.example: 12, small_talk.example: 6, memory.example: 6, prose.example: 1}
"""What teaches to copy: each skill and its share of the documents."""

FULL: dict[Skill, float] = {
    saying.example: 9,
    saying.plain: 40,
    seeing.example: 100,
    small_talk.example: 4,
    memory.example: 40,
    memory.long: 1.0,
    memory.longest: 0.1,
    instructions.example: 12,
    calling.example: 30,
    extraction.example: 14,
    arithmetic.example: 7,
    prose.example: 7,
    code.example: 24,
}
"""Everything."""
