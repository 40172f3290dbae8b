"""Responses whose body is JSON."""

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response

from puna.core.json import write


class JSONResponse(Response):
    """A response whose body is encoded by orjson; times may be in it that have a time zone."""

    media_type = "application/json"

    def __init__(self, content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(write(content, orjson.OPT_UTC_Z), status, headers)
