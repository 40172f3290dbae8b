"""The list of a store with thousands of models, and of one that others change."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from puna.library import bundled
from puna.library.digest import Digest
from puna.library.index import FILE as INDEX
from puna.library.library import Library
from puna.library.manifest import CONFIG, WEIGHTS, Layer, Manifest
from tests.library import ggufs

COUNT = 3_000
LONG_AGO = 10**18  # nanoseconds since 1970: older than what may change again within a tick of the clock


def write(root: Path, path: str, size: int, kind: str = "llama", *, at: int = LONG_AGO) -> Path:
    """A manifest as Ollama writes it: into the file itself, which may be there already. Its folders get old too."""
    config = orjson.dumps({"model_format": "gguf", "model_family": kind, "file_type": "Q8_0"})
    digest = Digest.of(config)
    blob = root / "blobs" / digest.filename
    if not blob.exists():
        blob.parent.mkdir(parents=True, exist_ok=True)
        blob.write_bytes(config)
    weights = Layer(WEIGHTS, Digest.of(path.encode()), size)
    file = root / "manifests" / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(Manifest.of(Layer(CONFIG, digest, len(config)), [weights]).raw)
    os.utime(file, ns=(at, at))
    age(file.parent)
    return file


def age(folder: Path) -> None:
    """Let a folder be old enough that its content may be remembered."""
    past = folder.stat().st_mtime_ns - 10 * 10**9
    os.utime(folder, ns=(past, past))


def rows(root: Path) -> dict[str, tuple[int, str]]:
    """What another process finds: each model's size and family."""
    listed = (model for model in Library(root).list() if not model.bundled)
    return {model.name: (model.size, model.config.family) for model in listed}


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A store of thousands of models and its index, and the digests of its manifests. Each is as many bytes larger
    than the first one as it is seconds younger."""
    root = tmp_path_factory.mktemp("many") / "models"
    namespaces = ("registry.ollama.ai/library", "registry.ollama.ai/ann", "hf.co/bob")
    example = write(root, f"{namespaces[0]}/model-0/latest", 0).read_bytes()
    digests = []
    for place in range(COUNT):
        folder = f"{root}/manifests/{namespaces[place % 3]}/model-{place // 2}"
        os.makedirs(folder, exist_ok=True)
        file = f"{folder}/{('latest', '1b')[place % 2]}"
        content = example.replace(b'"size":0', b'"size":%d' % place)
        with open(file, "wb", buffering=0) as opened:
            opened.write(content)
        os.utime(file, ns=(0, LONG_AGO + place * 10**9))
        digests.append(Digest.of(content).hex)
    for folder, _, _ in os.walk(root / "manifests"):
        age(Path(folder))
    Library(root).list()
    return root, digests


@pytest.fixture
def indexed(tmp_path: Path) -> Path:
    """A store of a hundred models, and its index."""
    root = tmp_path / "models"
    for place in range(100):
        write(root, f"registry.ollama.ai/library/m{place}/latest", place)
    for folder in ("manifests", "manifests/registry.ollama.ai", "manifests/registry.ollama.ai/library"):
        age(root / folder)
    assert len(rows(root)) == 100
    assert (root / INDEX).is_file()
    return root


def test_thousands_of_models_are_listed_whole_and_in_order(many: tuple[Path, list[str]]) -> None:
    root, digests = many
    assert (root / INDEX).is_file()
    models = [model for model in Library(root).list() if not model.bundled]
    assert [model.digest for model in models] == digests[::-1]
    oldest = models[-1]
    assert (oldest.name, oldest.namespace) == ("model-0:latest", "library")
    assert [model.size - oldest.size for model in models] == [*range(COUNT - 1, -1, -1)]
    assert {model.config.family for model in models} == {"llama"}
    assert "hf.co/bob/model-1:latest" in {model.name for model in models}


def test_the_index_says_what_the_files_say(many: tuple[Path, list[str]]) -> None:
    root, _ = many
    from_index, content = Library(root).list(), (root / INDEX).read_bytes()
    (root / INDEX).unlink()
    from_files = Library(root).list()
    assert from_files == from_index
    assert orjson.loads((root / INDEX).read_bytes()[9:])["tree"] == orjson.loads(content[9:])["tree"]


def overwritten(root: Path) -> None:
    write(root, "registry.ollama.ai/library/m7/latest", 777, "qwen3", at=LONG_AGO + 1)


def added(root: Path) -> None:
    write(root, "registry.ollama.ai/library/new/latest", 5)


def tagged(root: Path) -> None:
    write(root, "registry.ollama.ai/library/m7/1b", 5)
    os.utime(root / "manifests/registry.ollama.ai/library/m7")


def deleted(root: Path) -> None:
    (root / "manifests/registry.ollama.ai/library/m7/latest").unlink()


def deleted_with_its_folder(root: Path) -> None:
    deleted(root)
    (root / "manifests/registry.ollama.ai/library/m7").rmdir()


def renamed(root: Path) -> None:
    library = root / "manifests/registry.ollama.ai/library"
    (library / "m7").rename(library / "other")


def spoiled(root: Path) -> None:
    file = root / "manifests/registry.ollama.ai/library/m7/latest"
    file.write_bytes(b"{")


@pytest.mark.parametrize("change", [overwritten, added, tagged, deleted, deleted_with_its_folder, renamed, spoiled])
def test_what_others_change_is_seen_at_once(indexed: Path, change: Callable[[Path], None]) -> None:
    before = rows(indexed)
    server = Library(indexed)  # a process that has listed them, and goes on
    server.list()
    change(indexed)
    after = rows(indexed)
    assert after != before
    assert {model.name for model in server.list() if not model.bundled} == set(after)
    (indexed / INDEX).unlink()
    assert rows(indexed) == after


def test_what_has_just_changed_is_not_remembered(tmp_path: Path) -> None:
    """A second change within one tick of the clock leaves time, size and inode as they were."""
    root = tmp_path / "models"
    for place in range(100):
        file = write(root, f"registry.ollama.ai/library/m{place}/latest", 10)
        os.utime(file)
    assert len(rows(root)) == 100
    state = file.stat()
    changed = file.read_bytes().replace(b'"size":10', b'"size":99')
    file.write_bytes(changed)
    os.utime(file, ns=(state.st_mtime_ns, state.st_mtime_ns))
    assert rows(root)["m99:latest"][0] - rows(root)["m98:latest"][0] == 89


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[: len(content) // 2],
        lambda content: content.replace(b'"m7:latest"', b'"m8:latest"'),
        lambda content: b"not an index",
        lambda content: content.partition(b"\n")[0] + b"\n{}",
    ],
)
def test_a_damaged_index_is_made_anew(indexed: Path, damage: Callable[[bytes], bytes]) -> None:
    expected, content = rows(indexed), (indexed / INDEX).read_bytes()
    (indexed / INDEX).write_bytes(damage(content))
    assert rows(indexed) == expected
    assert (indexed / INDEX).read_bytes() == content


def test_a_list_that_knows_all_files_imports_nothing_that_reads_them(indexed: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from puna.library.listing import Listing; "
        "print(len(Listing(Path(sys.argv[1])).models()), *sorted(sys.modules))"
    )
    answer = subprocess.run([sys.executable, "-c", program, indexed], capture_output=True, text=True, check=True)
    count, *modules = answer.stdout.split()
    assert int(count) == len(Library(indexed).list()) >= 100
    assert not {"puna.library.manifest", "puna.library.names", "puna.formats.gguf", "hashlib"} & {*modules}


def test_a_store_that_can_not_be_written_is_listed(indexed: Path) -> None:
    expected = rows(indexed)
    (indexed / INDEX).unlink()
    (indexed / INDEX).mkdir()  # nothing can take its place
    assert rows(indexed) == expected
    assert [path.name for path in indexed.iterdir() if path.name.startswith(INDEX)] == [INDEX]


def test_a_model_whose_config_is_missing_is_listed_and_looked_at_again(indexed: Path) -> None:
    [blob] = (indexed / "blobs").iterdir()
    content = blob.read_bytes()
    blob.unlink()
    write_only = indexed / "manifests/registry.ollama.ai/library/m7/latest"
    os.utime(write_only, ns=(LONG_AGO + 5, LONG_AGO + 5))
    assert rows(indexed)["m7:latest"][1] == ""
    blob.write_bytes(content)
    assert rows(indexed)["m7:latest"][1] == "llama"


def test_the_bundled_model_is_read_again_when_its_file_has_changed(
    indexed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = ggufs.write(tmp_path / "tiny.gguf", rows=4)
    monkeypatch.setattr("puna.library.listing.TINY", str(weights))
    monkeypatch.setattr("puna.library.bundled.bundled", lambda: bundled.model_of(weights))
    monkeypatch.setattr("puna.library.listing.draws", lambda: False)
    first = Library(indexed).list()[-1]
    assert first.name == "tiny:latest"
    monkeypatch.setattr("puna.library.bundled.bundled", lambda: pytest.fail("it was read again"))
    assert Library(indexed).list()[-1].digest == first.digest
    monkeypatch.setattr("puna.library.bundled.bundled", lambda: bundled.model_of(weights))
    ggufs.write(weights, rows=8)
    assert Library(indexed).list()[-1].digest == bundled.model_of(weights).digest != first.digest
