"""What a case of the evaluation is, and the words to write one."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from training.evaluation.engine import Body, Engine, Reply

Trial = Callable[[Engine], str | None]
"""Asks the engine; gives nothing if the answer is right, else what came."""


@dataclass(frozen=True)
class Case:
    """A skill, what was asked in short, and the trial."""

    skill: str
    asked: str
    trial: Trial


def user(text: str) -> Body:
    return {"role": "user", "content": text}


def system(text: str) -> Body:
    return {"role": "system", "content": text}


def assistant(text: str) -> Body:
    return {"role": "assistant", "content": text}


def chat(skill: str, messages: list[Body], right: Callable[[Reply], bool], **options: Any) -> Case:
    """A case that asks for one reply and judges it."""

    def trial(engine: Engine) -> str | None:
        reply = engine.chat(messages, **options)
        return None if right(reply) else repr(reply)

    return Case(skill, str(messages[-1]["content"]), trial)


def exactly(expected: str) -> Callable[[Reply], bool]:
    return lambda reply: reply.content == expected


def containing(*expected: str) -> Callable[[Reply], bool]:
    return lambda reply: all(part.lower() in reply.content.lower() for part in expected)


def any_of(*expected: str) -> Callable[[Reply], bool]:
    return lambda reply: any(part.lower() in reply.content.lower() for part in expected)


def json_of(expected: object) -> Callable[[Reply], bool]:
    def right(reply: Reply) -> bool:
        try:
            return bool(json.loads(reply.content) == expected)
        except ValueError:
            return False

    return right


def spread(random: Random, frames: tuple[str, ...], count: int) -> Iterator[str]:
    """So many frames, each about as often as the others."""
    for number in range(count):
        if number % len(frames) == 0:
            order = random.sample(frames, len(frames))
        yield order[number % len(frames)]
