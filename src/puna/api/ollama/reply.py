"""From a request that generates to its HTTP answer: what /api/chat and /api/generate have in common."""

from collections.abc import AsyncGenerator
from typing import TypedDict

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from puna.api.ollama.answer import Render, loaded_row, whole
from puna.api.ollama.generation import GenerationBody
from puna.api.ollama.lines import Row, respond
from puna.api.ollama.options import read_keep_alive, read_options
from puna.api.services import services_of
from puna.http.exchange import unless_gone
from puna.http.json import JSONResponse
from puna.inference.caller import Caller
from puna.library.names import ModelName
from puna.library.parameters import Parameters
from puna.observation.journal import entry_of


class EngineUse(TypedDict):
    """For whom an engine is had, for how long, and with what parameters over the model's own."""

    caller: Caller
    keep_alive: float | None
    parameters: Parameters


class Reply:
    """The reply to one request. Reads what does not depend on the route; raises InvalidRequest for what is wrong."""

    def __init__(self, request: Request, body: GenerationBody, render: Render) -> None:
        self._request = request
        self._body = body
        self._render = render
        services = services_of(request)
        self._library = services.library
        self.inference = services.inference
        self.images = services.images.shown_to(lambda: self.inference.sees(body.model), entry_of(request).ignore)
        self.whole = body.stream is False
        self.engine_use = EngineUse(
            caller=entry_of(request),
            keep_alive=read_keep_alive(body.keep_alive),
            parameters=read_options(body.options, entry_of(request).ignore),
        )

    def check(self, kind: str) -> None:
        """Raises InvalidRequest where the model can't do what is asked."""
        self._body.check(self._library.get(ModelName.parse(self._body.model)).capabilities, kind)

    @property
    def makes_images(self) -> bool:
        """Whether the model makes pictures. Raises ModelNotFound."""
        return "image" in self._library.get(ModelName.parse(self._body.model)).capabilities

    async def to_nothing(self) -> Response:
        """Load the model; unload it where it is to be kept for no time."""
        model = self._body.model
        if self.engine_use["keep_alive"] == 0:
            self._library.get(ModelName.parse(model))
            self.inference.stop(model)
            return JSONResponse(loaded_row(model, self._render, "unload"))
        await unless_gone(self._request, self.inference.load(model, **self.engine_use))
        return JSONResponse(loaded_row(model, self._render, "load"))

    async def send(self, rows: AsyncGenerator[Row, None]) -> Response | ASGIApp:
        """The rows as a stream, or all in one."""
        if self.whole:
            return JSONResponse(await unless_gone(self._request, whole(rows, self._render)))
        return await respond(self._request, rows, stream=True)
