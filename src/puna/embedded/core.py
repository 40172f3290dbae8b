"""The server in this process: one for each home, however many clients there are."""

import atexit
import os
import shutil
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.types import ASGIApp

from puna.engines.process.spawn import spare
from puna.http.inprocess import InProcess
from puna.settings import Settings

if TYPE_CHECKING:
    from puna.server import Server

FIRST_ENGINE = "puna.engines.llama.runner"
"""The module whose process most programs will need first."""

_lock = threading.Lock()
_cores: dict[Hashable, InProcess] = {}

Change = Callable[[Settings], Settings]


def core_of(
    path: str | os.PathLike[str] | None = None, change: Change = lambda settings: settings, key: Hashable = ()
) -> InProcess:
    """The server whose home is that folder, started if it does not run yet. `change` makes its settings of those of
    the environment; servers with the same path and `key` are one.

    Without a path the state (responses, conversations) is kept for as long as the process lives; the models are those
    of `PUNA_MODELS`, else of `~/.puna/models`. With one, state and models are in that folder, unless `PUNA_MODELS`
    names another for the models.
    """
    home = None if path is None else Path(path).expanduser().resolve()
    with _lock:
        core = _cores.get((home, key))
        if core is None or not core.alive:
            core = _cores[home, key] = InProcess(partial(application, home, change), "puna")
            core.start()
        return core


@asynccontextmanager
async def application(home: Path | None, change: Change) -> AsyncIterator[ASGIApp]:
    """The whole server, with settings from the environment, changed."""
    settings = replace(Settings.from_environment(os.environ), access_log=False, api_keys=frozenset())
    if home is None:
        settings = replace(settings, home=temporary_home())
    else:
        models = settings.models if "PUNA_MODELS" in os.environ else home / "models"
        settings = replace(settings, home=home, models=models)
    async with running(change(settings)) as app:
        yield app


@asynccontextmanager
async def running(settings: Settings, **options: Any) -> "AsyncIterator[Server]":
    """The application from its start to its end. While it is imported the first engine's process starts."""
    async with AsyncExitStack() as stack:
        if settings.llama_server is None:
            await stack.enter_async_context(spare(FIRST_ENGINE))
        from puna.server import create_app

        app = create_app(settings, **options)
        await stack.enter_async_context(app.router.lifespan_context(app))
        yield app


def temporary_home() -> Path:
    """A folder that is removed when the process ends."""
    folder = tempfile.mkdtemp(prefix="puna-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def forget() -> None:
    """After a fork the threads of the parent are not there: the child starts servers of its own."""
    global _lock
    _lock = threading.Lock()
    _cores.clear()


# A process that ends needs no farewell: its engines end with it, and what was answered is stored already.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=forget)
