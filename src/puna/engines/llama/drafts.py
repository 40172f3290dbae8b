"""Drafts: tokens that are guessed by something quick, and checked by the model in one batch."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

if TYPE_CHECKING:  # an engine's process does without it
    from puna.formats.gguf import Metadata

Drafter = Literal["ngram-simple", "draft-simple", "draft-mtp", "draft-dflash", "draft-dspark", "draft-eagle3"]
"""What guesses, as llama.cpp calls it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafts:
    """What is drafted for every request of an engine.

    Where the last `ngram` tokens of a text occur in it before, up to `length` of those that followed are drafted. A
    `drafter` drafts up to `tokens`: another `model`, or layers of the model itself. `by_request` says that the engine
    drafts nothing for a request that wants log probabilities, and takes texts to draft from.
    """

    ngram: int = 0
    length: int = 0
    drafter: Drafter | None = None
    model: Path | None = None
    tokens: int = 0
    by_request: bool = False

    @property
    def most(self) -> int:
        """How many tokens may be drafted at once, for one sequence."""
        return max(self.length, self.tokens)

    @property
    def drafters(self) -> Iterator[Drafter]:
        """All that draft."""
        if self.ngram:
            yield "ngram-simple"
        if self.drafter:
            yield self.drafter

    def arguments(self) -> dict[str, str]:
        """The options of `llama-server`."""
        arguments = {"--spec-type": ",".join(self.drafters)}
        if self.ngram:
            arguments |= {
                "--spec-ngram-simple-size-n": str(self.ngram),
                "--spec-ngram-simple-size-m": str(self.length),
            }
        if self.drafter:
            arguments["--spec-draft-n-max"] = str(self.tokens)
        if self.model:
            arguments["--spec-draft-model"] = str(self.model)
        return arguments

    def to_json(self) -> dict[str, Any]:
        """The drafts as plain JSON."""
        return {**asdict(self), "model": str(self.model) if self.model else None}

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`."""
        return cls(**{**fields, "model": Path(fields["model"]) if fields["model"] else None})


def drafter_of(metadata: "Metadata") -> Drafter:
    """How a model drafts for another one, from its header."""
    names = {tensor.name for tensor in metadata.tensors}
    match metadata.architecture:
        case "dflash":
            return "draft-dspark" if "markov_w1.weight" in names else "draft-dflash"
        case "eagle3":
            return "draft-eagle3"
        case _:
            return "draft-mtp" if has_next_tokens(metadata) else "draft-simple"


def has_next_tokens(metadata: "Metadata") -> bool:
    """Whether a model has layers of its own that predict more than the next token."""
    layers = metadata.get("{arch}.nextn_predict_layers")
    return isinstance(layers, int) and layers > 0
