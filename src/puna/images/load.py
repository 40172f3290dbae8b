"""A picture from what a request says of it: a data URI, bare base64, or an address on the web."""

import asyncio
import base64
import binascii
import re
from collections.abc import Callable
from copy import copy
from importlib import import_module

from puna.core.errors import InvalidRequest
from puna.core.messages import Image, Text

ADDRESS = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
DATA_URI = re.compile(r"data:[^,]*;base64,(?P<data>.*)", re.DOTALL | re.IGNORECASE)

Note = Callable[[str, str], None]
"""Hears of something that is left out: what the client calls it, and why."""


class ImageLoader:
    """Loads pictures. `allowed` are the hosts and networks that may be fetched from although they are not public.

    `sees` says whether anyone will look at them. It is asked before something is fetched or decoded, and not where
    there is no picture.
    """

    def __init__(self, allowed: tuple[str, ...] = (), sees: Callable[[], bool] = lambda: True) -> None:
        self._allowed = allowed
        self._fetches = True
        self._sees = sees
        self._note: Note = lambda name, reason: None
        self._returned = False

    def shown_to(self, sees: Callable[[], bool], note: Note) -> "ImageLoader":
        """The loader for one model, of which `sees` says whether it can read pictures. `note` hears what of the
        request can't be read and is left out all the same."""
        loader = copy(self)
        loader._sees = sees
        loader._note = note
        return loader

    def returned(self) -> "ImageLoader":
        """The loader for what a tool returned. Who runs the tool can't know what the model reads, and sends its
        result again with every request to come: so what can't be read is told to the model instead of refused."""
        loader = copy(self)
        loader._returned = True
        return loader

    def offline(self) -> "ImageLoader":
        """The loader for what is only checked, for no model yet: it fetches nothing, and gives an empty picture for
        what it would have to."""
        loader = copy(self)
        loader._fetches = False
        return loader

    async def load(self, url: str, path: str) -> Image | Text:
        """The picture, or what the model is told instead of one that a tool returned; `path` names the field for the
        error.

        Raises:
            InvalidRequest: it can't be had, is too large, or is no picture, or the model can't read any.
        """
        try:
            return await self._load(url, path)
        except InvalidRequest as error:
            return self.unread("a picture", error)

    def unread(self, kind: str, error: InvalidRequest) -> Text:
        """What the model is told instead of something that a tool returned and that can't be read. Raises the error
        where no tool did."""
        if not self._returned:
            raise error
        self._note(error.param or kind, error.message)
        return Text(f"[Here was {kind}, which you can't read. {error.message}]")

    async def _load(self, url: str, path: str) -> Image:
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
        InvalidRequest: it is not valid base64.
    """
    compact = "".join(text.split()).rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        message = f"Invalid '{path}': it is not valid base64."
        raise InvalidRequest(message, param=path, code="invalid_base64") from error
