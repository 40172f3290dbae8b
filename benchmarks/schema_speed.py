"""What a schema costs: time of a token and until the first one, over plain text, through Puna and by llama-server's
own `json_schema`: `make bench-structured`.

In turns of random order in one run, the medians of the turns. Ratios are to plain text of as many tokens after as
long a prompt, of the same server in the same turn; the prompt was read before. The engine alone is asked with Puna's
grammars as well: what it takes for them Puna can't change. Processor time is what the processes used themselves, so
company on the machine hardly changes it.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import psutil

from benchmarks.bench import CACHE, puna_environment
from benchmarks.load import TEXT, Target, asked
from benchmarks.servers import busy, engine_alone, puna_server
from benchmarks.store import add_model
from puna.core.formats import JsonSchema
from puna.core.tools import Tool
from puna.engines.llama.grammar.compiled import compile_answer
from puna.engines.llama.grammar.plan import Compiled, Plan
from puna.formats.gguf import Metadata
from puna.library.library import Library
from puna.library.names import ModelName

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
                    "body": {"type": "string", "maxLength": 60},
                },
                "required": ["path", "body"],
            },
            "minItems": 20,
        },
    },
    "merge": {**REPOSITORY, "number": {"type": "integer"}, "method": {"enum": ["merge", "squash", "rebase"]}},
}
"""Tools in the style of a code forge's MCP server."""


def formed(schema: Any) -> dict[str, Any]:
    return {"response_format": {"type": "json_schema", "json_schema": {"name": "invoice", "schema": schema}}}


def parameters(name: str) -> dict[str, Any]:
    """The arguments of a tool; a call has all of them."""
    return {"type": "object", "properties": TOOLS[name], "required": [*TOOLS[name]]}


def calling() -> dict[str, Any]:
    """A forced call that is long: a review with many comments."""
    tools = [{"type": "function", "function": {"name": name, "parameters": parameters(name)}} for name in TOOLS]
    return {"tools": tools, "tool_choice": {"type": "function", "function": {"name": CALLED}}}


def renamed(schema: Any, turn: int) -> Any:
    """The same schema, but new to a server."""
    return {**schema, "properties": {**schema["properties"], f"extra_{turn}": {"type": "string"}}}


@dataclass(frozen=True, slots=True)
class Measured:
    """One answer: milliseconds until its first text and its end, milliseconds of processor time that the engines and
    everything else of Puna's used meanwhile, its tokens, and those of its prompt."""

    first: float
    whole: float
    engines: float
    server: float
    tokens: int
    prompt: int


@dataclass(slots=True)
class Times:
    """A short and a long answer of each round. What a token costs is what the long one costs more, by the tokens that
    it has more: so neither the prompt nor the schema nor the end is counted."""

    pairs: dict[int, tuple[Measured, Measured]] = field(default_factory=dict)

    @property
    def first(self) -> float:
        return median(answer.first for pair in self.pairs.values() for answer in pair)

    @property
    def token(self) -> dict[int, float]:
        return self._each(lambda answer: answer.whole)

    @property
    def engines(self) -> dict[int, float]:
        return self._each(lambda answer: answer.engines)

    @property
    def server(self) -> dict[int, float]:
        return self._each(lambda answer: answer.server)

    @property
    def before(self) -> float:
        """The processor time of a short answer, on all sides: nearly all of it is for the prompt and the schema."""
        return median(short.engines + short.server for short, _ in self.pairs.values())

    def _each(self, measure: Callable[[Measured], float]) -> dict[int, float]:
        """What a token took in each round, in microseconds."""
        return {
            turn: 1000 * (measure(long) - measure(short)) / (long.tokens - short.tokens)
            for turn, (short, long) in self.pairs.items()
        }


def over(times: dict[int, float], plain: dict[int, float]) -> float:
    """How many times as long as plain text in the same round."""
    return median(times[turn] / plain[turn] for turn in times.keys() & plain.keys())


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
    usages = [json.loads(line[6:]).get("usage") for line in data.splitlines() if line.startswith(b"data: {")]
    counted = next(filter(None, usages), {"completion_tokens": 0, "prompt_tokens": 0})
    count = counted["completion_tokens"]
    if first is None and not count:
        raise RuntimeError(f"{target.address} answered {data[:500]!r}")
    first = first or end  # random weights may say nothing that is text in a few tokens
    spent = (1000 * (used[0] - engines), 1000 * (used[1] - server))
    return Measured(1000 * (first - start), 1000 * (end - start), *spent, count, counted["prompt_tokens"])


def processor_time() -> tuple[float, float]:
    """Seconds of processor time that the engines, and Puna's other processes, have used."""
    engines = server = 0.0
    for process in psutil.Process().children(recursive=True):
        if "puna.engines.llama.runner" in process.cmdline():
            engines += used(process)
        else:
            server += used(process)
    return engines, server


def used(process: psutil.Process) -> float:
    """Seconds of processor time, to the nanosecond where the system says so."""
    try:
        lines = [path.read_text() for path in Path(f"/proc/{process.pid}/task").glob("*/schedstat")]
    except OSError:
        lines = []
    return sum(int(line.split()[0]) for line in lines) / 1e9 if lines else busy(process)


PLAIN, PLAIN_LONG, CALL = "Puna, plain text", "Puna, plain text, long prompt", "Puna, a forced call"


@dataclass(frozen=True, slots=True)
class Asked:
    """A short and a long answer of one kind. The prompt was read before: an answer with the fields `before` was
    asked of it, else with its own ones."""

    target: Target
    short: dict[str, Any]
    long: dict[str, Any] | None = None
    prompt: str = ""
    before: dict[str, Any] | None = None

    async def answers(self, question: str, tokens: int) -> tuple[Measured, Measured]:
        await answer(self.target, self.before or self.short, self.prompt + question, 1)
        return (
            await answer(self.target, self.short, self.prompt + question, SHORT),
            await answer(self.target, self.long or self.short, self.prompt + question, tokens),
        )


async def as_long(target: Target, text: str, fields: dict[str, Any]) -> str:
    """The beginning of a text that makes a prompt as long as those fields do."""
    wanted, least, whole = [
        (await answer(target, asked, prompt, 1)).prompt for asked, prompt in ((fields, ""), ({}, ""), ({}, text))
    ]
    return text[: len(text) * (wanted - least) // (whole - least)]


def grammar(plan: Plan) -> dict[str, Any]:
    """Puna's own grammar, for the engine alone."""
    compiled = compile_answer(plan)
    assert isinstance(compiled, Compiled)
    return {"grammar": compiled.grammar}


CALLED = "create_review"
REVIEW = Tool(name=CALLED, description="", parameters=parameters(CALLED))


async def measure(through: Target, alone: Target, ends: Sequence[int], rounds: int, tokens: int) -> dict[str, Times]:
    """The times of each kind of answer, by turns. Plain text does not end before it has its tokens: `ends` are the
    tokens that would end it."""
    kinds: dict[str, Times] = {}
    endless = {"logit_bias": {str(end): -100 for end in ends}}
    endless_alone = {"logit_bias": [[end, -100] for end in ends]}
    held = grammar(Plan(form=JsonSchema(schema=INVOICE)))
    called = grammar(Plan(tools=(REVIEW,), forced=True))
    tools = await as_long(through, json.dumps(TOOLS), calling())
    for turn in range(rounds + 1):
        new = [formed(renamed(INVOICE, 2 * turn + place)) for place in range(2)]
        asking = {
            PLAIN: Asked(through, endless),
            "Puna, a new schema": Asked(through, new[0], new[1], before=endless),
            "Puna, a schema seen before": Asked(through, formed(INVOICE)),
            PLAIN_LONG: Asked(through, endless, prompt=tools),
            CALL: Asked(through, calling()),
            "llama-server, plain text": Asked(alone, endless_alone),
            "llama-server, its own json_schema": Asked(alone, formed(INVOICE)),
            "llama-server, Puna's grammar": Asked(alone, held),
            "llama-server, Puna's of a call": Asked(alone, called),
        }
        for name in Random(turn).sample([*asking], len(asking)):
            short, long = await asking[name].answers(f"{turn}: count from 1 to 500.", tokens)
            if turn and long.tokens >= 2 * short.tokens:
                kinds.setdefault(name, Times()).pairs[turn] = (short, long)
    return {name: kinds[name] for name in asking if name in kinds}


def report(model: str, kinds: dict[str, Times]) -> None:
    print(f"\n{model}: a schema of {len(json.dumps(INVOICE)) / 1000:.0f} kB, what a token takes in microseconds")
    for name, times in kinds.items():
        plain = kinds[PLAIN_LONG if name == CALL else f"{name.split(',')[0]}, plain text"]
        token, engines, server = (each.values() for each in (times.token, times.engines, times.server))
        print(
            f"  {name:34} {median(token):7.0f} ({over(times.token, plain.token):.3f}),"
            f" processor: engine {median(engines):7.0f} ({over(times.engines, plain.engines):.3f}),"
            f" Puna {median(server):4.0f} ({median(server) - median(plain.server.values()):+.0f});"
            f" first text after {times.first:6.1f} ms ({times.first - plain.first:+.1f}),"
            f" processor {times.before - plain.before:+.1f} ms"
        )


async def run(name: str, model: Path | None, rounds: int, tokens: int, threads: int | None) -> None:
    with puna_environment() as environment:
        environment["PUNA_CONTEXT_LENGTH"] = "4096"
        if threads:
            environment["PUNA_THREADS"] = str(threads)
        if model:
            add_model(Path(environment["PUNA_MODELS"]), name, model)
        weights = Library(Path(environment["PUNA_MODELS"])).get(ModelName.parse(name)).weights
        special = Metadata.read(weights).special_tokens
        ends = sorted({special[end] for end in ("eos", "eot", "eom") if end in special})
        with puna_server(environment) as server:
            async with engine_alone(name, environment) as alone:
                kinds = await measure(server.target(name), alone, ends, rounds, tokens)
        report(name, kinds)


def main() -> None:
    parser = argparse.ArgumentParser(description="What a schema costs, over plain text.")
    parser.add_argument("models", nargs="*", type=Path, help="GGUF files beside tiny")
    parser.add_argument("--rounds", type=int, default=9, help="measured rounds")
    parser.add_argument("--tokens", type=int, default=200, help="the most tokens of an answer")
    parser.add_argument("--threads", type=int, help="threads of an engine: fewer than cores on a busy machine")
    arguments = parser.parse_args()
    CACHE.mkdir(exist_ok=True)
    rounds, tokens, threads = arguments.rounds, arguments.tokens, arguments.threads
    asyncio.run(run("tiny", None, 4 * rounds, tokens, threads))
    for model in arguments.models:
        asyncio.run(run(model.stem, model, rounds, tokens, threads))


if __name__ == "__main__":
    main()
