"""What a schema costs: time of a token and until the first one, over plain text, through Puna and by llama-server's
own `json_schema`: `make bench-structured`.

By turns in one run, the medians of the rounds. Ratios are to plain text of the same server. The engine alone is asked
with Puna's grammars as well: what it takes for them Puna can't change.
"""

import argparse
import asyncio
import json
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from benchmarks.bench import CACHE, MODEL, cached_model, puna_environment
from benchmarks.load import TEXT, Target, asked
from benchmarks.random_model import SHAPES
from benchmarks.servers import busy, engine_alone, puna_server
from benchmarks.store import add_model
from puna.core.formats import JsonSchema
from puna.core.tools import Tool
from puna.engines.llama.grammar.compiled import compile_answer
from puna.engines.llama.grammar.plan import Compiled, Plan

SHORT = 8
"""How many tokens a short answer has."""


def text(description: str, **more: Any) -> dict[str, Any]:
    return {"type": "string", "description": description, **more}


def amount(description: str) -> dict[str, Any]:
    return {"type": "number", "description": description, "minimum": 0, "multipleOf": 0.01}


ADDRESS = {
    "type": "object",
    "properties": {
        name: text(f"The {name} of the address, as it is printed on the document.", maxLength=80)
        for name in ("name", "street", "house_number", "postal_code", "city", "region", "country", "contact", "phone")
    }
    | {"email": text("Where questions go.", format="email")},
    "required": ["name", "street", "city", "country"],
    "additionalProperties": False,
}
LINE = {
    "type": "object",
    "properties": {
        "position": {"type": "integer", "minimum": 1, "maximum": 999},
        "article": text("The seller's number of the article.", pattern="^[A-Z0-9-]{3,20}$"),
        "description": text("What was sold or done.", maxLength=200),
        "quantity": amount("How many or how much."),
        "unit": {"enum": ["piece", "hour", "day", "kg", "m", "l", "package"]},
        "unit_price": amount("Without tax."),
        "discount": amount("Per cent."),
        "tax_rate": {"type": "number", "minimum": 0, "maximum": 100},
        "total": amount("Without tax, after the discount."),
        "delivered": text("When it was delivered.", format="date"),
    },
    "required": ["position", "description", "quantity", "unit_price", "total"],
    "additionalProperties": False,
}
INVOICE = {
    "type": "object",
    "description": "An invoice as it was received, read from its text.",
    "properties": {
        "id": text("A new identifier.", format="uuid"),
        **{
            f"{name}_number": text(f"The number of the {name}.", pattern="^[A-Z]{0,3}[0-9]{1,12}$")
            for name in (
                "invoice",
                "order",
                "customer",
                "contract",
                "project",
                "delivery_note",
                "tax",
                "registration",
            )
        },
        **{
            f"{name}_date": text(f"When it was: {name}.", format="date")
            for name in ("issue", "due", "delivery", "order")
        },
        "received_at": text("When it came in.", format="date-time"),
        "currency": {"enum": ["EUR", "USD", "GBP", "CHF", "JPY", "SEK", "PLN"]},
        "language": text("A two-letter code.", pattern="^[a-z]{2}$"),
        "kind": {"enum": ["invoice", "credit note", "correction", "advance", "final"]},
        **dict.fromkeys(("seller", "buyer", "ship_to", "bill_to", "payee"), ADDRESS),
        "lines": {"type": "array", "items": LINE, "minItems": 1, "maxItems": 200},
        **{
            f"{name}_total": amount(f"The sum of {name}.")
            for name in ("net", "tax", "gross", "discount", "shipping", "paid")
        },
        "taxes": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"rate": {"type": "number"}, "base": amount("Taxed."), "amount": amount("The tax.")},
                "required": ["rate", "amount"],
                "additionalProperties": False,
            },
        },
        "payment": {
            "oneOf": [
                {
                    "type": "object",
                    "properties": {"method": {"const": method}, "reference": text("What to write with it."), **more},
                    "required": ["method"],
                    "additionalProperties": False,
                }
                for method, more in {
                    "transfer": {"iban": text("The account.", pattern="^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$")},
                    "card": {"last_digits": text("Of the card.", pattern="^[0-9]{4}$")},
                    "cash": {},
                }.items()
            ]
        },
        **{
            f"is_{name}": {"type": ["boolean", "null"]}
            for name in ("paid", "overdue", "reverse_charge", "intra_community")
        },
        **{
            f"{name}_note": text(f"Remarks about {name}.")
            for name in ("payment", "delivery", "tax", "legal", "general")
        },
        **{
            f"{name}_contact": text(f"Who answers about {name}.", format="email")
            for name in ("billing", "sales", "support")
        },
    },
    "required": ["id", "invoice_number", "issue_date", "currency", "seller", "buyer", "lines", "gross_total"],
    "additionalProperties": False,
}
"""About 60 fields and 10 kB, in the style of what people send."""

REPOSITORY = {"owner": text("The account that owns the repository."), "repo": text("The repository's name.")}
PAGE = {
    "page": {"type": "integer", "minimum": 1, "description": "Which page of results."},
    "perPage": {"type": "integer", "minimum": 1, "maximum": 100, "description": "How many results a page has."},
}
TOOLS = {
    "list_issues": {
        **REPOSITORY,
        **PAGE,
        "state": {"enum": ["open", "closed", "all"]},
        "since": text("", format="date-time"),
        "labels": {"type": "array", "items": {"type": "string"}},
    },
    "create_issue": {
        **REPOSITORY,
        "title": text("One line."),
        "body": text("Markdown."),
        "assignees": {"type": "array", "items": {"type": "string"}},
    },
    "get_file": {**REPOSITORY, "path": text("From the root."), "ref": text("A branch, tag or commit.")},
    "search_code": {**PAGE, "q": text("What to look for."), "order": {"enum": ["asc", "desc"]}},
    "create_review": {
        **REPOSITORY,
        "number": {"type": "integer"},
        "event": {"enum": ["APPROVE", "REQUEST_CHANGES", "COMMENT"]},
        "comments": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "path": {"type": "string"},
                    "line": {"type": "integer", "minimum": 1},
                    "body": {"type": "string"},
                },
                "required": ["path", "body"],
            },
        },
    },
    "merge": {**REPOSITORY, "number": {"type": "integer"}, "method": {"enum": ["merge", "squash", "rebase"]}},
}
"""Tools in the style of a code forge's MCP server."""


def formed(schema: Any) -> dict[str, Any]:
    return {"response_format": {"type": "json_schema", "json_schema": {"name": "invoice", "schema": schema}}}


def calling() -> dict[str, Any]:
    tools = [
        {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": properties}}}
        for name, properties in TOOLS.items()
    ]
    return {"tools": tools, "tool_choice": "required"}


def renamed(schema: Any, turn: int) -> Any:
    """The same schema, but new to a server."""
    return {**schema, "properties": {**schema["properties"], f"extra_{turn}": {"type": "string"}}}


@dataclass(frozen=True, slots=True)
class Measured:
    """One answer: milliseconds until its first text and its end, milliseconds of processor time that the engines and
    everything else of Puna's used meanwhile, and its tokens."""

    first: float
    whole: float
    engines: float
    server: float
    tokens: int


@dataclass(slots=True)
class Times:
    """A short and a long answer of each round. What a token costs is what the long one costs more, by the tokens that
    it has more: so neither the prompt nor the schema nor the end is counted."""

    pairs: list[tuple[Measured, Measured]] = field(default_factory=list)

    @property
    def first(self) -> float:
        return median(long.first for _, long in self.pairs)

    @property
    def token(self) -> float:
        return median((long.whole - short.whole) / (long.tokens - short.tokens) for short, long in self.pairs)

    @property
    def busy(self) -> float:
        """The engines' processor time for a token. It is counted in hundredths of a second: so all together."""
        tokens = sum(long.tokens - short.tokens for short, long in self.pairs)
        return sum(long.engines - short.engines for short, long in self.pairs) / tokens

    @property
    def server(self) -> float:
        """The processor time of Puna's own processes for a whole long answer."""
        return sum(long.server for _, long in self.pairs) / len(self.pairs)


async def answer(target: Target, fields: dict[str, Any], prompt: str, tokens: int) -> Measured:
    """Ask once and note how long it took."""
    usage = {"stream_options": {"include_usage": True}}
    asking = replace(target, write_body=lambda prompt, tokens: target.write_body(prompt, tokens) | usage | fields)
    engines, server = processor_time()
    async with asked(asking, prompt, tokens) as reader:
        start, data = time.perf_counter(), b""
        first = None
        while piece := await reader.read(65536):
            data += piece
            if first is None and TEXT.search(data):
                first = time.perf_counter()
        end = time.perf_counter()
    used = processor_time()
    counts = [json.loads(line[6:]).get("usage") for line in data.splitlines() if line.startswith(b"data: {")]
    count = next((usage["completion_tokens"] for usage in counts if usage), 0)
    if first is None and not count:
        raise RuntimeError(f"{target.address} answered {data[:500]!r}")
    first = first or end  # random weights may say nothing that is text in a few tokens
    spent = (1000 * (used[0] - engines), 1000 * (used[1] - server))
    return Measured(1000 * (first - start), 1000 * (end - start), *spent, count)


def processor_time() -> tuple[float, float]:
    """Seconds of processor time that the engines, and Puna's other processes, have used. Company on the machine
    hardly changes it."""
    engines = server = 0.0
    for process in psutil.Process().children(recursive=True):
        if "puna.engines.llama.runner" in process.cmdline():
            engines += busy(process)
        else:
            server += busy(process)
    return engines, server


def grammar(plan: Plan) -> dict[str, Any]:
    """Puna's own grammar, for the engine alone."""
    compiled = compile_answer(plan)
    assert isinstance(compiled, Compiled)
    return {"grammar": compiled.grammar}


TOOLS_OF_PUNA = tuple(
    Tool(name=name, description="", parameters={"type": "object", "properties": properties})
    for name, properties in TOOLS.items()
)


async def measure(through: Target, alone: Target, rounds: int, tokens: int) -> dict[str, Times]:
    """The times of each kind of answer, by turns."""
    kinds: dict[str, Times] = {}
    auto = {**calling(), "tool_choice": "auto"}
    held = grammar(Plan(form=JsonSchema(schema=INVOICE)))
    called = grammar(Plan(tools=TOOLS_OF_PUNA, forced=True))
    for turn in range(rounds + 1):
        new = [formed(renamed(INVOICE, 2 * turn + place)) for place in range(2)]
        asking: dict[str, tuple[Target, list[dict[str, Any]]]] = {
            "Puna, plain text": (through, [{}, {}]),
            "Puna, a new schema": (through, new),
            "Puna, the same again": (through, new),
            "Puna, tools, plain text": (through, [auto, auto]),
            "Puna, tools, a forced call": (through, [calling(), calling()]),
            "llama-server, plain text": (alone, [{}, {}]),
            "llama-server, its own json_schema": (alone, new),
            "llama-server, Puna's grammar": (alone, [held, held]),
            "llama-server, Puna's of calls": (alone, [called, called]),
        }
        for name, (target, fields) in asking.items():
            prompt = f"Turn {turn}: count from 1 to 500."
            short, long = [
                await answer(target, asked, prompt, most) for asked, most in zip(fields, (SHORT, tokens), strict=True)
            ]
            if turn and long.tokens >= 2 * short.tokens:
                kinds.setdefault(name, Times()).pairs.append((short, long))
    return kinds


def report(model: str, kinds: dict[str, Times]) -> None:
    print(f"\n{model}: a schema of {len(json.dumps(INVOICE)) / 1000:.0f} kB")
    for name, times in kinds.items():
        side = name.split(",")[0]
        plain = kinds[f"{side}, plain text"]
        before = kinds["Puna, tools, plain text"] if name.startswith("Puna, tools") else plain
        ratios = f"{times.token / plain.token:.2f}, processor time {times.busy / plain.busy:.2f}"
        first = f"first text after {times.first:6.1f} ms ({times.first - before.first:+.1f})"
        print(f"  {name:34} {times.token:6.2f} ms a token ({ratios}), {first}, Puna's own {times.server:.1f} ms")


async def run(shape: str | None, rounds: int, tokens: int) -> None:
    with puna_environment() as environment:
        environment["PUNA_CONTEXT_LENGTH"] = "4096"
        model = "tiny"
        if shape:
            model = MODEL
            add_model(Path(environment["PUNA_MODELS"]), MODEL, cached_model(shape))
        with puna_server(environment) as server:
            async with engine_alone(model, environment) as alone:
                kinds = await measure(server.target(model), alone, rounds, tokens)
        report(f"random {shape}" if shape else model, kinds)


def main() -> None:
    parser = argparse.ArgumentParser(description="What a schema costs, over plain text.")
    parser.add_argument("--shapes", nargs="*", choices=SHAPES, default=["135M"], help="random models beside tiny")
    parser.add_argument("--rounds", type=int, default=9, help="measured rounds")
    parser.add_argument("--tokens", type=int, default=96, help="the most tokens of an answer")
    arguments = parser.parse_args()
    CACHE.mkdir(exist_ok=True)
    for shape in (None, *arguments.shapes):
        asyncio.run(run(shape, arguments.rounds, arguments.tokens))


if __name__ == "__main__":
    main()
