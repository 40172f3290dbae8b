"""The four forms of a prompt or an input: a text, several texts, the tokens of one, those of several."""

from typing import Annotated, cast

from pydantic import Field

from puna.core.completions import Prompt

Tokens = Annotated[list[int], Field(min_length=1)]
Texts = Annotated[list[str], Field(min_length=1)]
TokenLists = Annotated[list[Tokens], Field(min_length=1)]


def prompts(given: str | list[str] | list[int] | list[list[int]]) -> tuple[Prompt, ...]:
    """Whichever form it has, one prompt or several."""
    match given:
        case str():
            return (given,)
        case [int(), *_]:
            return (tuple(cast("list[int]", given)),)
        case _:
            several = cast("list[str | list[int]]", given)
            return tuple(prompt if isinstance(prompt, str) else tuple(prompt) for prompt in several)
