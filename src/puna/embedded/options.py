"""Settings as arguments, read as the environment's are: both mean the same, and are refused in the same words."""

import math
import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from puna.settings import VARIABLES, Settings, read

PARSERS = {each.field: each.parse for each in VARIABLES.values() if each.field}


def overrides(given: dict[str, Any]) -> dict[str, Any]:
    """The settings of arguments that are not None. Raises SettingError, which names the argument."""
    found: dict[str, Any] = {}
    for field, value in given.items():
        if value is not None:
            found |= read(field, text_of(value), field, PARSERS[field])
    return found


def text_of(value: Any) -> str:
    """An argument as somebody would write it into a variable. A number with a fraction is one of seconds."""
    if isinstance(value, float):
        return "-1" if math.isinf(value) else f"{value:f}s"
    return os.fspath(value) if isinstance(value, os.PathLike) else str(value)


def changed_by(found: dict[str, Any]) -> Callable[[Settings], Settings]:
    """The settings with those in the place of the environment's."""
    return lambda settings: replace(settings, **found)
