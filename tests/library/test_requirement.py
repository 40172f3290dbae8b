"""What a model requires of Ollama."""

import pytest

from puna.library.requirement import LEVEL, unmet


@pytest.mark.parametrize("version", ["", "soon", "0.6.0", "v0.14", "0.14.0-rc1", LEVEL])
def test_what_is_known_here_is_no_problem(version: str) -> None:
    assert unmet(version) is None


@pytest.mark.parametrize("version", ["0.99.0", "v1.0", "0.33"])
def test_a_newer_ollama_is_named_with_the_level(version: str) -> None:
    problem = unmet(version)
    assert problem
    assert version.removeprefix("v") in problem
    assert LEVEL in problem
