"""A short version of `make test-schemas`: what people's schemas are compiled to, without a model."""

from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import pytest

import puna
from benchmarks.corpora import Case
from benchmarks.corpora.listed import zod_types
from benchmarks.corpora.pydantic_types import pydantic_types
from benchmarks.corpora.suite import suite
from benchmarks.schemas import misfit
from puna.engines.llama.grammar.compiled import RefusedPart, json_source, settled
from tests.guided import TooLong, sample

ROOT = Path(puna.__file__).parents[2]
NODE = ROOT / "tests" / "clients" / "node"
SUITE = ROOT / ".schemas" / "suite"
DRAFTS = [
    "http://json-schema.org/draft-06/schema#",
    "http://json-schema.org/draft-07/schema#",
    "https://json-schema.org/draft/2019-09/schema",
    "https://json-schema.org/draft/2020-12/schema",
]


def check(case: Case) -> bool:
    """Whether the schema is accepted. What its grammar writes has to fit, where nothing is left to be checked."""
    unheld: list[str] = []
    try:
        source = json_source(settled(case.schema, None, unheld))
    except RefusedPart:
        return False
    for seed in range(3 if not unheld else 0):
        try:
            text = sample(source, Random(seed), 120)
        except TooLong:
            continue
        assert misfit(case.schema, text) is None, f"{case.name}: {text}"
    return True


def test_every_schema_that_pydantic_makes_of_its_documented_types_is_accepted() -> None:
    cases = list(pydantic_types())
    assert len(cases) > 200
    assert [case.name for case in cases if not check(case)] == []


@pytest.mark.skipif(not (NODE / "node_modules" / "zod").exists(), reason="zod is not installed")
def test_every_schema_that_zod_makes_of_its_documented_types_is_accepted() -> None:
    cases = list(zod_types(NODE))
    assert len(cases) > 100
    assert [case.name for case in cases if not check(case)] == []


@pytest.mark.parametrize("uri", DRAFTS)
def test_a_schema_may_ask_for_schemas(uri: str) -> None:
    schema: Any = {"$schema": uri, "type": "object", "properties": {"schema": {"$ref": uri}}}
    assert check(Case(uri, schema))


@pytest.mark.skipif(not SUITE.exists(), reason="make .schemas/suite fetches the JSON Schema Test Suite")
def test_some_of_the_test_suite() -> None:
    cases = [case for case in islice(suite(SUITE), 0, None, 7) if isinstance(case.schema, dict)]
    accepted = [case for case in cases if check(case)]
    assert len(accepted) > 0.85 * len(cases)
