"""A model that a deployment of Ray Serve runs."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from ray.exceptions import RayActorError
from ray.serve.exceptions import BackPressureError
from ray.serve.handle import DeploymentHandle

from puna.core.completions import CompletionEvent, CompletionRequest, PromptRead, ScoreRequest
from puna.core.embeddings import Embedded, EmbeddingRequest
from puna.core.errors import EngineLost, Overloaded, PunaError
from puna.core.events import ChatEvent
from puna.core.images import ImageEvent, ImageRequest
from puna.core.requests import ChatRequest
from puna.engines.engine import Chats, Completes, Draws, Embeds, Engine, Scores


class RayEngine(Engine, Chats, Completes, Scores, Embeds, Draws):
    """Asks the replicas of a deployment, whichever of them Serve chooses for a request."""

    def __init__(self, deployment: DeploymentHandle) -> None:
        self._answers = deployment.options(method_name="answers", stream=True)

    def chat(self, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
        return self._asked("chat", request)

    async def count_prompt(self, request: ChatRequest) -> int:
        async with aclosing(self._asked("count_prompt", request)) as counts:
            return int(await anext(counts))

    def complete(self, request: CompletionRequest) -> AsyncGenerator[CompletionEvent, None]:
        return self._asked("complete", request)

    def score(self, request: ScoreRequest) -> AsyncGenerator[PromptRead, None]:
        return self._asked("score", request)

    def embed(self, request: EmbeddingRequest) -> AsyncGenerator[Embedded, None]:
        return self._asked("embed", request)

    def draw(self, request: ImageRequest) -> AsyncGenerator[ImageEvent, None]:
        return self._asked("draw", request)

    async def _asked(self, work: str, request: Any) -> AsyncGenerator[Any, None]:
        """What a replica makes of a request. It stops when nobody waits for it any more.

        Raises what the replica's engine raised, EngineLost where the replica ended, and Overloaded where as many
        requests wait for one as the deployment lets wait.
        """
        answer = self._answers.remote(work, request)
        try:
            async for events in answer:
                if isinstance(events, PunaError):
                    raise events
                for event in events:
                    yield event
        except RayActorError as error:
            raise EngineLost("A replica of this model's deployment was lost.", own_fault=False) from error
        except BackPressureError as error:
            raise Overloaded("The server is busy: the deployment of this model takes no more requests.") from error
        finally:
            answer.cancel()
