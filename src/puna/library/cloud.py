"""Ollama's cloud models: names that end in `:cloud` or `-cloud` run on ollama.com."""

import asyncio
from collections.abc import AsyncIterator

from puna.core.remote import Address, Remote
from puna.library.creation import create
from puna.library.library import Library
from puna.library.names import DEFAULT_HOST, DEFAULT_NAMESPACE, ModelName
from puna.library.recipe import Recipe
from puna.library.registry.progress import Progress, Status

URL, KEY = "https://ollama.com/v1", "env:OLLAMA_API_KEY"


def cloud_model(name: ModelName) -> str | None:
    """What Ollama's cloud calls the model of that name; None for one that runs here."""
    if name.host.lower() != DEFAULT_HOST:
        return None
    model = name.model if name.namespace.lower() == DEFAULT_NAMESPACE else f"{name.namespace}/{name.model}"
    tag = name.tag.lower()
    if tag == "cloud":
        return model
    return f"{model}:{name.tag[: -len('-cloud')]}" if tag.endswith("-cloud") else None


async def pull_from_cloud(library: Library, name: ModelName, model: str) -> AsyncIterator[Progress]:
    """Make the model that stands for one of the cloud, and tell how it goes. Nothing has to be fetched for that.

    Raises InvalidRequest and StoreFailed.
    """
    yield Status("pulling manifest")
    remote = Remote(addresses=(Address(url=URL, model=model, key=KEY),))
    await asyncio.to_thread(create, library, name, Recipe(remote=remote))
    yield Status(
        f"{name} runs on ollama.com, with the key from the server's environment variable {KEY.removeprefix('env:')}"
    )
    yield Status("success")
