"""A Puna whose models run elsewhere, in a thread of the test's process."""

import asyncio
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import openai
import uvicorn

from puna.engines.plan import ENGINES, Planner
from puna.library.creation import create
from puna.library.library import Library
from puna.library.modelfile import Modelfile
from puna.library.names import ModelName
from puna.library.recipe import Recipe
from puna.server import create_app
from puna.settings import Settings


@dataclass
class Front:
    """The server, and the way to make models in it."""

    url: str
    home: Path

    def make(self, name: str, modelfile: str) -> str:
        """A model of that Modelfile; its name."""
        library = Library(self.home / "models")
        create(library, ModelName.parse(name), Recipe.of(Modelfile.parse(modelfile), self.home))
        return name

    def http(self) -> httpx2.Client:
        """A plain client."""
        return httpx2.Client(base_url=self.url, timeout=60, trust_env=False, verify=False)

    def client(self) -> openai.OpenAI:
        """The client that applications use."""
        return openai.OpenAI(base_url=f"{self.url}/v1", api_key="unused", max_retries=0, http_client=self.http())

    def async_client(self) -> openai.AsyncOpenAI:
        """The same for coroutines."""
        http = httpx2.AsyncClient(timeout=60, trust_env=False, verify=False)
        return openai.AsyncOpenAI(base_url=f"{self.url}/v1", api_key="unused", max_retries=0, http_client=http)

    def get(self, path: str) -> httpx2.Response:
        """What is there."""
        with self.http() as http:
            return http.get(path)

    def post(self, path: str, **body: Any) -> httpx2.Response:
        """The answer to that body."""
        with self.http() as http:
            return http.post(path, json=body)


@contextmanager
def front_server(home: Path, engines: Sequence[Planner] = ENGINES, **settings: Any) -> Iterator[Front]:
    """A front that listens on a port of its own."""
    app = create_app(Settings(home=home, models=home / "models", **settings), engines=engines)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None))
    thread = threading.Thread(target=asyncio.run, args=(server.serve(sockets=[listener]),))
    thread.start()
    try:
        yield Front(f"http://127.0.0.1:{listener.getsockname()[1]}", home)
    finally:
        server.should_exit = True
        thread.join()
