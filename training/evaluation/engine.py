"""The real engine with the model in it, and requests to it."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import xllamacpp

Body = dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """What the engine answered to a chat."""

    content: str
    thought: str = ""
    calls: list[tuple[str, Any]] = field(default_factory=list)


class Engine:
    """llama.cpp's server in this process, on a port of its own; thinking is off unless a request turns it on."""

    def __init__(self, model: Path, projector: Path | None = None, context: int = 16_384) -> None:
        parameters = xllamacpp.CommonParams()
        parameters.model.path = str(model)
        if projector:
            parameters.mmproj.path = str(projector)
        parameters.port = 0
        parameters.n_ctx = context  # for two requests at a time
        parameters.n_parallel = 2
        parameters.enable_reasoning = 0
        parameters.verbosity = -1
        parameters.cpuparams.n_threads = 1
        parameters.cpuparams_batch.n_threads = 1
        self._server = xllamacpp.Server(parameters)
        self._address = self._server.listening_address

    def post(self, route: str, body: Body) -> Any:
        request = Request(self._address + route, json.dumps(body).encode(), {"Content-Type": "application/json"})  # noqa: S310
        with urlopen(request) as response:  # noqa: S310 (a loopback address)
            return json.load(response)

    def chat(self, messages: list[Body], **options: Any) -> Reply:
        body = {"messages": messages, "temperature": 0, "max_tokens": 200, **options}
        message = self.post("/v1/chat/completions", body)["choices"][0]["message"]
        calls = [(call["function"]["name"], _parsed(call["function"]["arguments"])) for call in message.get("tool_calls") or []]
        return Reply((message.get("content") or "").strip(), (message.get("reasoning_content") or "").strip(), calls)

    def complete(self, prompt: str, tokens: int = 80) -> str:
        return str(self.post("/completion", {"prompt": prompt, "temperature": 0, "n_predict": tokens})["content"])

    def infill(self, prefix: str, suffix: str, tokens: int = 60) -> str:
        body = {"input_prefix": prefix, "input_suffix": suffix, "temperature": 0, "n_predict": tokens}
        return str(self.post("/infill", body)["content"])

    def render(self, messages: list[Body], **options: Any) -> str:
        return str(self.post("/apply-template", {"messages": messages, **options})["prompt"])

    def tokenize(self, text: str) -> list[int]:
        return list(self.post("/tokenize", {"content": text, "parse_special": True, "add_special": True})["tokens"])


def _parsed(arguments: str) -> Any:
    try:
        return json.loads(arguments)
    except ValueError:
        return arguments
