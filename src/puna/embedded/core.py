"""The server in this process: one for each home, however many clients there are."""

import atexit
import os
import shutil
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from puna.embedded.application import Application, running
from puna.http.inprocess import InProcess
from puna.settings import Settings

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
async def application(home: Path | None, change: Change) -> AsyncIterator[Application]:
    """The whole server, with settings from the environment, changed."""
    settings = private(Settings.from_environment(os.environ))
    if home is None:
        settings = replace(settings, home=temporary_home())
    else:
        models = settings.models if "PUNA_MODELS" in os.environ else home / "models"
        settings = replace(settings, home=home, models=models)
    async with running(change(settings)) as app:
        yield app


def private(settings: Settings) -> Settings:
    """The settings without what is meant for a server that others use: keys, a log, a database of its own."""
    return replace(settings, access_log=False, api_keys=frozenset(), api_keys_file=None, database_url=None)


def temporary_home() -> Path:
    """A folder that is removed when the process ends; one that was forked from it leaves it alone."""
    folder, owner = Path(tempfile.mkdtemp(prefix="puna-")), os.getpid()

    def remove() -> None:
        if os.getpid() == owner:
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)
    return folder


def forget() -> None:
    """After a fork the threads of the parent are not there: the child starts servers of its own."""
    _cores.clear()
    _lock.release()


# A process that ends needs no farewell: its engines end with it, and what was answered is stored already.
if hasattr(os, "register_at_fork"):
    # While a server starts its thread imports modules; a child would wait for ever for one that is half imported.
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=forget)
