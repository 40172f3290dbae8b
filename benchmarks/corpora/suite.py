"""The JSON Schema Test Suite, as the source package of `jsonschema` has it (see `make .schemas/suite`)."""

import json
from pathlib import Path

from benchmarks.corpora import Case, Corpus

DRAFTS = {
    "draft2020-12": "https://json-schema.org/draft/2020-12/schema",
    "draft7": "http://json-schema.org/draft-07/schema#",
}


def suite(folder: Path) -> Corpus:
    """The schemas of both drafts, without what the suite calls optional."""
    for draft, uri in DRAFTS.items():
        for path in sorted((folder / draft).glob("*.json")):
            for group in json.loads(path.read_text()):
                schema = group["schema"]
                if isinstance(schema, dict):
                    schema = {"$schema": uri, **schema}
                yield Case(f"{draft}/{path.stem}: {group['description']}", schema)
