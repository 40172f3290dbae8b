"""`keep_alive`: how long a model stays in memory after a request."""

import math

from puna.core.errors import InvalidRequest
from puna.settings import duration

KeepAlive = int | float | str | None
"""A number of seconds, or a duration such as `5m`. Negative means for ever, 0 not at all."""


def read_keep_alive(value: KeepAlive) -> float | None:
    """Seconds; None where the request says nothing. Raises InvalidRequest."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        return math.inf if value < 0 else float(value)
    try:
        return duration(value)
    except ValueError as error:
        raise InvalidRequest(f"Invalid 'keep_alive': {value!r}: {error}.", param="keep_alive") from error
