"""JSON in and out."""

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response


class JSONResponse(Response):
    """A response whose body is encoded by orjson; times may be in it that have a time zone."""

    media_type = "application/json"

    def __init__(self, content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(orjson.dumps(content, option=orjson.OPT_UTC_Z), status, headers)
