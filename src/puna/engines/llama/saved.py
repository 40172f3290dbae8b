"""Prompts that an engine has read, kept in files while it is not in memory: reading one from a disk is many times
faster than computing it again.

The files belong to one server. They lie in a folder of its own, are deleted when their prompt is asked for again or
the server ends, and by the next server where that could not do so.
"""

import asyncio
import atexit
import shutil
import threading
from collections import OrderedDict
from collections.abc import Iterable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from puna.core.errors import PunaError
from puna.engines.llama.arguments import LlamaArguments

if TYPE_CHECKING:
    from filelock import FileLock

    from puna.engines.process.client import EngineClient

LEAST = 4096
"""The shortest prompt that is kept, in characters: about a thousand tokens."""
MOST = 32
"""How many prompts of an engine are remembered; those used last."""
KNOWN = 0.9
"""The part of a prompt that the engine has to have in its memory: nothing is computed in order to be saved."""
COMMON = 0.5
"""The part of a saved prompt that another one has to begin with to be worth loading it."""
SECONDS = 3.0
"""How long unloading may take for it."""
LOCK = "lock"


@dataclass(frozen=True, slots=True)
class SavedPrompt:
    """A prompt, and the file that holds what the engine computed of it, of so many bytes."""

    text: str
    file: Path
    size: int


class PromptFolder:
    """The files of one server, in `folder`, which is made when it is first needed."""

    def __init__(self, folder: Path) -> None:
        self._lock: FileLock | None = None
        self._preparing = threading.Lock()
        self.folder = folder
        self.saved: dict[LlamaArguments, list[SavedPrompt]] = {}

    def prepare(self) -> bool:
        """Have the folder, and delete those beside it whose servers are gone. Says whether it is there. Engines that
        start at the same time each ask for it, in threads."""
        with self._preparing:
            return self._lock is not None or self._make()

    def _make(self) -> bool:
        from filelock import FileLock, Timeout  # only who has an engine needs it

        lock = FileLock(self.folder / LOCK, mode=0o600)
        try:
            for folder in (self.folder.parent, self.folder):
                folder.mkdir(parents=True, mode=0o700, exist_ok=True)
            lock.acquire()
        except OSError:
            return False
        self._lock = lock
        atexit.register(self.close)
        for other in self.folder.parent.iterdir():
            with suppress(Timeout, OSError):
                if other != self.folder:
                    with FileLock(other / LOCK, timeout=0):
                        shutil.rmtree(other)
        return True

    def close(self) -> None:
        """Delete all of it."""
        if self._lock is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
            self._lock.release()
            self._lock = None

    def put(self, arguments: LlamaArguments, prompts: Iterable[SavedPrompt]) -> None:
        """What an engine of those arguments has left, beside what is there of others before it. The newest are kept,
        as many as the engine's memory for prompts would take."""
        kept: list[SavedPrompt] = []
        room = arguments.prompt_cache
        for prompt in (*prompts, *self.saved.get(arguments, ())):
            room -= prompt.size
            if room >= 0 and len(kept) < MOST:
                kept.append(prompt)
            else:
                prompt.file.unlink(missing_ok=True)
        self.saved[arguments] = kept

    def take(self, arguments: LlamaArguments, text: str) -> SavedPrompt | None:
        """The saved prompt that has most in common with a text, which nobody else is given any more; None where none
        has enough."""
        saved = self.saved.get(arguments, [])
        best = max(saved, key=lambda prompt: common(prompt.text, text), default=None)
        if best is None or common(best.text, text) < max(LEAST, COMMON * len(best.text)):
            return None
        saved.remove(best)
        return best


@cache
def prompt_folder(folder: Path) -> PromptFolder:
    """The one for that folder."""
    return PromptFolder(folder)


def common(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    least, most = 0, min(len(one), len(other))
    while least < most:
        middle = (least + most + 1) // 2
        if one[:middle] == other[:middle]:
            least = middle
        else:
            most = middle - 1
    return least


class ReadPrompts:
    """The prompts that one engine has read, with what it answered."""

    def __init__(self, client: "EngineClient", arguments: LlamaArguments, folder: PromptFolder) -> None:
        self._client = client
        self._arguments = arguments
        self._folder = folder
        self._texts: OrderedDict[str, None] = OrderedDict()

    def remember(self, text: str) -> None:
        """A prompt and its answer were read. They take the place of what they begin with."""
        if len(text) < LEAST:
            return
        for known in [known for known in self._texts if text.startswith(known)]:
            del self._texts[known]
        self._texts[text] = None
        if len(self._texts) > MOST:
            self._texts.popitem(last=False)

    async def recall(self, text: str) -> None:
        """Have what was saved of a prompt in the engine's memory before it is asked to go on with it."""
        if len(text) < LEAST or (saved := self._folder.take(self._arguments, text)) is None:
            return
        with suppress(PunaError):  # it may not fit any more; then the prompt is computed
            slots = [slot for slot in await self._client.get("/slots") if not slot["is_processing"]]
            if slots:
                slot = min(slots, key=lambda slot: slot.get("n_prompt_tokens", 0))
                await self._client.post(f"/slots/{slot['id']}?action=restore", {"filename": saved.file.name})
        await asyncio.to_thread(saved.file.unlink, missing_ok=True)

    async def save(self) -> None:
        """Write the prompts to files, the last one first, as far as time, the engine's memory and half of the free
        disk go."""
        saved: list[SavedPrompt] = []
        with suppress(PunaError, ConnectionError, TimeoutError, OSError):
            room = min(self._arguments.prompt_cache, shutil.disk_usage(self._folder.folder).free // 2)
            async with asyncio.timeout(SECONDS):
                for text in reversed(self._texts):
                    if room > 0 and (slot := await self._slot_with(text)) is not None:
                        saved.append(await self._saved(text, slot))
                        room -= saved[-1].size
        await asyncio.to_thread(self._folder.put, self._arguments, saved)

    async def _saved(self, text: str, slot: int) -> SavedPrompt:
        file = self._folder.folder / uuid4().hex
        try:
            written = await self._client.post(f"/slots/{slot}?action=save", {"filename": file.name})
        except BaseException:
            file.unlink(missing_ok=True)
            raise
        return SavedPrompt(text, file, written["n_written"])

    async def _slot_with(self, text: str) -> int | None:
        """The slot that has a prompt, moved there from the engine's other memory; None where the engine would have to
        compute it."""
        body = {"prompt": text, "n_predict": 0, "stream": True, "return_progress": True, "cache_prompt": True}
        async with aclosing(self._client.stream("/completion", body)) as chunks:
            async for chunk in chunks:
                progress = chunk.get("prompt_progress")
                if progress and progress["cache"] < KNOWN * progress["total"]:
                    return None
                if chunk.get("stop"):
                    return int(chunk["id_slot"])
        return None
