"""The small typed API: models and engines in this process, without a wire format."""

import os
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar

from puna.core.events import TextDelta
from puna.core.messages import Message, Text
from puna.core.requests import ChatRequest
from puna.core.sampling import UNCHANGED, Sampling
from puna.core.snapshot import Snapshot
from puna.embedded.core import core_of
from puna.embedded.options import changed_by, overrides
from puna.http.inprocess import InProcess, NotRunning
from puna.library.config import Config
from puna.library.listing import Listed
from puna.library.names import ModelName

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI

    from puna.api.services import Services

T = TypeVar("T")
Turn = tuple[Literal["system", "user", "assistant"], str]
"""What one side of a conversation says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """A model. `size` is in bytes, `digest` in hexadecimal digits. What its files do not say is empty."""

    name: str
    size: int
    digest: str
    modified: datetime
    family: str = ""
    parameter_size: str = ""
    quantization: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedModel:
    """A model in memory. `memory` is in bytes, `context_length` in tokens; `expires` is when it will be unloaded,
    None while it is in use or kept for ever."""

    name: str
    memory: int
    context_length: int | None
    expires: datetime | None
    loading: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A step of a pull or a creation: what is done, and for a file that is on its way its bytes."""

    status: str
    digest: str | None = None
    total: int | None = None
    completed: int | None = None


class Puna:
    """Models and engines in this process.

    `path` is a folder for models and state, as with `puna.OpenAI`. The rest are settings that otherwise come from the
    environment (docs/configuration.md); None leaves them there. Times are in seconds, or texts such as "5m"; sizes
    are in bytes, or texts such as "8GiB". Objects with equal arguments share one server. Usable from any thread.

    Raises SettingError, which names the argument that can't be used.
    """

    def __init__(
        self,
        *,
        path: str | os.PathLike[str] | None = None,
        models: str | os.PathLike[str] | None = None,
        context_length: int | None = None,
        parallel: int | None = None,
        replicas: int | None = None,
        threads: int | None = None,
        memory: int | str | None = None,
        keep_alive: float | str | None = None,
        max_loaded_models: int | None = None,
        max_queue: int | None = None,
        flash_attention: Literal["auto", "on", "off"] | None = None,
        cache_type: str | None = None,
        llama_server: str | os.PathLike[str] | None = None,
    ) -> None:
        found = overrides(
            {
                "models": models,
                "context_length": context_length,
                "parallel": parallel,
                "replicas": replicas,
                "threads": threads,
                "memory": memory,
                "keep_alive": keep_alive,
                "max_loaded_models": max_loaded_models,
                "max_queue": max_queue,
                "flash_attention": flash_attention,
                "cache_type": cache_type,
                "llama_server": llama_server,
            }
        )
        self._find = partial(core_of, path, changed_by(found), key=tuple(sorted(found.items())))
        self._closed = False
        self._find()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self.close()

    def models(self) -> list[ModelInfo]:
        """The models that are here, the one that changed last first."""
        return [model_info(model) for model in self._services.library.list()]

    def pull(self, name: str, *, insecure: bool = False) -> Iterator[Progress]:
        """Download a model: `for step in puna.pull("llama3.2"): print(step.status)`. Nothing happens before the first
        step is asked for. Raises PunaError: there is no such model, or the registry can't be reached."""
        from puna.library.registry.progress import Transfer
        from puna.library.registry.pull import pull
        from puna.library.translating import Translating

        library = self._services.library
        for step in self._steps(lambda: pull(library, ModelName.parse(name), insecure=insecure)):
            if isinstance(step, Transfer | Translating):
                status, digest = "pulling" if isinstance(step, Transfer) else "translating", str(step.digest)
                yield Progress(status=status, digest=digest, total=step.total, completed=step.completed)
            else:
                yield Progress(status=step.message)

    def create(
        self, name: str, modelfile: str, *, folder: str | os.PathLike[str] = ".", quantize: str | None = None
    ) -> None:
        """Make a model as a Modelfile says, whose paths are relative to `folder`.

        Raises InvalidRequest for what can't be made, ModelNotFound for a missing base.
        """
        from puna.library.creation import create
        from puna.library.modelfile import Modelfile
        from puna.library.recipe import Recipe

        recipe = Recipe.of(Modelfile.parse(modelfile), Path(folder).absolute(), quantize)
        create(self._services.library, ModelName.parse(name), recipe)

    def copy(self, source: str, destination: str) -> None:
        """Give a model a further name. Raises ModelNotFound."""
        self._services.library.copy(ModelName.parse(source), ModelName.parse(destination))

    def delete(self, name: str) -> None:
        """Remove a model, and the files that only it used. Raises ModelNotFound."""
        self._services.library.delete(ModelName.parse(name))

    def load(self, name: str, *, keep_alive: float | None = None) -> None:
        """Have a model in memory; it stays for `keep_alive` seconds after its last use. Raises ModelNotFound,
        EngineFailed."""
        self._wait(lambda: self._services.inference.load(name, keep_alive=keep_alive))

    def unload(self, name: str) -> bool:
        """Take a model out of memory, as soon as it is idle. Says whether it was there. Raises ModelNotFound."""

        async def stop() -> bool:
            return self._services.inference.stop(name)

        return bool(self._wait(stop))

    def loaded(self) -> list[LoadedModel]:
        """The models in memory."""

        async def running() -> list[Snapshot]:
            return self._services.inference.running()

        return [loaded_model(snapshot, name) for snapshot in self._wait(running) for name in snapshot.models]

    def chat(
        self,
        model: str,
        messages: str | Sequence[Turn],
        *,
        max_tokens: int | None = None,
        temperature: float | None = None,
        seed: int | None = None,
    ) -> Iterator[str]:
        """The text of an answer, piece by piece: `"".join(here.chat("tiny", "Say this is a test"))` is all of it.

        `messages` is what the user says, or a conversation of roles and texts. Leaving the loop stops the model.
        Tools, pictures and schemas need a client. Raises ModelNotFound, InvalidRequest, EngineFailed.
        """
        turns: Sequence[Turn] = [("user", messages)] if isinstance(messages, str) else messages
        request = ChatRequest(
            messages=tuple(Message(role=role, content=(Text(text),)) for role, text in turns),
            sampling=Sampling(max_tokens=max_tokens, temperature=temperature, seed=seed),
            defaults=UNCHANGED,
        )
        inference = self._services.inference
        for event in self._steps(lambda: inference.chat(model, request)):
            if isinstance(event, TextDelta):
                yield event.text

    def openai(self, **options: Any) -> "OpenAI":
        """The `openai` package's client on this server. `options` are that package's."""
        from puna.embedded.openai_client import openai_client

        return openai_client(self._server, **options)

    def async_openai(self, **options: Any) -> "AsyncOpenAI":
        """The `openai` package's asynchronous client on this server."""
        from puna.embedded.openai_client import async_openai_client

        return async_openai_client(self._server, **options)

    def close(self) -> None:
        """End the server and its engines. Later objects with the same arguments start a new one."""
        if not self._closed:
            self._server().stop()
            self._closed = True

    def _server(self) -> InProcess:
        """The server of these settings, a fresh one where it was ended and after a fork."""
        if self._closed:
            raise NotRunning
        return self._find()

    @property
    def _services(self) -> "Services":
        return self._server().app.services  # type: ignore[attr-defined,no-any-return]

    def _wait(self, work: Callable[[], Any]) -> Any:
        return self._server().run(work()).result()

    def _steps(self, begin: Callable[[], AsyncIterator[T]]) -> Iterator[T]:
        """What comes in the server's loop, in this thread. Leaving the iteration ends the work."""
        queue: SimpleQueue[T | BaseException | None] = SimpleQueue()

        async def run() -> None:
            async for step in begin():
                queue.put(step)

        working = self._server().run(run())
        working.add_done_callback(lambda done: queue.put(None if done.cancelled() else done.exception()))
        try:
            while (step := queue.get()) is not None:
                if isinstance(step, BaseException):
                    raise step
                yield step
        finally:
            working.cancel()


def model_info(model: Listed) -> ModelInfo:
    """A model of the library's list, as programs see it."""
    config: Config = model.config
    return ModelInfo(
        name=model.name,
        size=model.size,
        digest=model.digest,
        modified=datetime.fromtimestamp(model.modified_ns / 10**9, UTC),
        family=config.family,
        parameter_size=config.parameter_size,
        quantization=config.quantization,
    )


def loaded_model(snapshot: Snapshot, name: str) -> LoadedModel:
    """An engine of the scheduler, as programs see it."""
    return LoadedModel(
        name=name,
        memory=snapshot.footprint.total,
        context_length=snapshot.capacity.context_length,
        expires=None if snapshot.expires is None else datetime.fromtimestamp(snapshot.expires, UTC),
        loading=snapshot.loading,
    )
