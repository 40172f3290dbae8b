"""The models of a node: on a path that all nodes share, or pulled by each."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from puna.core.errors import ModelNotFound
from puna.library.library import Library
from puna.library.model import Model
from puna.library.names import ModelName
from puna.library.registry.pull import pull


def stored(library: Library, name: ModelName) -> Model:
    """A model that is there, or was pulled. Raises what pulling it raises."""
    try:
        return library.get(name)
    except ModelNotFound:
        with ThreadPoolExecutor(1) as thread:  # whoever asks may be in an event loop
            thread.submit(asyncio.run, pulled(library, name)).result()
        return library.get(name)


async def pulled(library: Library, name: ModelName) -> None:
    """Pull a model."""
    async for _ in pull(library, name):
        pass
