"""Schemas that people have, sent to a real server: how many are accepted, and whether every answer fits.

`make test-schemas` fetches them first. Answers come from `tiny` at temperature 1.5, which writes anything that it
may; they are checked by `jsonschema`, which Puna does not use.
"""

import argparse
import asyncio
import json
import re
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal, localcontext
from itertools import islice
from pathlib import Path
from typing import Any

import httpx2
import jsonschema
from jsonschema.validators import validator_for

from benchmarks.bench import CACHE, puna_environment
from benchmarks.corpora import Case
from benchmarks.corpora.listed import mcp_tools, zod_types
from benchmarks.corpora.pydantic_types import pydantic_types
from benchmarks.corpora.suite import suite
from benchmarks.servers import puna_server
from puna.structured.document import in_numbers

FETCHED = Path(".schemas")
SIDE_BY_SIDE = 8
MOST_TOKENS = 300


def corpora() -> dict[str, Iterable[Case]]:
    """What there is on this machine."""
    found: dict[str, Iterable[Case]] = {"pydantic": pydantic_types()}
    if (FETCHED / "suite").exists():
        found["JSON Schema Test Suite"] = suite(FETCHED / "suite")
    if (FETCHED / "node_modules").exists():
        found |= {"zod": zod_types(FETCHED), "MCP servers": mcp_tools(FETCHED)}
    return found


class Tally:
    """What became of a corpus."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.wrong: list[str] = []

    async def ask(self, http: httpx2.AsyncClient, case: Case, times: int) -> None:
        """Have answers of that form generated, and look at each."""
        if not isinstance(case.schema, dict):
            return  # true and false are no `response_format`
        self.counts["schemas"] += 1
        for turn in range(times):
            answer = await http.post("/v1/chat/completions", json=body(case, turn))
            if not self.count(case, answer, first=turn == 0):
                return

    def count(self, case: Case, answer: httpx2.Response, *, first: bool) -> bool:
        """Whether the schema was accepted."""
        if answer.status_code == 400:
            self.counts["refused"] += 1
            self.reasons[answer.json()["error"]["message"].partition(": ")[2]] += 1
            return False
        self.counts["accepted"] += first
        if answer.status_code != 200:
            self.counts["not met" if answer.status_code == 422 else "failed"] += 1
            if answer.status_code != 422 or " attempts" not in answer.text:
                self.wrong.append(f"{case.name}: {answer.text}")
            return True
        choice = answer.json()["choices"][0]
        if choice["finish_reason"] == "length":
            self.counts["cut off"] += 1
        elif problem := misfit(case.schema, choice["message"]["content"]):
            self.wrong.append(f"{case.name}: {choice['message']['content']}: {problem}")
        else:
            self.counts["fit"] += 1
        return True


def body(case: Case, seed: int) -> dict[str, Any]:
    return {
        "model": "tiny",
        "messages": [{"role": "user", "content": f"Give me an example of this: {case.name}"}],
        "response_format": {"type": "json_schema", "json_schema": {"name": "example", "schema": case.schema}},
        "temperature": 1.5,
        "seed": seed,
        "max_tokens": MOST_TOKENS,
    }


def misfit(schema: Any, text: str) -> str | None:
    """What an independent validator says against an answer. Numbers are read as they are written."""
    exact = json.loads(json.dumps(in_numbers(schema, 0)), parse_float=Decimal)
    draft = validator_for(exact, default=jsonschema.Draft202012Validator)
    if "draft-04" in str(exact.get("$schema")):
        draft = jsonschema.Draft7Validator
    try:
        value = json.loads(text, parse_float=Decimal)
        with localcontext(prec=1000):
            errors = draft(exact, format_checker=draft.FORMAT_CHECKER).iter_errors(value)
            error = jsonschema.exceptions.best_match(errors)
    except (ArithmeticError, re.error):
        return None  # too many digits to be divided, or a pattern that is not Python's
    return str(error.message)[:200] if error else None


async def measure(address: str, times: int, every: int) -> int:
    """Print what became of each corpus; how many answers were wrong."""
    wrong = 0
    async with httpx2.AsyncClient(base_url=address, timeout=600, trust_env=False) as http:
        for name, cases in corpora().items():
            tally, room = Tally(), asyncio.Semaphore(SIDE_BY_SIDE)

            async def ask(case: Case, tally: Tally = tally, room: asyncio.Semaphore = room) -> None:
                async with room:
                    await tally.ask(http, case, times)

            await asyncio.gather(*(ask(case) for case in islice(cases, 0, None, every)))
            print(f"{name}: {', '.join(f'{count} {word}' for word, count in tally.counts.items())}", flush=True)
            for reason, count in tally.reasons.most_common():
                print(f"    refused {count}: {reason}")
            for what in tally.wrong:
                print(f"    WRONG {what}")
            wrong += len(tally.wrong)
    return wrong


def main() -> None:
    parser = argparse.ArgumentParser(description="Schemas that people have: how many are accepted, and what fits.")
    parser.add_argument("--times", type=int, default=3, help="answers for each schema")
    parser.add_argument("--every", type=int, default=1, help="only each so-manyth schema")
    arguments = parser.parse_args()
    CACHE.mkdir(exist_ok=True)
    with puna_environment() as environment, puna_server(environment) as server:
        if asyncio.run(measure(server.address, arguments.times, arguments.every)):
            raise SystemExit("an answer does not fit its schema")


if __name__ == "__main__":
    main()
