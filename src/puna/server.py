"""The ASGI application, put together."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from puna.api.ollama import application as ollama
from puna.api.openai import application as openai
from puna.api.openai.errors import error_body
from puna.api.openai.responses.service import Responses
from puna.engines.plan import ENGINES, Planner
from puna.http.json import JSONResponse
from puna.images.load import ImageLoader
from puna.inference.inference import Inference
from puna.library.library import Library
from puna.machine import engine_settings, memory_limit
from puna.observation.metrics import CONTENT_TYPE, Metrics
from puna.observation.observer import Observer
from puna.scheduler import Limits, Scheduler
from puna.serving.access import Access, origin_pattern
from puna.serving.drain import Drain, DrainState
from puna.settings import Settings
from puna.state.state import State

OPENAI_PATHS = ("/chat/", "/completions", "/embeddings", "/models", "/responses", "/conversations")
"""What OpenAI's clients ask for whose base URL lacks its end."""


def create_app(settings: Settings, *, engines: Sequence[Planner] = ENGINES) -> Starlette:
    """Everything the server answers, with those settings and engines."""
    library = Library(settings.models)
    scheduler = Scheduler(limits(settings))
    inference = Inference(engine_settings(settings), library, scheduler, engines)
    metrics = Metrics(scheduler)
    draining = DrainState()
    state = State(settings)
    images = ImageLoader(settings.image_hosts)
    bounds = settings.body_limits
    responses = Responses(library, inference, images, state)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await responses.close()
        await state.close()
        await scheduler.close()

    async def report_metrics(_: Request) -> Response:
        return Response(metrics.render(), media_type=CONTENT_TYPE)

    app = Starlette(
        routes=[
            Route("/", greet),
            Route("/health", report_health),
            Route("/metrics", report_metrics),
            Mount("/api", ollama.application(library, lambda: inference, lambda: images, limits=bounds)),
            Mount("/v1", openai.application(library, inference, images, responses, limits=bounds)),
        ],
        middleware=[
            Middleware(
                Observer,
                metrics=metrics,
                access_log=settings.access_log,
                debug=settings.debug,
                keys=settings.api_keys,
            ),
            Middleware(Drain, state=draining, refusal=refuse),
            Middleware(Access, settings=settings, refusal=refuse),
            Middleware(
                CORSMiddleware,
                allow_origin_regex=origin_pattern(settings).pattern,
                allow_methods=["*"],
                allow_headers=["*"],
            ),
        ],
        exception_handlers={HTTPException: not_routed},
        lifespan=lifespan,
    )
    app.state.draining = draining
    app.state.scheduler = scheduler
    app.state.inference = inference
    app.state.images = images
    app.router.redirect_slashes = False
    return app


def limits(settings: Settings) -> Limits:
    """What the settings allow the scheduler."""
    return Limits(
        memory=memory_limit(settings),
        loaded=settings.max_loaded_models,
        queue=settings.max_queue,
        keep_alive=settings.keep_alive,
    )


async def greet(_: Request) -> Response:
    return PlainTextResponse("Puna is running")


async def report_health(_: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def not_routed(request: Request, error: Exception) -> Response:
    """Starlette's own refusals, in the shape of the dialect that the path belongs to."""
    assert isinstance(error, HTTPException)
    path = request.url.path
    if path == "/v1":
        return await openai.DIALECT.not_routed(request, error)
    if path.startswith(OPENAI_PATHS):
        message = f"Invalid URL ({request.method} {path}): here it is /v1{path}. A client's base URL ends in /v1."
        return JSONResponse(error_body(message, "invalid_request_error"), 404)
    return JSONResponse({"error": f"{request.method} {request.url.path}: {error.detail}"}, error.status_code)


def refuse(request: Request, status: int, message: str, code: str) -> Response:
    """A refusal in the shape of the dialect that the path belongs to."""
    if request.url.path.startswith("/v1"):
        return JSONResponse(
            error_body(message, "server_error" if status >= 500 else "invalid_request_error", code=code), status
        )
    return JSONResponse({"error": message}, status)
