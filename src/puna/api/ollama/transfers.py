"""/api/pull and /api/push: models from and to registries."""

import logging
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from puna.api.endpoint import later
from puna.api.ollama.body import ModelBody
from puna.api.ollama.lines import Row, respond
from puna.api.services import services_of
from puna.core.errors import PunaError
from puna.http.body import read_body, unsupported
from puna.library.cloud import cloud_model, pull_from_cloud
from puna.library.digest import Digest
from puna.library.names import ModelName
from puna.library.registry.progress import Progress, Status, Transfer
from puna.library.translating import Translating

_log = logging.getLogger(__name__)

SHORT_DIGITS = 12
fetch = later("puna.library.registry.pull:pull")
send = later("puna.library.registry.push:push")

STEP = 1 << 18
"""Bytes after which a transfer's progress is told again."""

DOCKER_LOGIN = unsupported("Sign in with docker login")


class TransferBody(ModelBody):
    """`insecure` allows registries without encryption. Puna knows no passwords but those of `docker login`."""

    insecure: bool | None = None
    username: Annotated[None, DOCKER_LOGIN] = None
    password: Annotated[None, DOCKER_LOGIN] = None
    stream: bool | None = None


async def pull(request: Request) -> Response | ASGIApp:
    """Bring a model here."""
    body = await read_body(request, TransferBody)
    library = services_of(request).library
    name = body.model_name
    if model := cloud_model(name):
        progress = pull_from_cloud(library, name, model)
    else:
        progress = (await fetch())(library, name, insecure=bool(body.insecure))
    return await respond(request, rows(progress, "pulling", body.model_name), stream=body.stream is not False)


async def push(request: Request) -> Response | ASGIApp:
    """Bring a model to its registry."""
    body = await read_body(request, TransferBody)
    library = services_of(request).library
    progress = (await send())(library, body.model_name, insecure=bool(body.insecure))
    return await respond(request, rows(progress, "pushing", body.model_name), stream=body.stream is not False)


async def rows(progress: AsyncIterator[Progress], verb: str, model: ModelName) -> AsyncGenerator[Row, None]:
    """Steps, and how far each blob is; not more often than somebody could see."""
    told: dict[Digest, int] = {}
    try:
        async for step in progress:
            match step:
                case Status(message):
                    yield {"status": message}
                case Translating():
                    yield transfer(step, "translating")
                case Transfer(digest, total, completed):
                    known = told.get(digest)
                    if known is None or completed == total or completed - known >= STEP:
                        told[digest] = completed
                        yield transfer(step, verb)
    except PunaError as error:
        _log.info("%s %s failed: %s", verb, model, error.message)
        raise


def transfer(step: Transfer | Translating, verb: str) -> dict[str, Any]:
    """How far one blob is."""
    row: dict[str, Any] = {
        "status": f"{verb} {step.digest.hex[:SHORT_DIGITS]}",
        "digest": str(step.digest),
        "total": step.total,
    }
    return row | ({"completed": step.completed} if step.completed else {})
