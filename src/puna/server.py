"""The ASGI application, put together."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from puna import __version__
from puna.api.dialect import Dialect
from puna.api.dialects import DIALECTS
from puna.api.dispatcher import Dispatcher
from puna.api.services import Services
from puna.assembly import Assembly
from puna.core.json import write
from puna.engines.plan import ENGINES, Planner
from puna.http.json import JSONResponse
from puna.observation.metrics import CONTENT_TYPE, Metrics
from puna.observation.observer import Observer
from puna.page import routes as page
from puna.scheduler import Scheduler
from puna.serving.access import Access, origin_pattern
from puna.serving.drain import Drain, DrainState
from puna.serving.keys import Keys
from puna.serving.paths import PlainPaths
from puna.settings import Settings


class Server(Starlette):
    """The application, what it works with, and what it takes to end it: which requests run, and which engines."""

    services: Services
    draining: DrainState
    scheduler: Scheduler


def create_app(
    settings: Settings, *, engines: Sequence[Planner] = ENGINES, dialects: Sequence[Dialect] = DIALECTS
) -> Server:
    """Everything the server answers, with those settings, by those engines, in those dialects."""
    return application(settings, Assembly.of(settings, engines), dialects)


def application(settings: Settings, assembly: Assembly, dialects: Sequence[Dialect] = DIALECTS) -> Server:
    """The API before what answers requests, which ends with it."""
    keys = Keys.of(settings)
    services, scheduler = assembly.services, assembly.scheduler
    metrics = Metrics(scheduler)
    draining = DrainState()
    dispatcher = Dispatcher((*dialects, pages(metrics)), services)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await assembly.close()

    app = Server(
        middleware=[
            Middleware(PlainPaths),
            Middleware(
                Observer,
                metrics=metrics,
                access_log=settings.access_log,
                debug=settings.debug,
                api_key=dispatcher.api_key,
                key_name=keys.name if keys else None,
                id_headers=dispatcher.id_headers,
            ),
            Middleware(Drain, state=draining, refuse=dispatcher.refuse),
            Middleware(Access, settings=settings, keys=keys, spoken=dispatcher),
            Middleware(
                CORSMiddleware,
                allow_origin_regex=origin_pattern(settings).pattern,
                allow_methods=["*"],
                allow_headers=["*"],
            ),
        ],
        lifespan=lifespan,
    )
    app.router.default = dispatcher
    app.services = services
    app.draining = draining
    app.scheduler = scheduler
    return app


def pages(metrics: Metrics) -> Dialect:
    """What the server itself answers, and what it says of everything that no dialect claims."""

    async def report_metrics(_: Request) -> Response:
        return Response(await metrics.render(), media_type=CONTENT_TYPE)

    return Dialect(
        name="server",
        routes=[
            *page.routes,
            Route("/health", report_health),
            Route("/metrics", report_metrics),
            Route("/openapi.json", report_description),
        ],
        claims=lambda _: True,
        name_of=lambda _, __: None,
        error=lambda _, words: {"error": words.message},
        unknown_path=lambda request: {"error": f"{request.method} {request.url.path}: Not Found"},
        wrong_method=lambda request, allowed: {
            "error": f"{request.method} {request.url.path}: Method Not Allowed (allowed: {allowed})"
        },
    )


async def report_health(_: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def report_description(_: Request) -> Response:
    # In a thread: it takes a fifth of a second to make.
    return Response(await asyncio.to_thread(description_text), media_type=JSONResponse.media_type)


@cache
def description_text() -> bytes:
    """The description as JSON, made once."""
    return write(description())


@cache
def description() -> dict[str, Any]:
    """The OpenAPI description of everything that the server answers. Most servers are never asked for it."""
    from puna.api.anthropic import description as anthropic
    from puna.api.description import Operation, describe
    from puna.api.ollama import description as ollama
    from puna.api.openai import description as openai
    from puna.api.openai.responses.input import KINDS

    own = [
        Operation("GET", "/", "Whether the server is up, in words; for a browser the page.", answer="text/plain"),
        Operation("GET", "/docs", "This description for people, to be tried out.", answer="text/html"),
        Operation("GET", "/page/{path:path}", "A file that the page needs.", answer="text/javascript"),
        Operation("GET", "/health", "Whether the server is up.", answer=dict[str, str]),
        Operation("GET", "/metrics", "The server's numbers, for Prometheus.", answer="text/plain"),
        Operation("GET", "/openapi.json", "This description.", answer=dict[str, Any]),
    ]
    errors = {"/v1/messages": anthropic.ERROR, "/v1/": openai.ERROR, "/": ollama.ERROR}
    operations = [*openai.OPERATIONS, *anthropic.OPERATIONS, *ollama.OPERATIONS, *own]
    return describe("Puna", __version__, operations, errors, set(KINDS.values()))
