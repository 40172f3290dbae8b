"""The `openai` package's clients, on the server in this process."""

import os
from functools import partial
from types import ModuleType
from typing import Any

import openai
from openai import _base_client

from puna.embedded.core import core_of
from puna.embedded.transports import FindCore, async_transport, transport

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
        if options.get("http_client") is None:
            options["http_client"] = http_client(path=path)
        super().__init__(**(defaults() | options))


class AsyncOpenAI(openai.AsyncOpenAI):
    """`openai.AsyncOpenAI`, answered by open models in this process. `path` is as with `OpenAI`."""

    def __init__(self, *, path: str | os.PathLike[str] | None = None, **options: Any) -> None:
        if options.get("http_client") is None:
            options["http_client"] = async_http_client(path=path)
        super().__init__(**(defaults() | options))


def openai_client(find: FindCore, **options: Any) -> openai.OpenAI:
    """A client on the server that is found so."""
    return OpenAI(http_client=client_of(find), **options)


def async_openai_client(find: FindCore, **options: Any) -> openai.AsyncOpenAI:
    """An asynchronous client on the server that is found so."""
    return AsyncOpenAI(http_client=async_client_of(find), **options)


def defaults() -> dict[str, Any]:
    """What a client needs, and what nobody has to know: environment variables are for other servers."""
    return {"api_key": "puna", "base_url": BASE_URL}


def http_client(*, path: str | os.PathLike[str] | None = None) -> Any:
    """An HTTP client of the kind that the installed `openai` takes (httpx2, or httpx before its third version),
    answered in this process whatever the address: for libraries that make their own `openai` client."""
    return client_of(partial(core_of, path))


def async_http_client(*, path: str | os.PathLike[str] | None = None) -> Any:
    """The asynchronous sister of `http_client`."""
    return async_client_of(partial(core_of, path))


def client_of(find: FindCore) -> Any:
    module = http_module()
    return module.Client(transport=transport(module, find), timeout=None)


def async_client_of(find: FindCore) -> Any:
    module = http_module()
    return module.AsyncClient(transport=async_transport(module, find), timeout=None)
