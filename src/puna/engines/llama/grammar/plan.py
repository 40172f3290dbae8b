"""What a grammar is compiled from, and what comes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from puna.core.formats import Format, FreeText
from puna.core.tools import Tool
from puna.engines.llama.markup import PUNA_SHAPE, CallShape, ThinkingTags
from puna.structured.keywords import Path


class Guidance(Enum):
    """What an engine makes of grammars."""

    SURE = "llguidance holds them"
    UNSURE = "llguidance may give them up in silence"
    NONE = "there is no llguidance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an answer has to be. `forced` wants a call; `control` are tags that are single tokens and no text.
    `chosen` says that calls are the model's choice and only those are held that it has begun; the `specials` are all
    its tokens that are no text. The `guidance` is the engine's, with the model's vocabulary."""

    form: Format = field(default_factory=FreeText)
    tools: tuple[Tool, ...] = ()
    forced: bool = False
    several: bool = True
    shape: CallShape = PUNA_SHAPE
    thinking: ThinkingTags | None = None
    begun: bool = False
    control: Mapping[str, int] = field(default_factory=dict)
    chosen: bool = False
    specials: tuple[int, ...] = ()
    guidance: Guidance = Guidance.SURE


@dataclass(frozen=True, slots=True)
class Compiled:
    """A grammar, or the JSON Schema that an engine without llguidance makes one of, and the places in schemas of what
    it does not hold."""

    grammar: str
    unheld: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no grammar. `tool` names the tool whose schema, or whose grammar (`of_text`), is refused."""

    message: str
    path: Path = ()
    tool: str | None = None
    of_text: bool = False
