"""Puna: a local model server that applications written for the OpenAI API use unchanged.

In a program of one's own, `puna.OpenAI()` is the `openai` package's client on a server in the same process.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = [
    "AsyncClient",
    "AsyncOpenAI",
    "Client",
    "EngineFailed",
    "InvalidRequest",
    "LoadedModel",
    "ModelInfo",
    "ModelNotFound",
    "OpenAI",
    "Progress",
    "Puna",
    "PunaError",
    "SettingError",
    "async_http_client",
    "http_client",
    "serve",
]

if TYPE_CHECKING:
    from puna.core.errors import EngineFailed, InvalidRequest, ModelNotFound, PunaError
    from puna.embedded.ollama_client import AsyncClient, Client
    from puna.embedded.openai_client import AsyncOpenAI, OpenAI, async_http_client, http_client
    from puna.embedded.puna import LoadedModel, ModelInfo, Progress, Puna
    from puna.embedded.serving import serve
    from puna.settings import SettingError

_PLACES = {
    **dict.fromkeys(
        ("OpenAI", "AsyncOpenAI", "http_client", "async_http_client"), ("puna.embedded.openai_client", "openai")
    ),
    **dict.fromkeys(("Client", "AsyncClient"), ("puna.embedded.ollama_client", "ollama")),
    "serve": ("puna.embedded.serving", ""),
    "SettingError": ("puna.settings", ""),
    **dict.fromkeys(("Puna", "LoadedModel", "ModelInfo", "Progress"), ("puna.embedded.puna", "")),
    **dict.fromkeys(("PunaError", "EngineFailed", "InvalidRequest", "ModelNotFound"), ("puna.core.errors", "")),
}
"""Where each public name is, and the package that it needs."""


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> Any:
    """A public name, imported when it is first asked for: `import puna` alone is quick."""
    if name not in _PLACES:
        raise AttributeError(f"module 'puna' has no attribute '{name}'")
    module, package = _PLACES[name]
    try:
        return getattr(import_module(module), name)
    except ModuleNotFoundError as error:
        if package and (error.name or "").partition(".")[0] in (package, "httpx"):
            raise ImportError(f"puna.{name} needs the package '{package}': pip install {package}") from error
        raise
