"""The encoder's own process: `python -m puna.engines.encoder.runner`.

Serves what llama-server serves of `/v1/embeddings`, `/tokenize`, `/health` and `/slots`, to who has the key.
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
from puna.engines.encoder.network import Network, blocks
from puna.engines.encoder.weights import Weights
from puna.engines.encoder.wordpiece import WordPiece
from puna.engines.llama.launch import LlamaLaunch
from puna.engines.process.child import Parent
from puna.formats.gguf import Metadata
from puna.http.exchange import ClientGone, gone, unless_gone

Tokens = Sequence[int]
Handler = Callable[[Request], Awaitable[Response]]


class Encoder:
    """A model, and the threads that compute with it."""

    def __init__(self, launch: LlamaLaunch) -> None:
        metadata = Metadata.read(launch.weights)
        self._pieces = WordPiece(metadata)
        self._network = Network(metadata, Weights(metadata), "cls" if metadata.pooling == "cls" else "mean")
        self._length = launch.context_length
        self._threads = ThreadPoolExecutor(launch.threads or cores())

    def tokenize(self, text: str, *, special: bool) -> list[int]:
        return self._pieces.tokens(text, special=special)

    async def embed(self, inputs: Sequence[str | list[int]]) -> tuple[list[bytes], int]:
        """The vectors of texts or tokens, little-endian float32, and how many tokens all have.

        Raises ValueError for an input that has no tokens, unknown ones or too many.
        """
        texts = [self._read(text) for text in inputs]
        vectors: list[bytes] = [b""] * len(texts)
        loop = asyncio.get_running_loop()

        async def compute(places: list[int]) -> None:
            found = await loop.run_in_executor(self._threads, self._network.embed, [texts[place] for place in places])
            for place, vector in zip(places, found, strict=True):
                vectors[place] = vector.astype("<f4").tobytes()

        await asyncio.gather(*map(compute, blocks([len(text) for text in texts])))
        return vectors, sum(map(len, texts))

    def _read(self, text: str | list[int]) -> Tokens:
        tokens = self.tokenize(text, special=True) if isinstance(text, str) else text
        if not 0 < len(tokens) <= self._length or not all(0 <= token < self._pieces.size for token in tokens):
            raise ValueError(f"an input of {len(tokens)} tokens can't be embedded")
        return tokens


def application(encoder: Encoder, key: str) -> Starlette:
    """What the parent asks, at llama-server's places."""

    async def embeddings(request: Request) -> Response:
        body = orjson.loads(await request.body())
        try:
            vectors, tokens = await unless_gone(request, encoder.embed(body["input"]))
        except ValueError as error:
            return answer({"error": {"code": 400, "message": str(error), "type": "invalid_request_error"}}, 400)
        data = [{"embedding": base64.b64encode(vector).decode()} for vector in vectors]
        return answer({"data": data, "usage": {"prompt_tokens": tokens}})

    async def tokenize(request: Request) -> Response:
        body = orjson.loads(await request.body())
        return answer({"tokens": encoder.tokenize(body["content"], special=body["add_special"])})

    async def health(_: Request) -> Response:
        return answer({"status": "ok"})

    def guarded(handler: Handler) -> Handler:
        async def handle(request: Request) -> Response:
            if request.headers.get("authorization") != f"Bearer {key}":
                return answer({"error": {"code": 401, "message": "wrong key", "type": "authentication_error"}}, 401)
            return await handler(request)

        return handle

    return Starlette(
        routes=[
            Route("/v1/embeddings", guarded(embeddings), methods=["POST"]),
            Route("/tokenize", guarded(tokenize), methods=["POST"]),
            Route("/health", guarded(health)),
            Route("/slots", guarded(health)),
        ],
        exception_handlers={ClientGone: gone},
    )


def answer(body: dict[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")


def main() -> None:
    parent = Parent()
    launch, key = parent.order()
    try:
        encoder = Encoder(launch)
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
