"""What helps against an error is said at the edge, and nowhere below it."""

import pytest

from puna.api.advice import with_advice
from puna.core.errors import (
    ContextLengthExceeded,
    EngineFailed,
    MemoryTooSmall,
    ModelNotFound,
    PunaError,
    QueueFull,
    RequestTooLarge,
)
from puna.core.subjects import Conversation, InputAt


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (ModelNotFound("phi:latest", elsewhere=True), "puna pull phi:latest"),
        (ContextLengthExceeded(9, 8, about=Conversation()), "PUNA_CONTEXT_LENGTH"),
        (ContextLengthExceeded(9, 8, about=InputAt(0)), "embed it in several parts"),
        (MemoryTooSmall(2**40, 2**30), "PUNA_MEMORY"),
        (QueueFull(4), "PUNA_MAX_QUEUE"),
        (RequestTooLarge(4), "PUNA_MAX_REQUEST_SIZE"),
    ],
)
def test_a_user_reads_what_is_wrong_and_what_helps(error: PunaError, advice: str) -> None:
    told = with_advice(error)
    assert told.startswith(error.message)
    assert advice in told
    assert advice not in error.message


@pytest.mark.parametrize(
    "error",
    [
        ModelNotFound("pinned@sha256:0"),
        ModelNotFound("x", "model 'x' not found, did you mean 'y'?"),
        EngineFailed("no"),
    ],
)
def test_where_nothing_helps_nothing_is_added(error: PunaError) -> None:
    assert with_advice(error) == error.message
