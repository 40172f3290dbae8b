"""How a request wants its model: `options`, which are the Modelfile's parameters, and `keep_alive`."""

import math
from typing import Any

from puna.core.errors import InvalidRequest
from puna.core.sampling import Sampling
from puna.core.subjects import Setting
from puna.library.parameters import Parameters
from puna.settings import duration

DEFAULTS = Sampling(
    temperature=0.8,
    top_p=0.9,
    top_k=40,
    min_p=0.0,
    typical_p=1.0,
    frequency_penalty=0.0,
    presence_penalty=0.0,
    repeat_penalty=1.0,
    repeat_last_n=64,
    stop=(),
)
"""What Ollama documents for an option that neither the request nor the model gives."""


def read_options(options: dict[str, Any] | None) -> Parameters:
    """The options. Those that only say how an engine is to use the machine, and are not in Puna's hands, change
    nothing: num_keep, num_batch, main_gpu, use_mmap (docs/compatibility.md).

    Raises InvalidRequest for a name that is unknown or a value that can't be.
    """
    try:
        parameters = Parameters.from_json(options or {})
        parameters.check()
    except InvalidRequest as error:
        param = f"options.{error.about.name}" if isinstance(error.about, Setting) else "options"
        raise InvalidRequest(f"Invalid 'options': {error.message}.", param=param, code=error.code) from error
    return parameters


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
