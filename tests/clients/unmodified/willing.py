"""The server that the clients ask: Puna with `tiny`, made willing to call the tools that it is offered, and with
models for agents and others, which know what to say."""

import os
import re
import threading
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import uvicorn

from puna.core.capacity import Capacity
from puna.core.completions import CompletionEvent, CompletionRequest
from puna.core.events import ChatEvent, Done, Finished, TextDelta, Usage
from puna.core.footprint import Footprint
from puna.core.requests import ChatRequest
from puna.core.tools import ToolChoice
from puna.engines.engine import Chats, Completes, Engine, Task, able
from puna.engines.launch import Launch
from puna.engines.llama.sizing import plan_llama
from puna.engines.model import EngineModel
from puna.engines.plan import ENGINES
from puna.engines.settings import EngineSettings
from puna.http.listener import listen
from puna.models import TINY
from puna.server import create_app
from puna.settings import Settings
from tests.clients.unmodified.agents import CONTEXT, add_agents
from tests.scripted_model import write_scripted_model
from tests.stored_models import add_model
from tests.templates.small import CHATML, TAGGED


def willing(request: ChatRequest) -> ChatRequest:
    """The request as a model reads it that calls each tool once, in their order, and then answers. A small model
    left alone would not come to call one, nor to an end."""
    begun = max((place for place, message in enumerate(request.messages) if message.role == "user"), default=0)
    results = sum(message.role == "tool" for message in request.messages[begun:])
    choice = request.tool_choice
    tools = [tool.name for tool in request.tools if choice.names is None or tool.name in choice.names]
    if not tools or choice.mode == "none" or (choice.mode == "auto" and results):
        return request
    name = tools[min(results, len(tools) - 1)]
    return replace(request, tool_choice=ToolChoice(mode="required", names=(name,)))


FIELD = re.compile(r"`?\[\[ ## (\w+) ## \]\]`?")
"""How DSPy asks for fields in a text, in the order it wants them."""


def fields_of(request: ChatRequest) -> str | None:
    """The fields that the last message asks for, each with a value that is a text and a truth; None where it asks for
    none. A small model does not keep to instructions."""
    _, asked, wanted = request.messages[-1].text.partition("Respond with")
    names = list(dict.fromkeys(FIELD.findall(wanted))) if asked else []
    return "\n\n".join(f"[[ ## {name} ## ]]\nTrue" for name in names) or None


class Willing(Engine, Chats, Completes):
    """An engine of llama.cpp that gets requests as `willing` makes them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def capacity(self) -> Capacity:
        return self._engine.capacity

    @property
    def alive(self) -> bool:
        return self._engine.alive

    async def chat(self, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
        if fields := fields_of(request):
            yield TextDelta(0, fields)
            yield Finished(0, "stop")
            yield Done(Usage(1, 1))
            return
        knows = (self.capacity.context_length or 0) >= CONTEXT
        asked = request if knows else willing(request)
        async with aclosing(able(self._engine, Chats).chat(asked)) as events:
            async for event in events:
                yield event

    async def count_prompt(self, request: ChatRequest) -> int:
        return await able(self._engine, Chats).count_prompt(request)

    async def complete(self, request: CompletionRequest) -> AsyncGenerator[CompletionEvent, None]:
        async with aclosing(able(self._engine, Completes).complete(request)) as events:
            async for event in events:
                yield event

    async def close(self) -> None:
        await self._engine.close()


@dataclass(frozen=True)
class WillingLaunch:
    """A launch of llama.cpp whose engine is willing."""

    launch: Launch

    @property
    def capacity(self) -> Capacity:
        return self.launch.capacity

    @property
    def footprint(self) -> Footprint:
        return self.launch.footprint

    def alternatives(self) -> Sequence[Launch]:
        return [WillingLaunch(one) for one in self.launch.alternatives()]

    async def start(self) -> Engine:
        return Willing(await self.launch.start())


def plan_willing(model: EngineModel, task: Task, settings: EngineSettings) -> Launch | None:
    """The engine for chats with `tiny`; other tasks, and models that say one text, have their own."""
    launch = plan_llama(model, task, settings) if task == "chat" and model.weights == Path(TINY) else None
    return WillingLaunch(launch) if launch else None


SAYS = {
    "talker": ("Hello, I am a scripted model.", CHATML),
    "thinker": ("I wonder what to say.\n</think>\n\nWell, hello there!", TAGGED),
    "caller": (
        '<tool_call>\n{"name": "Bash", "arguments": {"command": "echo hello > made.txt", "description": "Writes."}}\n'
        "</tool_call>",
        CHATML,
    ),
    "remembers": ('{"memory": [{"id": "0", "text": "Ann likes tests.", "attributed_to": "user"}]}', CHATML),
    "judges": ('{"good": true, "value": "accurate", "reason": "It says so."}', CHATML),
}
"""What models say for clients whose prompts are longer than `tiny` reads (coding agents, mem0), or which ask for JSON
in words only (mem0, ragas), each with its template."""
AGENT_CONTEXT = 131_072


def add_agent_models(home: Path) -> None:
    """Put them into a server's home."""
    for name, (says, template) in SAYS.items():
        weights = write_scripted_model(home / f"{name}.gguf", says, template, context=AGENT_CONTEXT)
        add_model(home / "models", name, weights)


@contextmanager
def serving(home: Path) -> Iterator[str]:
    """A server on a free port; its address."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PUNA_", "OLLAMA_"))}
    settings = Settings.from_environment({**clean, "PUNA_HOME": str(home), "PUNA_KEEP_ALIVE": "-1"})
    add_agent_models(home)
    add_agents(settings.models)
    app = create_app(settings, engines=(plan_willing, *ENGINES))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", ws="websockets-sansio"))

    listener = listen("127.0.0.1", 0)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(30)
