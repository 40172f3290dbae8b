"""Errors that are sent to another process, as those of an engine in another one."""

import pickle

import pytest

from puna.core.errors import (
    ContextLengthExceeded,
    EngineLost,
    InvalidRequest,
    MemoryTooSmall,
    NotHeld,
    PunaError,
    SchemaNotMet,
)
from puna.core.subjects import MessageAt

ERRORS = [
    InvalidRequest("No.", about=MessageAt(1), code="c"),
    ContextLengthExceeded(5000, 4096, at_least=True),
    NotHeld(("pattern", "format")),
    SchemaNotMet("It does not fit."),
    MemoryTooSmall(2, 1),
    EngineLost("It was killed", log="the end", own_fault=False),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_arrives_as_it_was(error: PunaError) -> None:
    arrived = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert type(arrived) is type(error)
    assert str(arrived) == str(error)
    assert vars(arrived) == vars(error)
