"""The application: an ingress that speaks all of Puna's dialects, and a deployment for each model."""

import re
from typing import Any

from pydantic import BaseModel, ConfigDict, field_validator
from ray import serve
from ray.serve import Application

from puna.ray.ingress import create_ingress
from puna.ray.replica import Replica
from puna.server import Server

MANY = 100_000
"""The ingress takes what comes: each model's deployment says how many requests a replica works on."""
REQUESTS = 32
"""How many requests a replica has at once where nobody says: four times as many as an engine's sequences, so that
none of those ever has nothing to do."""


class Arguments(BaseModel):
    """What the application is told. `models` has the names of those that get a deployment."""

    model_config = ConfigDict(extra="forbid")

    models: list[str] = ["tiny"]

    @field_validator("models", mode="before")
    @classmethod
    def parted(cls, names: Any) -> Any:
        """On the command line, where an argument is a text, names are parted by commas."""
        return names.split(",") if isinstance(names, str) else names


def app(arguments: Arguments) -> Application:
    """The application of Ray Serve. How many replicas a model has, and on what, is for Serve's own configuration,
    where each deployment has its model's name (`deployment_name`)."""
    names = {model: deployment_name(model) for model in arguments.models}

    def create() -> Server:
        return create_ingress({model: serve.get_deployment_handle(name) for model, name in names.items()})

    models = [
        serve.deployment(Replica, name=name, max_ongoing_requests=REQUESTS).bind(model)
        for model, name in names.items()
    ]
    return serve.deployment(serve.ingress(create)(), name="ingress", max_ongoing_requests=MANY).bind(*models)


def deployment_name(model: str) -> str:
    """A model's name in Serve, where some characters mean something else: `hf.co-user-model-q4`."""
    return re.sub(r"[^\w.-]", "-", model)
