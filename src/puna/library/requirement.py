"""What a model requires of Ollama, by its config's `requires`."""

import re

LEVEL = "0.32.15"
"""The version of Ollama whose formats and layouts Puna keeps up with."""

_VERSION = re.compile(r"v?(\d+)\.(\d+)(?:\.(\d+))?(?:[-+][0-9A-Za-z.+-]+)?")


def is_version(text: str) -> bool:
    """Whether that is a version, as in `0.14.0`."""
    return _VERSION.fullmatch(text) is not None


def unmet(requires: str) -> str | None:
    """Why a model may not work here; None where all is well, or what is required is no version."""
    if not is_version(requires) or _numbers(requires) <= _numbers(LEVEL):
        return None
    return f"requires Ollama {requires.removeprefix('v')}, but Puna follows Ollama {LEVEL}: it may not work correctly"


def _numbers(version: str) -> tuple[int, ...]:
    found = _VERSION.fullmatch(version)
    assert found
    return tuple(int(number or 0) for number in found.groups())
