"""Pages of a list: `limit`, `order` and `after`, as every list of OpenAI's has them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

from starlette.datastructures import QueryParams

from puna.api.mistakes import invalid_value
from puna.api.openai.responses.body import Includable
from puna.api.openai.responses.items import Stored
from puna.core.errors import InvalidRequest

IMAGE_URL = "message.input_image.image_url"


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is wanted, and what of its items."""

    limit: int = 20
    descending: bool = True
    after: str | None = None
    include: frozenset[str] = frozenset()

    @classmethod
    def of(cls, query: QueryParams) -> "Page":
        """From a request's query. Raises InvalidRequest."""
        limit, order = query.get("limit", "20"), query.get("order", "desc")
        if not limit.isdecimal() or len(limit) > 3 or not 1 <= int(limit) <= 100:
            message = f"Invalid 'limit': expected a number from 1 to 100, but got {limit!r}."
            raise InvalidRequest(message, param="limit", code=out_of_range(limit))
        if order not in ("asc", "desc"):
            message = f"Invalid 'order': expected 'asc' or 'desc', but got {order!r}."
            raise invalid_value("order", message)
        return cls(int(limit), order == "desc", query.get("after"), read_include(query))

    def render(self, items: Sequence[Stored]) -> dict[str, Any]:
        """The list object. `items` are all there are, oldest first. Raises InvalidRequest."""
        ordered = list(reversed(items)) if self.descending else list(items)
        if self.after is not None:
            places = [place for place, item in enumerate(ordered) if item["id"] == self.after]
            if not places:
                raise InvalidRequest(f"There is no item '{self.after}' in this list.", param="after")
            ordered = ordered[places[0] + 1 :]
        data = [show(item, self.include) for item in ordered[: self.limit]]
        return {
            "object": "list",
            "data": data,
            "first_id": data[0]["id"] if data else "",
            "last_id": data[-1]["id"] if data else "",
            "has_more": len(ordered) > self.limit,
        }


def out_of_range(limit: str) -> str:
    """OpenAI's word for what is wrong with a limit."""
    if not limit.removeprefix("-").isdecimal():
        return "invalid_type"
    return "integer_below_min_value" if limit.startswith("-") or not limit.strip("0") else "integer_above_max_value"


def read_include(query: QueryParams) -> frozenset[str]:
    """`include`, written once for each value, with or without brackets. Raises InvalidRequest."""
    given = frozenset(query.getlist("include") + query.getlist("include[]"))
    for value in given:
        if value not in get_args(Includable):
            raise InvalidRequest(
                f"Invalid value: {value!r}. Supported values are: {', '.join(map(repr, get_args(Includable)))}.",
                param="include",
                code="invalid_value",
            )
    return given


def show(item: Stored, include: frozenset[str]) -> Stored:
    """An item as a list has it: a picture only where it was asked for."""
    if item["type"] != "message" or IMAGE_URL in include:
        return item
    return {**item, "content": [hide_image(part) for part in item["content"]]}


def hide_image(part: Stored) -> Stored:
    return {**part, "image_url": None} if part["type"] == "input_image" else part
