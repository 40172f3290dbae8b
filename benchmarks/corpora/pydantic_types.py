"""What pydantic makes of the field types that its documentation lists, in both modes."""

import datetime
import decimal
import enum
import fractions
import ipaddress
import pathlib
import re
import uuid
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Literal, NamedTuple, TypeVar

import pydantic
from pydantic import BaseModel, ConfigDict, Discriminator, Field, RootModel, Tag, create_model
from typing_extensions import TypedDict

from benchmarks.corpora import Case, Corpus

T = TypeVar("T")


class Colour(enum.Enum):
    RED = "red"
    GREEN = "green"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Point(NamedTuple):
    x: int
    y: int = 0


class Film(TypedDict, total=False):
    title: str
    year: int


@dataclass
class Place:
    name: str
    latitude: float


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"
    lives: int = 9


class Dog(BaseModel):
    kind: Literal["dog"] = "dog"
    breed: str


class Lizard(BaseModel):
    kind: Literal["lizard", "gecko"]
    colour: Colour


class Node(BaseModel):
    value: int
    children: list["Node"] = []


class Page(BaseModel, Generic[T]):
    items: list[T]
    next: str | None = None


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")
    a: int


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    a: int


class Scores(RootModel[dict[str, float]]):
    pass


class Computed(BaseModel):
    width: int

    @pydantic.computed_field  # type: ignore[prop-decorator]
    @property
    def area(self) -> int:
        return self.width**2


def tag_of(value: Any) -> str:
    return "text" if isinstance(value, str) else "number"


TYPES: dict[str, Any] = {
    "bool": bool, "int": int, "float": float, "str": str, "bytes": bytes, "none": None, "any": Any, "object": object,
    "list": list, "list[int]": list[int], "tuple": tuple, "tuple[int, str]": tuple[int, str],
    "tuple[int, ...]": tuple[int, ...], "set[int]": set[int], "frozenset[str]": frozenset[str], "deque": deque[int],
    "dict": dict, "dict[str, int]": dict[str, int], "dict[int, str]": dict[int, str], "mapping": Mapping[str, int],
    "sequence": Sequence[str], "counter": Counter[str], "defaultdict": defaultdict[str, list[int]],
    "ordered dict": OrderedDict[str, int], "enum": Colour, "int enum": Level, "literal": Literal["a", 1] | None,
    "dict by enum": dict[Colour, int], "dict by pattern": dict[Annotated[str, Field(pattern="^[a-z]+$")], int],
    "dict by length": dict[Annotated[str, Field(min_length=2, max_length=4)], int],
    "dict by uuid": dict[uuid.UUID, int],
    "short dict": Annotated[dict[str, int], Field(min_length=1, max_length=3)],
    "optional": int | None, "union": int | str | list[float], "named tuple": Point, "typed dict": Film,
    "dataclass": Place,
    "model": Cat, "recursive": Node, "generic": Page[Cat], "closed": Closed, "open": Open, "root": Scores,
    "computed": Computed, "set of models": set[Colour],
    "tagged union": Annotated[Cat | Dog | Lizard, Field(discriminator="kind")], "untagged union": Cat | Dog,
    "callable tag": Annotated[Annotated[str, Tag("text")] | Annotated[int, Tag("number")], Discriminator(tag_of)],
    "datetime": datetime.datetime, "date": datetime.date, "time": datetime.time, "timedelta": datetime.timedelta,
    "past": pydantic.PastDate, "future": pydantic.FutureDatetime, "aware": pydantic.AwareDatetime,
    "naive": pydantic.NaiveDatetime, "decimal": decimal.Decimal, "fraction": fractions.Fraction,
    "money": Annotated[decimal.Decimal, Field(max_digits=8, decimal_places=2, ge=0)],
    "path": pathlib.Path, "file": pydantic.FilePath, "folder": pydantic.DirectoryPath, "new path": pydantic.NewPath,
    "uuid": uuid.UUID, "uuid1": pydantic.UUID1, "uuid4": pydantic.UUID4, "uuid7": pydantic.UUID7,
    "ipv4": ipaddress.IPv4Address, "ipv6": ipaddress.IPv6Address, "ipv4 network": ipaddress.IPv4Network,
    "ipv6 network": ipaddress.IPv6Network, "ipv4 interface": ipaddress.IPv4Interface,
    "any ip": pydantic.IPvAnyAddress,
    "any ip network": pydantic.IPvAnyNetwork, "pattern": re.Pattern, "url": pydantic.AnyUrl,
    "http url": pydantic.HttpUrl,
    "file url": pydantic.FileUrl, "ftp url": pydantic.FtpUrl, "websocket": pydantic.WebsocketUrl,
    "postgres": pydantic.PostgresDsn, "redis": pydantic.RedisDsn, "mongo": pydantic.MongoDsn,
    "kafka": pydantic.KafkaDsn,
    "secret": pydantic.SecretStr, "secret bytes": pydantic.SecretBytes, "json": pydantic.Json,
    "json[int]": pydantic.Json[int],
    "base64 bytes": pydantic.Base64Bytes, "base64 text": pydantic.Base64Str, "base64 url": pydantic.Base64UrlStr,
    "byte size": pydantic.ByteSize, "positive": pydantic.PositiveInt, "negative": pydantic.NegativeFloat,
    "non-negative": pydantic.NonNegativeInt, "finite": pydantic.FiniteFloat, "strict": pydantic.StrictInt,
    "multiple": Annotated[int, Field(multiple_of=7)], "fractional multiple": Annotated[float, Field(multiple_of=0.5)],
    "constrained int": pydantic.conint(gt=1, lt=10), "constrained float": pydantic.confloat(ge=0.5, le=1.5),
    "constrained text": pydantic.constr(min_length=2, max_length=8, pattern=r"^\w+$"),
    "constrained list": pydantic.conlist(int, min_length=1, max_length=3),
    "constrained set": pydantic.conset(int, min_length=2),
    "large": Annotated[int, Field(ge=-(2**70), le=2**70)],
    "stripped": Annotated[str, pydantic.StringConstraints(strip_whitespace=True)],
    "text with look-ahead": Annotated[str, Field(json_schema_extra={"pattern": "^(?=.*[0-9])[a-z0-9]{4,8}$"})],
    "complex": complex,
}  # fmt: skip
"""The types by the names used in reports."""


def pydantic_types() -> Corpus:
    """A model of one field for each type; those with no schema in a mode are left out, as pydantic does."""
    for name, kind in TYPES.items():
        for mode in ("validation", "serialization"):
            model: Any = create_model("Model", value=(kind, ...))
            try:
                schema = model.model_json_schema(mode=mode)
            except pydantic.errors.PydanticUserError:
                continue
            yield Case(f"pydantic: {name} ({mode})", schema)
