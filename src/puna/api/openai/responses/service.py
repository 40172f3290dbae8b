"""The responses of a server: those at work, and those that are kept."""

import asyncio
import math
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from dataclasses import replace
from functools import partial
from typing import Any

from puna.api.openai.responses.answer import ResponseBuilder
from puna.api.openai.responses.body import CreateBody, Prompt
from puna.api.openai.responses.continued import Continued
from puna.api.openai.responses.followed import ended, followed, replay
from puna.api.openai.responses.frame import frame
from puna.api.openai.responses.items import Stored
from puna.api.openai.responses.preparation import Prepared, in_progress, prepare
from puna.api.openai.responses.published import Published
from puna.api.openai.responses.run import Run
from puna.api.openai.responses.truncation import fitted
from puna.api.services import Services
from puna.core.errors import InvalidRequest, NotFound, PunaError
from puna.core.events import Done, Event
from puna.core.formats import FreeText
from puna.core.requests import ChatRequest
from puna.inference.caller import Caller
from puna.inference.inference import completed
from puna.library.names import ModelName
from puna.state.owner import STOPPED
from puna.state.stored import UNFINISHED, StoredResponse

PATIENCE = 15.0
"""For how many seconds the end of a response waits for a database that is away. Nobody waits for one in the
background, which has all the time."""
ENDING = 60.0
"""How many seconds another server has to end a response. That one is gone is known in half of that."""
LEAVING = 5.0
"""How many seconds it may take at the end of the server to keep what is at work."""


class Responses:
    """Makes responses and finds those that were made."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._runs: dict[str, Run] = {}
        self._published = Published(services.state)

    async def create(
        self,
        body: CreateBody,
        caller: Caller,
        explain: Callable[[PunaError], str],
        continued: Continued | None = None,
    ) -> Run:
        """Begin a response. A background one is stored before this returns. `caller` hears what becomes of it,
        `explain` says what a client is told of an error, `continued` are responses that it may go on from as well.

        Raises:
            InvalidRequest, ModelNotFound, NotFound: the body asks for what can't be.
        """
        check(body)
        model = self._services.library.get(ModelName.parse(body.model))
        prepared = await self.prepare(body, caller, continued)
        sealing = "reasoning.encrypted_content" in (body.include or ())
        answer = ResponseBuilder(
            frame(body, completed(prepared.request, model).sampling, caller.owner),
            tools=prepared.toolbox.offered,
            silent=not body.generates,
            summary=body.summary is not None,
            seal=self._services.state.seal.close if sealing else None,
        )
        shared = await self._announce(answer, prepared) if body.background else False
        keep = partial(self._keep, body, prepared)
        source = self._source(body, prepared.request, caller)
        run = Run(answer, source, keep, prepared.given, prepared.before, explain)
        if body.store is not False:
            self._runs[answer.id] = run
        if shared:
            self._published.add(run)
        return run

    async def get(self, key: str) -> dict[str, Any]:
        """A response object. Raises NotFound."""
        if run := self._runs.get(key):
            return run.response
        stored = await (await self._services.state.open()).responses.get(key)
        if stored is None:
            raise no_response(key)
        return stored.body

    async def stream(self, key: str, after: int) -> AsyncGenerator[bytes, None]:
        """The events of a response behind that number: those it has, then those that come.

        Raises:
            NotFound: there is no such response.
            InvalidRequest: it was not made as a stream, so its events were not kept.
        """
        if run := self._runs.get(key):
            return run.stream(after)
        events = await (await self._services.state.open()).responses.events(key)
        if events is None:
            if (await self.get(key))["background"]:
                return followed(await self._services.state.open(), key, after)
            raise InvalidRequest(
                f"The response '{key}' can't be streamed: it was created with neither 'stream' nor 'background'.",
                param="stream",
            )
        return replay(events, after)

    async def delete(self, key: str) -> None:
        """Forget a response; end it where it is still at work. Raises NotFound."""
        if run := self._runs.get(key):
            await run.stop()
        if not await (await self._services.state.open()).responses.delete(key):
            raise no_response(key)

    async def cancel(self, key: str) -> dict[str, Any]:
        """End a background response. One that has ended stays as it is.

        Raises:
            NotFound: there is no such response.
            InvalidRequest: it does not run in the background, or in another process of this machine.
        """
        response = await self.get(key)
        if not response["background"]:
            raise InvalidRequest("Cannot cancel a synchronous response.", param="response_id")
        if run := self._runs.get(key):
            await run.stop()
        elif response["status"] in UNFINISHED:
            stores = await self._services.state.open()
            if not stores.database.shared:
                raise InvalidRequest(f"The response '{key}' runs on another server; cancel it there.")
            await stores.live.cancel(key)
            try:
                async with asyncio.timeout(ENDING):
                    await ended(stores, key)
            except TimeoutError as error:
                raise PunaError(f"The server of the response '{key}' did not cancel it.") from error
        return await self.get(key)

    async def close(self) -> None:
        """End what is at work: it has failed."""
        self._published.close()
        runs = list(self._runs.values())
        with suppress(TimeoutError):  # the database is away
            async with asyncio.timeout(LEAVING):
                for run in runs:
                    await run.stop(PunaError(STOPPED))
        for run in runs:
            run.give_up()

    async def prepare(self, body: Prompt, caller: Caller, continued: Continued | None = None) -> Prepared:
        """What a body of that caller's asks for, without asking it."""
        if body.previous_response_id in self._runs:
            raise in_progress(body.previous_response_id or "")
        images = self._services.images.shown_to(lambda: self._services.inference.sees(body.model), caller.ignore)
        key = body.previous_response_id
        before = continued.find(key) if continued and key else None
        return await prepare(self._services.state, images, body, caller.owner, before)

    async def input_items(self, key: str) -> list[Stored]:
        """What a response was made from, oldest first. Raises NotFound."""
        if run := self._runs.get(key):
            return list(run.input)
        stores = await self._services.state.open()
        items = await stores.responses.input_items(key)
        if not items:
            await self.get(key)
        return items

    def ask(self, model: str, request: ChatRequest, *, caller: Caller) -> AsyncGenerator[Event, None]:
        """The model's answer."""
        return self._services.inference.chat(model, request, caller=caller)

    async def count(self, body: Prompt, caller: Caller) -> int:
        """How many tokens the prompt of that body has."""
        prepared = await self.prepare(body, caller)
        return await self._services.inference.count_prompt(body.model, prepared.request, caller=caller)

    def _source(self, body: CreateBody, request: ChatRequest, caller: Caller) -> AsyncGenerator[Event, None]:
        ask = partial(self.ask, body.model, caller=caller)
        if not body.generates:
            return read_only(ask, request)
        return fitted(ask, request) if body.truncation == "auto" else ask(request)

    async def _announce(self, answer: ResponseBuilder, prepared: Prepared) -> bool:
        """Store a response that nothing was done for yet. Says whether other servers see it."""
        stores = await self._services.state.open()
        body = {**answer.response, "status": "queued"}
        await stores.save(StoredResponse(body=body, input=prepared.given, owner=stores.owner.name))
        return stores.database.shared

    async def _keep(self, body: CreateBody, prepared: Prepared, run: Run) -> None:
        """Store a response as it will stay; the client has not heard of its end yet."""
        try:
            response = run.answer.response
            unseen = not body.stream and not body.background and response["status"] in ("failed", "cancelled")
            if unseen or (run.failure and not run.begun and not body.background):
                return
            done = response["status"] in ("completed", "incomplete")
            conversation = body.conversation_id if done else None
            if body.store is not False:
                stores = await self._services.state.open()
                events = run.log() if body.stream or body.background else None
                stored = StoredResponse(body=response, input=prepared.given, events=events, owner=stores.owner.name)
                await stores.save(stored, conversation, math.inf if body.background else PATIENCE)
            elif conversation:
                stores = await self._services.state.open()
                await stores.conversations.append(conversation, [*prepared.given, *response["output"]])
        finally:
            self._runs.pop(run.answer.id, None)


def check(body: CreateBody) -> None:
    """What of a body can't go together. Raises InvalidRequest."""
    if body.background and body.store is False:
        raise InvalidRequest("Background mode requires 'store' to be true.", param="background")
    if body.stream_options is not None and not body.stream:
        raise InvalidRequest("'stream_options' is only allowed when 'stream' is true.", param="stream_options")


async def read_only(
    ask: Callable[[ChatRequest], AsyncGenerator[Event, None]], request: ChatRequest
) -> AsyncGenerator[Event, None]:
    """Have the prompt read, so that what goes on from it starts sooner, and nothing of an answer."""
    one = replace(request, sampling=replace(request.sampling, max_tokens=1), format=FreeText())
    async with aclosing(ask(replace(one, tool_choice=replace(request.tool_choice, mode="auto")))) as events:
        async for event in events:
            if isinstance(event, Done):
                yield Done(replace(event.usage, completion_tokens=0, reasoning_tokens=0))


def no_response(key: str) -> NotFound:
    return NotFound(f"Response with id '{key}' not found.", param="response_id")
