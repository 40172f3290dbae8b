"""The `openai` package's clients, on the server in this process."""

import os
from functools import partial
from types import ModuleType
from typing import Any

import openai
from openai import _base_client

from puna.embedded.core import core_of
from puna.embedded.transports import async_transport, transport

BASE_URL = "http://localhost/v1/"


def http_module() -> ModuleType:
    """The HTTP library that the installed `openai` uses."""
    found: ModuleType = getattr(_base_client, "httpx2", None) or _base_client.httpx  # type: ignore[attr-defined]
    return found


class OpenAI(openai.OpenAI):
    """`openai.OpenAI`, answered by open models in this process. No server has to run, and no key is needed.

    `path` is a folder for models and state; without one, models are Puna's usual ones, and stored responses and
    conversations are gone when the process ends. Everything else is the `openai` package's.
    """

    def __init__(self, *, path: str | os.PathLike[str] | None = None, **options: Any) -> None:
        options.setdefault("api_key", "puna")
        options.setdefault("base_url", BASE_URL)
        if options.get("http_client") is None:
            module = http_module()
            options["http_client"] = module.Client(transport=transport(module, partial(core_of, path)), timeout=None)
        super().__init__(**options)


class AsyncOpenAI(openai.AsyncOpenAI):
    """`openai.AsyncOpenAI`, answered by open models in this process. `path` is as with `OpenAI`."""

    def __init__(self, *, path: str | os.PathLike[str] | None = None, **options: Any) -> None:
        options.setdefault("api_key", "puna")
        options.setdefault("base_url", BASE_URL)
        if options.get("http_client") is None:
            module = http_module()
            carrier = async_transport(module, partial(core_of, path))
            options["http_client"] = module.AsyncClient(transport=carrier, timeout=None)
        super().__init__(**options)
