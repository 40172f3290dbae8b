"""`options`: the Modelfile's parameters for one request."""

from typing import Any

from puna.core.errors import InvalidRequest
from puna.library.parameters import Parameters

REFUSED = ("mirostat", "draft_num_predict")
"""They would change the answer, and no engine does them."""


def read_options(options: dict[str, Any] | None) -> Parameters:
    """The options. Those that only say how an engine is to use the machine, and are not in Puna's hands, change
    nothing: num_keep, num_batch, main_gpu, use_mmap (docs/compatibility.md).

    Raises InvalidRequest for a name that is unknown or a value that can't be.
    """
    try:
        parameters = Parameters.from_json(options or {})
    except InvalidRequest as error:
        raise InvalidRequest(f"Invalid 'options': {error.message}.", param="options", code=error.code) from error
    for name in REFUSED:
        if getattr(parameters, name):
            raise InvalidRequest(f"Invalid 'options': '{name}' is not supported here.", param=f"options.{name}")
    if parameters.num_ctx is not None and parameters.num_ctx < 1:
        raise InvalidRequest("Invalid 'options': 'num_ctx' has to be above 0.", param="options.num_ctx")
    return parameters
