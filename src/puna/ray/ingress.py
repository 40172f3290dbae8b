"""What Ray Serve's proxies ask: Puna's application, whose models run in deployments."""

import os
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from puna.core.errors import InvalidRequest, ModelNotFound
from puna.core.subjects import RequestedModel
from puna.engines.engine import Task
from puna.engines.launch import Launch
from puna.engines.model import EngineModel
from puna.engines.plan import Planner, plan
from puna.engines.ray.launch import RayLaunch
from puna.engines.settings import EngineSettings
from puna.library.library import Library
from puna.library.names import ModelName
from puna.ray.store import stored
from puna.server import Server, create_app
from puna.settings import Settings


def create_ingress(deployments: Mapping[str, Any]) -> Server:
    """The application. `deployments` are the handles of those that run models, by the model's name."""
    settings = Settings.from_environment(os.environ)
    library = Library(settings.models)
    for name in deployments:
        stored(library, ModelName.parse(name))
    return create_app(settings, engines=(deployed_planner(library, deployments),))


def deployed_planner(library: Library, deployments: Mapping[str, Any]) -> Planner:
    """Finds the deployment whose engine is the one that a model would have here: other names of a model, and models
    made of it, share it. A model that runs on other servers needs none."""

    def planned(model: EngineModel, task: Task, settings: EngineSettings) -> Launch:
        launch = plan(model, task, settings)
        if not launch.footprint.devices:
            return launch
        for name, deployment in deployments.items():
            with suppress(InvalidRequest, ModelNotFound):
                if plan(library.get(ModelName.parse(name)), task, settings) == launch:
                    return RayLaunch(name, deployment)
        raise InvalidRequest(
            "No deployment runs this model with these settings: name it in `models` of the application's arguments.",
            about=RequestedModel(),
        )

    return planned
