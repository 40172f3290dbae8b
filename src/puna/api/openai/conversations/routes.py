"""The paths under /v1/conversations."""

from typing import TYPE_CHECKING, Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from puna.api.openai.conversations.body import AddItems, CreateConversation, UpdateConversation
from puna.api.openai.responses.history import to_messages
from puna.api.openai.responses.identifier import is_owned, new_id, tag
from puna.api.openai.responses.input import read_input
from puna.api.openai.responses.items import Stored
from puna.api.openai.responses.pages import Page, read_include, show
from puna.api.openai.responses.preparation import no_conversation, resolve
from puna.api.services import services_of
from puna.core.errors import InvalidRequest, NotFound
from puna.http.body import read_body
from puna.http.json import JSONResponse
from puna.observation.journal import entry_of

if TYPE_CHECKING:
    from puna.state.conversations import Conversation, ConversationStore

T = TypeVar("T")


async def create(request: Request) -> Response:
    """A new conversation, with items where some are given."""
    body = await read_body(request, CreateConversation)
    items = await read_items(request, body.items or [])
    metadata = body.metadata or {}
    return JSONResponse(
        render(await (await store(request)).create(new_id("conv", entry_of(request).owner), metadata, items))
    )


async def index(request: Request) -> Response:
    """The conversations of whoever asks, in pages, the last used ones first. OpenAI has no such list."""
    page = Page.of(request.query_params)
    owner = entry_of(request).owner
    conversations = await store(request)
    after = page.after if page.after is None or is_owned(page.after, owner) else ""
    there = await conversations.page(tag(owner), page.limit + 1, after=after, descending=page.descending)
    if there is None:
        raise InvalidRequest(f"There is no conversation '{page.after}' in this list.", param="after")
    data = [render(conversation) for conversation in there[: page.limit]]
    return JSONResponse(
        {
            "object": "list",
            "data": data,
            "first_id": data[0]["id"] if data else "",
            "last_id": data[-1]["id"] if data else "",
            "has_more": len(there) > page.limit,
        }
    )


async def retrieve(request: Request) -> Response:
    """A conversation, without its items."""
    return JSONResponse(render(found(await (await store(request)).get(key(request)), request)))


async def update(request: Request) -> Response:
    """Replace a conversation's metadata."""
    body = await read_body(request, UpdateConversation)
    return JSONResponse(
        render(found(await (await store(request)).update(key(request), body.metadata or {}), request))
    )


async def delete(request: Request) -> Response:
    """Forget a conversation. The responses made in it stay."""
    found(await (await store(request)).delete(key(request)) or None, request)
    return JSONResponse({"id": key(request), "object": "conversation.deleted", "deleted": True})


async def create_items(request: Request) -> Response:
    """Add items at the end; the answer lists them."""
    include = read_include(request.query_params)
    body = await read_body(request, AddItems)
    items = await read_items(request, body.items)
    found(await (await store(request)).append(key(request), items) or None, request)
    return JSONResponse(Page(limit=len(items), descending=False, include=include).render(items))


async def list_items(request: Request) -> Response:
    """The items of a conversation, in pages."""
    page = Page.of(request.query_params)
    return JSONResponse(page.render(await all_items(request)))


async def retrieve_item(request: Request) -> Response:
    """One item."""
    item_id = request.path_params["item_id"]
    include = read_include(request.query_params)
    for item in await all_items(request):
        if item["id"] == item_id:
            return JSONResponse(show(item, include))
    raise no_item(item_id)


async def delete_item(request: Request) -> Response:
    """Forget one item; the answer is the conversation."""
    item_id = request.path_params["item_id"]
    conversations = await store(request)
    conversation = found(await conversations.get(key(request)), request)
    if not await conversations.delete_item(key(request), item_id):
        raise no_item(item_id)
    return JSONResponse(render(conversation))


async def read_items(request: Request, given: list[Any]) -> list[Stored]:
    """The items of a body. Raises InvalidRequest: one of them could not be used in a response either."""
    services = services_of(request)
    items = await resolve(services.state, read_input(given, "items"), "items", entry_of(request).owner)
    await to_messages(items, services.state.seal, services.images.offline(), "items")
    return items


async def all_items(request: Request) -> list[Stored]:
    return found(await (await store(request)).items(key(request)), request)


def found(value: T | None, request: Request) -> T:
    """What the store has of the conversation. Raises NotFound: it has none."""
    if value is None:
        raise no_conversation(str(request.path_params["conversation_id"]))
    return value


def no_item(item_id: str) -> NotFound:
    return NotFound(f"Item with id '{item_id}' not found.", param="item_id")


def key(request: Request) -> str:
    """The id of the conversation that the path names. Raises NotFound: it is another API key's."""
    found = str(request.path_params["conversation_id"])
    if not is_owned(found, entry_of(request).owner):
        raise no_conversation(found)
    return found


async def store(request: Request) -> "ConversationStore":
    return (await services_of(request).state.open()).conversations


def render(conversation: "Conversation") -> dict[str, Any]:
    """The conversation object."""
    return {
        "id": conversation.id,
        "object": "conversation",
        "created_at": conversation.created_at,
        "metadata": dict(conversation.metadata),
    }
