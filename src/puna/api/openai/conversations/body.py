"""The bodies of the Conversations API's requests."""

from typing import Annotated, ClassVar

from pydantic import Field

from puna.api.openai.responses.body import Metadata, Object
from puna.http.body import Body

Items = Annotated[list[Object], Field(max_length=20)]
"""OpenAI takes up to 20 items at a time."""


class CreateConversation(Body):
    media: ClassVar[bool] = True

    items: Items | None = None
    metadata: Metadata | None = None


class UpdateConversation(Body):
    metadata: Metadata | None


class AddItems(Body):
    media: ClassVar[bool] = True

    items: Items
