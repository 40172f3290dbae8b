"""The `ollama` package's clients, on the server in this process."""

import os
from functools import partial
from typing import Any

import httpx
import ollama

from puna.embedded.core import core_of
from puna.embedded.transports import async_transport, transport

HOST = "http://localhost"


class Client(ollama.Client):
    """`ollama.Client`, answered by models in this process. `path` is a folder for models and state; without one,
    models are Puna's usual ones."""

    def __init__(self, *, path: str | os.PathLike[str] | None = None, **options: Any) -> None:
        super().__init__(HOST, transport=transport(httpx, partial(core_of, path)), **options)


class AsyncClient(ollama.AsyncClient):
    """`ollama.AsyncClient`, answered by models in this process. `path` is as with `Client`."""

    def __init__(self, *, path: str | os.PathLike[str] | None = None, **options: Any) -> None:
        super().__init__(HOST, transport=async_transport(httpx, partial(core_of, path)), **options)
