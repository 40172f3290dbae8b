"""/api/embed, and /api/embeddings, its older form."""

import time
from typing import Annotated

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from puna.api.ollama.answer import SECOND
from puna.api.ollama.body import OptionsBody
from puna.api.ollama.options import read_keep_alive, read_options
from puna.api.services import services_of
from puna.api.vectors import Embeddings
from puna.core.embeddings import EmbeddingRequest
from puna.http.body import read_body
from puna.http.exchange import unless_gone
from puna.http.json import JSONResponse
from puna.observation.journal import entry_of


class EmbeddingBody(OptionsBody):
    """What both forms have."""

    model: Annotated[str, Field(min_length=1)]


class EmbedBody(EmbeddingBody):
    """`truncate` cuts what is too long, which is refused otherwise."""

    input: str | list[str]
    truncate: bool | None = None
    dimensions: Annotated[int, Field(ge=0)] | None = None


class OlderBody(EmbeddingBody):
    prompt: str


async def embed(request: Request) -> Response:
    """Embed one text or several."""
    body = await read_body(request, EmbedBody)
    started = time.monotonic()
    texts = (body.input,) if isinstance(body.input, str) else tuple(body.input)
    embeddings = await embedded(request, body, texts, body.dimensions or None, truncate=bool(body.truncate))
    return JSONResponse(
        {
            "model": body.model,
            "embeddings": rows(embeddings),
            "total_duration": round((time.monotonic() - started) * SECOND),
            "load_duration": round(embeddings.waiting * SECOND),
            "prompt_eval_count": embeddings.tokens,
        }
    )


async def embeddings(request: Request) -> Response:
    """Embed one text."""
    body = await read_body(request, OlderBody)
    [row] = rows(await embedded(request, body, (body.prompt,), None))
    return JSONResponse({"embedding": row})


async def embedded(
    request: Request, body: EmbeddingBody, texts: tuple[str, ...], dimensions: int | None, *, truncate: bool = False
) -> Embeddings:
    """The vectors of the texts; no text has none."""
    if not texts:
        return Embeddings([], 0)
    batches = services_of(request).inference.embed(
        body.model,
        EmbeddingRequest(inputs=texts, truncate=truncate),
        caller=entry_of(request),
        keep_alive=read_keep_alive(body.keep_alive),
        parameters=read_options(body.options, entry_of(request).ignore),
    )
    return await unless_gone(request, Embeddings.gather(batches, dimensions))


def rows(embeddings: Embeddings) -> list[list[float]]:
    """The vectors as lists."""
    return [row for matrix in embeddings.matrices for row in matrix.tolist()]
