"""What the endpoints of one application work with."""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, TypeVar

from puna.library.library import Library
from puna.settings import Settings

if TYPE_CHECKING:
    from starlette.requests import Request

    from puna.images.load import ImageLoader
    from puna.inference.inference import Inference
    from puna.state.state import State


class Own(Protocol):
    """A service that only one dialect has. It is made once for each application, and closed with it."""

    def __init__(self, services: "Services") -> None: ...

    async def close(self) -> None:
        """End what is at work."""


S = TypeVar("S", bound=Own)


class Services:
    """The services of one application. Each is made, and imported, when a request first needs it: `puna list` asks
    for the library alone, and has to be quick."""

    def __init__(self, settings: Settings, make_inference: "Callable[[Library], Inference]") -> None:
        self.settings = settings
        self._make_inference = make_inference
        self._own: dict[type[Own], Own] = {}

    @cached_property
    def library(self) -> Library:
        """The models on disk."""
        return Library(self.settings.models)

    @cached_property
    def inference(self) -> "Inference":
        """What answers requests with the library's models."""
        return self._make_inference(self.library)

    @cached_property
    def images(self) -> "ImageLoader":
        """What loads the pictures of requests."""
        from puna.images.load import ImageLoader

        return ImageLoader(self.settings.image_hosts)

    @cached_property
    def state(self) -> "State":
        """What is kept between requests."""
        from puna.state.state import State

        return State(self.settings)

    def own(self, kind: type[S]) -> S:
        """The application's one service of that class, which belongs to a dialect."""
        if kind not in self._own:
            self._own[kind] = kind(self)
        found = self._own[kind]
        assert isinstance(found, kind)
        return found

    async def close(self) -> None:
        """Close what was made, what others need last."""
        for service in reversed(self._own.values()):
            await service.close()
        made = self.__dict__
        if "state" in made:
            await self.state.close()
        if "inference" in made:
            await self.inference.close()


def services_of(request: "Request") -> Services:
    """The services of the application that a request came to."""
    services: Services = request.app.state.services
    return services
