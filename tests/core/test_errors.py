import ast
from pathlib import Path

import pytest

from puna.core import errors
from puna.core.errors import (
    ContextLengthExceeded,
    DamagedModel,
    EngineFailed,
    EngineLost,
    InvalidRequest,
    MemoryTooSmall,
    ModelNotFound,
    PunaError,
    QueueFull,
    RequestTooLarge,
    UnsupportedGrammar,
    UnsupportedSchema,
)
from puna.core.subjects import AnswerSchema, Conversation, ToolGrammar


@pytest.mark.parametrize(
    ("error", "numbers"),
    [
        (ContextLengthExceeded(600, 256), ("600 tokens", "256 tokens")),
        (RequestTooLarge(1000), ("1 KB",)),
        (MemoryTooSmall(3 * 2**30, 2**30), ("3.2 GB", "1.1 GB")),
        (QueueFull(8), ("8 requests",)),
        (ModelNotFound("llama"), ("'llama'",)),
    ],
)
def test_the_message_has_the_numbers_that_help(error: PunaError, numbers: tuple[str, ...]) -> None:
    assert str(error) == error.message
    assert all(number in error.message for number in numbers)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ContextLengthExceeded(2, 1), "context_length_exceeded"),
        (RequestTooLarge(1), "request_too_large"),
        (UnsupportedSchema("is not enforced", AnswerSchema(("not",))), "invalid_json_schema"),
        (UnsupportedGrammar("is none", ToolGrammar("dial")), "invalid_grammar"),
    ],
)
def test_what_a_client_may_act_on_has_a_code(error: InvalidRequest, code: str) -> None:
    assert error.code == code


def test_an_error_says_what_it_is_about_and_names_no_field() -> None:
    error = ContextLengthExceeded(2, 1, about=Conversation())
    assert (error.about, error.param) == (Conversation(), None)


def test_a_damaged_file_is_named_but_not_where_it_is() -> None:
    error = DamagedModel(Path("/home/ann/.puna/models/blobs/sha256-1"), "not a GGUF file")
    assert error.message == "sha256-1: not a GGUF file"


def test_the_end_of_an_engines_log_is_part_of_what_is_said() -> None:
    assert EngineFailed("It ended.", log="last line").message == "It ended.\nlast line"
    assert EngineLost("It ended.").message == "It ended."
    assert EngineLost("It ended.").own_fault


def test_no_error_of_the_core_names_commands_or_variables() -> None:
    """Advice for users of the server would be wrong where there is none: the edges add it."""
    texts = [
        node.value
        for node in ast.walk(ast.parse(Path(errors.__file__).read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert [text for text in texts if "PUNA_" in text or "puna " in text or "Modelfile" in text] == []
