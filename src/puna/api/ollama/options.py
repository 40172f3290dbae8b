"""How a request wants its model: `options`, which are the Modelfile's parameters, and `keep_alive`."""

import math
from collections.abc import Callable
from typing import Any

from puna.api.ollama.body import KeepAlive
from puna.core.errors import InvalidRequest
from puna.core.sampling import UNCHANGED, Sampling
from puna.core.subjects import Setting
from puna.library.parameters import Parameters, meant
from puna.settings import duration

DEFAULTS = Sampling(temperature=0.8, top_p=0.9, top_k=40, repeat_last_n=64).over(UNCHANGED)
"""What Ollama documents for an option that neither the request nor the model gives."""


CHANGING = frozenset(
    {
        *("dry_allowed_length", "dry_base", "dry_multiplier", "dry_penalty_last_n", "dry_sequence_breakers"),
        *("dynatemp_exponent", "dynatemp_range", "format", "grammar", "ignore_eos", "json_schema", "logit_bias"),
        *("min_tokens", "samplers", "smoothing_factor", "system", "template", "think", "tools", "top_a"),
        *("top_n_sigma", "xtc_probability", "xtc_threshold"),
    }
)
"""What other servers have as options, or clients take for one, and would change an answer."""


def read_options(options: dict[str, Any] | None, ignore: Callable[[str, str], None]) -> Parameters:
    """The options. Those that only say how an engine is to use the machine, and are not in Puna's hands, change
    nothing: num_keep, num_batch, main_gpu, use_mmap (docs/compatibility.md). `ignore` hears of what nobody knows.

    Raises InvalidRequest for what would change the answer and can't be had, and for a value that can't be. Numbers
    are numbers here, as with Ollama: a text that shows one is refused.
    """
    try:
        parameters = Parameters.from_json(known(options or {}, ignore))
        parameters.check()
    except InvalidRequest as error:
        param = f"options.{error.about.name}" if isinstance(error.about, Setting) else "options"
        raise InvalidRequest(f"Invalid 'options': {error.message}.", param=param, code=error.code) from error
    return parameters


def known(options: dict[str, Any], ignore: Callable[[str, str], None]) -> dict[str, Any]:
    """The options that there are. Raises InvalidRequest."""
    found = {}
    for name, value in options.items():
        if value is None:
            continue
        if name in Parameters.kinds() or (name in CHANGING and value not in (None, 0, False, "", [], {})):
            found[name] = value
        elif name not in CHANGING and meant(name):
            found[name] = value  # which is refused, with the name that was meant
        else:
            ignore(f"options.{name}", "unknown option")
    return found


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
