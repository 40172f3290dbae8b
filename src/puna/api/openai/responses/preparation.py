"""From a body to a request of the core: what was said before, what is said now, with what tools."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from puna.api.openai import defaults
from puna.api.openai.responses.body import CreateBody, Prompt
from puna.api.openai.responses.history import added_tools, check_outputs, to_messages
from puna.api.openai.responses.identifier import is_owned, tag
from puna.api.openai.responses.input import read_input
from puna.api.openai.responses.items import Stored
from puna.api.openai.responses.toolbox import Toolbox
from puna.api.openai.verbosity import with_verbosity
from puna.core.errors import InvalidRequest, NotFound
from puna.core.messages import Message, Text
from puna.core.requests import ChatRequest
from puna.images.load import ImageLoader
from puna.state.state import State
from puna.state.stored import UNFINISHED


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is answered: the items of now and those of before, and the request with all of them."""

    given: Sequence[Stored]
    before: Sequence[Stored]
    request: ChatRequest
    toolbox: Toolbox

    def asking(self, task: Message, max_tokens: int) -> ChatRequest:
        """The request with one more message, and an answer of at most so many tokens."""
        sampling = replace(self.request.sampling, max_tokens=max_tokens)
        return replace(self.request, messages=(*self.request.messages, task), sampling=sampling)


async def prepare(
    state: State,
    images: ImageLoader,
    body: Prompt,
    owner: str = "",
    continued: Sequence[Stored] | None = None,
) -> Prepared:
    """Read the input, and what it goes on from, of that owner's: `continued`, where its connection knows it.

    Raises:
        InvalidRequest: something in it can't be used.
        NotFound: there is no such conversation.
    """
    body.toolbox.check()
    if body.previous_response_id and body.conversation:
        raise InvalidRequest(
            "Mutually exclusive parameters: 'previous_response_id' and 'conversation' can't be used together.",
            param="conversation",
            code="mutually_exclusive_parameters",
        )
    check_owner(body, owner)
    given = await resolve(state, read_input(body.input), owner=owner)
    before = await read_before(state, body) if continued is None else list(continued)
    check_outputs(before, given)
    if not given and not before and body.instructions is None:
        raise InvalidRequest("Missing required parameter: 'input'.", param="input", code="missing_required_parameter")
    history = await to_messages([*before, *given], state.seal, images)
    if body.reasoning and body.reasoning.context == "current_turn":
        history = without_older_thoughts(history)
    messages = with_verbosity((*instructions(body), *history), body.text_options.verbosity)
    toolbox = body.toolbox.with_found(added_tools([*before, *given]))
    return Prepared(given, before, to_request(body, messages, toolbox), toolbox)


def check_owner(body: Prompt, owner: str) -> None:
    """What a body goes on from has to be the owner's. To others it is not there."""
    if body.previous_response_id and not is_owned(body.previous_response_id, owner):
        raise unknown_previous(f"Previous response with id '{body.previous_response_id}' not found.")
    if body.conversation_id and not is_owned(body.conversation_id, owner):
        raise no_conversation(body.conversation_id)


async def resolve(state: State, items: list[Stored], field: str = "input", owner: str = "") -> list[Stored]:
    """Put the items that are meant in the place of references to them."""
    wanted = [item["id"] for item in items if item["type"] == "item_reference"]
    if not wanted:
        return items
    found = await (await state.open()).responses.find_items(wanted, tag(owner))
    for key in wanted:
        if key not in found:
            raise NotFound(f"Item with id '{key}' not found.", param=field)
    return [found[item["id"]] if item["type"] == "item_reference" else item for item in items]


async def read_before(state: State, body: Prompt) -> list[Stored]:
    """The items of the chain or the conversation that the body goes on from."""
    if body.previous_response_id:
        return await read_chain(state, body.previous_response_id)
    if body.conversation_id:
        items = await (await state.open()).conversations.items(body.conversation_id)
        if items is None:
            raise no_conversation(body.conversation_id)
        return items
    return []


async def read_chain(state: State, key: str) -> list[Stored]:
    """The items of a response and all before it. Raises InvalidRequest."""
    chain = await (await state.open()).responses.chain(key)
    if chain is None:
        raise unknown_previous(f"Previous response with id '{key}' not found.")
    if chain.missing:
        raise unknown_previous(
            f"The response '{chain.missing}', which '{key}' builds on, was deleted: the conversation is not complete."
        )
    if chain.status in UNFINISHED:
        raise in_progress(key)
    return chain.items


def no_conversation(key: str) -> NotFound:
    return NotFound(f"Conversation with id '{key}' not found.", param="conversation")


def unknown_previous(message: str) -> InvalidRequest:
    return InvalidRequest(message, param="previous_response_id", code="previous_response_not_found")


def in_progress(key: str) -> InvalidRequest:
    return InvalidRequest(
        f"The response '{key}' is still in progress; wait until it is complete to go on from it.",
        param="previous_response_id",
        code="previous_response_in_progress",
    )


def instructions(body: Prompt) -> list[Message]:
    """The instructions, which are not carried over to the next response."""
    return [Message(role="system", content=(Text(body.instructions),))] if body.instructions else []


def without_older_thoughts(messages: Sequence[Message]) -> tuple[Message, ...]:
    """The messages, without what the assistant thought before the user last spoke."""
    last = max((place for place, message in enumerate(messages) if message.role == "user"), default=0)
    return (*(replace(message, reasoning=None) for message in messages[:last]), *messages[last:])


def to_request(body: Prompt, messages: tuple[Message, ...], toolbox: Toolbox) -> ChatRequest:
    """The core's request."""
    request = ChatRequest(
        messages=messages,
        defaults=defaults.CHAT,
        tools=toolbox.tools,
        tool_choice=toolbox.choice,
        parallel_tool_calls=body.parallel_tool_calls is not False,
        format=body.text_options.to_core(),
        effort=body.extended_effort(body.reasoning.effort if body.reasoning else None),
        thinking_tokens=body.thinking.budget_tokens if body.thinking else None,
        template_variables=body.template_variables,
    )
    if not isinstance(body, CreateBody):
        return request
    sampling = replace(
        body.extended,
        temperature=body.temperature,
        top_p=body.top_p,
        frequency_penalty=body.frequency_penalty,
        presence_penalty=body.presence_penalty,
        max_tokens=body.max_output_tokens,
    )
    return replace(request, sampling=sampling, logprobs=body.logprobs)
