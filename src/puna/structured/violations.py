"""Whether answers fit their schema, by a validator that knows nothing of the grammar that made them."""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

CHECK = "puna.structured.violations:violation"
CHECKING = 5.0
"""How many seconds a check may take."""


@dataclass(frozen=True, slots=True)
class Violation:
    """Which keyword of a schema an answer does not fit, where in the schema it is, and where in the answer."""

    keyword: str
    schema_path: str
    place: str
    reason: str

    @property
    def is_no_json(self) -> bool:
        return self.keyword == ""

    def __str__(self) -> str:
        if self.is_no_json:
            return self.reason
        where = f" ({self.schema_path})" if self.schema_path not in ("", self.keyword) else ""
        return f"'{self.keyword}'{where} fails at {self.place}: {self.reason}"


def violation(schema: str, text: str) -> Violation | None:
    """The first thing about a text that does not fit; None where it fits. Runs in a worker."""
    try:
        value = json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError) as problem:
        return Violation("", "", "", f"it is not valid JSON ({problem})")
    error = next(validator_of(schema).iter_errors(value), None)
    if error is None:
        return None
    path = [str(step) for step in error.schema_path]
    place = "".join(f"[{step!r}]" if isinstance(step, int) else f".{step}" for step in error.instance_path)
    return Violation(path[-1] if path else "schema", ".".join(path), place.lstrip(".") or "the answer", short(error))


@lru_cache(maxsize=64)
def validator_of(schema: str) -> Any:
    """The validator of a schema that was accepted before."""
    from puna.structured.document import Document  # only workers have to import a validator

    return Document(json.loads(schema)).validator()


def short(error: Any) -> str:
    """What a validator says, as far as it can be shown."""
    message = str(error.message)
    return message if len(message) <= 200 else f"{message[:197]}..."


def refuse(name: str) -> Any:
    """NaN and Infinity are no JSON, though Python reads them."""
    raise ValueError(name)
