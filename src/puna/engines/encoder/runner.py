"""The encoder's own process: `python -m puna.engines.encoder.runner`.

Serves `/embed` and `/health` to who has the key.
"""

import os

# One thread for each block of texts, none within a product of matrices. NumPy reads this when it is imported.
os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1")

import asyncio
import base64
import socket
import sys
import threading
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from puna.core.errors import DamagedModel
from puna.engines.encoder.arguments import EncoderArguments
from puna.engines.encoder.network import Network, blocks
from puna.engines.encoder.weights import Weights
from puna.engines.encoder.wordpiece import WordPiece
from puna.engines.process.child import Parent
from puna.formats.gguf import Metadata
from puna.http.exchange import ClientGone, gone, unless_gone

Tokens = Sequence[int]
Handler = Callable[[Request], Awaitable[Response]]


class RefusedInput(ValueError):
    """An input that can't be embedded: its index, and its tokens where they are more than the model's `limit`."""

    def __init__(self, message: str, index: int, tokens: int = 0, limit: int = 0) -> None:
        super().__init__(message)
        self.index = index
        self.tokens = tokens
        self.limit = limit


class Encoder:
    """A model, and the threads that compute with it."""

    def __init__(self, launch: EncoderArguments) -> None:
        metadata = Metadata.read(launch.weights)
        self._pieces = WordPiece(metadata)
        self._network = Network(metadata, Weights(metadata), "cls" if metadata.pooling == "cls" else "mean")
        self._length = launch.context_length
        self._threads = ThreadPoolExecutor(launch.threads or cores())

    async def embed(self, inputs: Sequence[str | list[int]], *, truncate: bool = False) -> tuple[list[bytes], int]:
        """The vectors of texts or tokens, little-endian float32, and how many tokens all have.

        Raises RefusedInput for an input that has no tokens, unknown ones or, if it may not be cut, too many.
        """
        texts = [self._read(index, text, truncate=truncate) for index, text in enumerate(inputs)]
        vectors: list[bytes] = [b""] * len(texts)
        loop = asyncio.get_running_loop()

        async def compute(places: list[int]) -> None:
            found = await loop.run_in_executor(self._threads, self._network.embed, [texts[place] for place in places])
            for place, vector in zip(places, found, strict=True):
                vectors[place] = vector.astype("<f4").tobytes()

        await asyncio.gather(*map(compute, blocks([len(text) for text in texts])))
        return vectors, sum(map(len, texts))

    def _read(self, index: int, text: str | list[int], *, truncate: bool) -> Tokens:
        tokens = self._pieces.tokens(text) if isinstance(text, str) else text
        unknown = next((token for token in tokens if not 0 <= token < self._pieces.size), None)
        if unknown is not None:
            raise RefusedInput(
                f"Token {unknown} is out of range, this model's tokens are 0 to {self._pieces.size - 1}.", index
            )
        if not tokens:
            raise RefusedInput("The input has no tokens.", index)
        if len(tokens) > self._length and truncate:
            return [*tokens[: self._length - 1], tokens[-1]]  # the last one is the mark of a text's end
        if len(tokens) > self._length:
            raise RefusedInput("The text is too long.", index, len(tokens), self._length)
        return tokens


def application(encoder: Encoder, key: str) -> Starlette:
    """What the parent asks."""

    async def embed(request: Request) -> Response:
        body = orjson.loads(await request.body())
        try:
            vectors, tokens = await unless_gone(request, encoder.embed(body["inputs"], truncate=body["truncate"]))
        except RefusedInput as error:
            about = {"input": body["first"] + error.index, "tokens": error.tokens, "limit": error.limit}
            return answer({"error": {"message": str(error), **about}}, 400)
        return answer({"vectors": [base64.b64encode(vector).decode() for vector in vectors], "tokens": tokens})

    async def health(_: Request) -> Response:
        return answer({"status": "ok"})

    def guarded(handler: Handler) -> Handler:
        async def handle(request: Request) -> Response:
            if request.headers.get("authorization") != f"Bearer {key}":
                return answer({"error": {"message": "wrong key"}}, 401)
            return await handler(request)

        return handle

    return Starlette(
        routes=[
            Route("/embed", guarded(embed), methods=["POST"]),
            Route("/health", guarded(health)),
        ],
        exception_handlers={ClientGone: gone},
    )


def answer(body: dict[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")


def main() -> None:
    parent = Parent()
    order, key = parent.order()
    try:
        encoder = Encoder(EncoderArguments.from_json(order))
    except (DamagedModel, OSError) as error:
        sys.exit(str(error))
    place = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application(encoder, key), log_level="warning"))
    threading.Thread(target=leave_with, args=(parent,), daemon=True).start()
    place.listen()
    parent.announce(f"http://127.0.0.1:{place.getsockname()[1]}")
    server.run(sockets=[place])


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def leave_with(parent: Parent) -> None:
    parent.wait()
    os._exit(0)


if __name__ == "__main__":
    main()
