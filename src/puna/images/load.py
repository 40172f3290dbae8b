"""A picture from what a request says of it: a data URI, bare base64, or an address on the web."""

import asyncio
import base64
import binascii
import re
from collections.abc import Callable
from copy import copy
from importlib import import_module

from puna.core.errors import InvalidRequest
from puna.core.messages import Image

ADDRESS = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
DATA_URI = re.compile(r"data:[^,]*;base64,(?P<data>.*)", re.DOTALL | re.IGNORECASE)


class ImageLoader:
    """Loads pictures. `allowed` are the hosts and networks that may be fetched from although they are not public.

    `sees` says whether anyone will look at them. It is asked before something is fetched or decoded, and not where
    there is no picture.
    """

    def __init__(self, allowed: tuple[str, ...] = (), sees: Callable[[], bool] = lambda: True) -> None:
        self._allowed = allowed
        self._fetches = True
        self._sees = sees

    def shown_to(self, sees: Callable[[], bool]) -> "ImageLoader":
        """The loader for one model, of which `sees` says whether it can read pictures."""
        loader = copy(self)
        loader._sees = sees
        return loader

    def offline(self) -> "ImageLoader":
        """The loader for what is only checked, for no model yet: it fetches nothing, and gives an empty picture for
        what it would have to."""
        loader = copy(self)
        loader._fetches = False
        return loader

    async def load(self, url: str, path: str) -> Image:
        """The picture; `path` names the field for the error.

        Raises:
            InvalidRequest: it can't be had, is too large, or is no picture, or the model can't read any.
        """
        if not self._sees():
            raise InvalidRequest("This model does not support images.", param=path, code="no_vision")
        from puna.images.picture import NotAPicture, read_picture  # Pillow: not for every command to wait for

        if not self._fetches and ADDRESS.match(url) and url[:5].lower() != "data:":
            return Image(b"", "image/png")
        data = await self._bytes(url, path)
        try:
            return await asyncio.to_thread(read_picture, data)
        except NotAPicture as error:
            raise InvalidRequest(f"Invalid '{path}': {error}.", param=path, code="invalid_image") from error

    async def _bytes(self, url: str, path: str) -> bytes:
        if url[:5].lower() == "data:":
            match = DATA_URI.fullmatch(url)
            if not match:
                message = f"Invalid '{path}': expected a data URI in base64 (data:image/png;base64,…)."
                raise InvalidRequest(message, param=path, code="invalid_base64")
            return await asyncio.to_thread(decode_base64, match["data"], path)
        if self._fetches and ADDRESS.match(url):
            # In a thread: aiohttp takes a good part of a second to import, and 20 MB that few servers ever need.
            fetch = await asyncio.to_thread(import_module, "puna.images.fetch")
            data: bytes = await fetch.Fetcher(self._allowed).fetch(url, path)
            return data
        return await asyncio.to_thread(decode_base64, url, path)


def decode_base64(text: str, path: str) -> bytes:
    """The bytes; white space and missing padding are forgiven, everything else is not.

    Raises:
        InvalidRequest: it is no base64.
    """
    compact = "".join(text.split()).rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidRequest(f"Invalid '{path}': it is no base64.", param=path, code="invalid_base64") from error
