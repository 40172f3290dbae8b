"""What answers requests, put together from the settings: everything but the API before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Self

from puna.api.services import Services
from puna.engines.plan import ENGINES, Planner
from puna.inference.inference import Inference
from puna.library.library import Library
from puna.machine import engine_settings, memory_limit
from puna.scheduler import Limits, Scheduler
from puna.settings import Settings


@dataclass(frozen=True, slots=True)
class Assembly:
    """What the endpoints work with, and what holds the engines."""

    services: Services
    scheduler: Scheduler

    @classmethod
    def of(cls, settings: Settings, engines: Sequence[Planner] = ENGINES) -> Self:
        """Put it together. Nothing starts before it is asked."""
        scheduler = create_scheduler(settings)
        make_inference = partial(create_inference, settings, engines=engines, scheduler=scheduler)
        return cls(Services(settings, make_inference), scheduler)

    async def close(self) -> None:
        """End what is at work, and all engines."""
        await self.services.close()
        await self.scheduler.close()


def create_scheduler(settings: Settings) -> Scheduler:
    """What holds the engines in memory, within what the settings allow."""
    return Scheduler(
        Limits(
            memory=memory_limit(settings),
            loaded=settings.max_loaded_models,
            queue=settings.max_queue,
            keep_alive=settings.keep_alive,
        )
    )


def create_inference(
    settings: Settings,
    library: Library,
    *,
    engines: Sequence[Planner] = ENGINES,
    scheduler: Scheduler | None = None,
) -> Inference:
    """What answers requests with that library's models, by engines of that scheduler or of one of its own."""
    return Inference(
        engine_settings(settings),
        library,
        scheduler or create_scheduler(settings),
        engines,
        schema_attempts=settings.schema_attempts,
    )
