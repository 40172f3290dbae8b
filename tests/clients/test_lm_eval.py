"""lm-evaluation-harness, unmodified, against a real server: `make test-harness` sets it up."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.random_model import SHAPES, Weights, write_random_model
from benchmarks.random_tokenizer import SPECIAL_TOKENS, random_tokenizer
from puna.formats.gguf import Metadata
from puna.formats.vocabulary import Vocabulary
from tests.reference_llama import ReferenceLlama
from tests.server import RunningServer, running_server
from tests.stored_models import add_model

QUESTIONS = [
    {
        "question": f"the answer to number {number} is",
        "choices": [" red", " green and blue", " yellow or not"],
        "answer": number % 3,
    }
    for number in range(6)
]
TASK = """
task: local_choice
dataset_path: json
dataset_kwargs: {{data_files: {{test: {folder}/questions.jsonl}}}}
test_split: test
output_type: multiple_choice
doc_to_text: "{{{{question}}}}"
doc_to_choice: "{{{{choices}}}}"
doc_to_target: "{{{{answer}}}}"
target_delimiter: ""
metric_list: [{{metric: acc}}]
"""


@pytest.fixture
def lm_eval() -> str:
    program = os.environ.get("PUNA_LM_EVAL")
    if not program:
        pytest.skip("PUNA_LM_EVAL names no lm_eval program: run `make test-harness`")
    return program


def write_tokenizer(folder: Path) -> None:
    """The random model's tokenizer in the form of Hugging Face's `tokenizers`."""
    tokenizer = random_tokenizer(SHAPES["micro"].vocabulary, 0)
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    added = [{"id": number, "content": token, **flags} for number, token in enumerate(SPECIAL_TOKENS)]
    vocabulary = {token: number for number, token in enumerate(tokenizer.tokens)}
    content = {
        "version": "1.0",
        "added_tokens": added,
        "pre_tokenizer": byte_level,
        "decoder": byte_level,
        "model": {"type": "BPE", "vocab": vocabulary, "merges": tokenizer.merges},
    }
    folder.mkdir()
    (folder / "tokenizer.json").write_text(json.dumps(content))
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": SPECIAL_TOKENS[0]}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))


def evaluate(program: str, server: RunningServer, folder: Path) -> Iterator[tuple[str, str, float]]:
    """Each context and continuation of the task with the log likelihood that the harness got for it."""
    (folder / "questions.jsonl").write_text("\n".join(map(json.dumps, QUESTIONS)))
    (folder / "task.yaml").write_text(TASK.format(folder=folder))
    write_tokenizer(folder / "tokenizer")
    model = f"model=micro,base_url={server.url}/v1/completions,tokenizer={folder / 'tokenizer'},num_concurrent=1"
    command = [program, "--model", "local-completions", "--model_args", model, "--tasks", "local_choice"]
    options = ["--include_path", str(folder), "--output_path", str(folder / "out"), "--log_samples"]
    offline = {
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_OFFLINE": "1",
        "HF_HOME": str(folder / "hf"),
        "OPENAI_API_KEY": "-",
    }
    done = subprocess.run(
        [*command, *options, "--batch_size", "4"],
        env={**os.environ, **offline},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    [samples] = (folder / "out").rglob("samples_*.jsonl")
    for line in samples.read_text().splitlines():
        sample = json.loads(line)
        for arguments, [response] in zip(sample["arguments"].values(), sample["resps"], strict=True):
            context, continuation = arguments.values()
            yield context, continuation, float(response[0])


@pytest.mark.timeout(600)
def test_log_likelihoods_are_those_of_the_weights(lm_eval: str, tmp_path: Path) -> None:
    weights = tmp_path / "micro.gguf"
    write_random_model(weights, SHAPES["micro"], weights=Weights.F16)
    vocabulary = Vocabulary.of(Metadata.read(weights))
    numbers = {vocabulary.data(token): token for token in range(len(vocabulary))}
    reference = ReferenceLlama(weights)
    add_model(tmp_path / "home" / "models", "micro", weights)
    with running_server(tmp_path / "home") as server:
        found = list(evaluate(lm_eval, server, tmp_path))
        assert len(found) == len(QUESTIONS) * 3

        def tokens(text: str) -> list[int]:
            scored = server.client().completions.create(
                model="micro", prompt=text, echo=True, logprobs=0, max_tokens=0
            )
            assert scored.choices[0].logprobs is not None
            return [numbers[token.encode()] for token in scored.choices[0].logprobs.tokens or ()]

        for context, continuation, likelihood in found:
            before, whole = len(tokens(context)), tokens(context + continuation)
            table = reference.logprobs(whole)
            expected = sum(float(table[place - 1, whole[place]]) for place in range(before, len(whole)))
            assert likelihood == pytest.approx(expected, abs=1e-2)
