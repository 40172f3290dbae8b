import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from puna.core.errors import DamagedModel
from puna.library import manifest as media
from puna.library.digest import Digest
from puna.library.errors import StoreFailed
from puna.library.manifest import Layer, Manifest
from puna.library.names import ModelName
from puna.library.store import Store

NAME = ModelName.parse("m")


@pytest.fixture
def store(root: Path) -> Store:
    return Store(root)


def stage(store: Store, *contents: bytes) -> Manifest:
    layers = [Layer(media.SYSTEM, store.staging.add(content), len(content)) for content in contents]
    return Manifest.of(layers[0], layers[1:])


def test_a_committed_model_is_in_ollamas_layout(store: Store, root: Path) -> None:
    made = stage(store, b"config", b"system")
    store.commit(NAME, made)
    assert (root / "manifests/registry.ollama.ai/library/m/latest").read_bytes() == made.raw
    assert (root / "blobs" / f"sha256-{Digest.of(b'system').hex}").read_bytes() == b"system"


def test_a_manifest_without_its_blobs_is_never_seen(store: Store) -> None:
    made = Manifest.of(Layer(media.CONFIG, Digest.of(b"x"), 1), [])
    with pytest.raises(DamagedModel, match="missing"):
        store.commit(NAME, made)
    assert store.find(NAME) is None


def test_a_deleted_model_takes_only_what_nobody_else_uses(store: Store, root: Path) -> None:
    store.commit(NAME, stage(store, b"config", b"shared", b"own"))
    store.commit(ModelName.parse("n"), stage(store, b"config", b"shared"))
    path = store.find(NAME)
    assert path
    assert store.delete(path)
    assert not store.delete(path)
    assert {blob.read_bytes() for blob in (root / "blobs").iterdir()} == {b"config", b"shared"}
    assert not (root / "manifests/registry.ollama.ai/library/m").exists()


def test_pruning_spares_what_is_used_and_what_is_new(store: Store) -> None:
    store.commit(NAME, stage(store, b"used"))
    for content, age in ((b"old", 7200), (b"new", 0)):
        path = store.path(Digest.of(content))
        path.write_bytes(content)
        os.utime(path, (path.stat().st_mtime - age,) * 2)
    assert store.prune() == [Digest.of(b"old")]
    assert store.has(Digest.of(b"used"))
    assert store.has(Digest.of(b"new"))


def test_damage_is_found_and_named(store: Store) -> None:
    made = stage(store, b"changed", b"short", b"gone", b"good")
    store.commit(NAME, made)
    for content, damaged in ((b"changed", b"chanGed"), (b"short", b"shor")):
        path = store.path(Digest.of(content))
        path.chmod(0o644)
        path.write_bytes(damaged)
    store.path(Digest.of(b"gone")).unlink()
    found = {damage.path: damage.message for damage in store.verify(made)}
    assert len(found) == 3
    assert "damaged" in found[store.path(Digest.of(b"changed"))]
    assert "4 bytes, not 5" in found[store.path(Digest.of(b"short"))]
    assert "missing" in found[store.path(Digest.of(b"gone"))]


@pytest.mark.skipif(os.name == "nt", reason="Windows can't delete what is read-only")
def test_blobs_are_read_only(store: Store, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"cloned")
    store.staging.clone_file(tmp_path / "file", Digest.of(b"cloned"))
    made = stage(store, b"small", b"cloned")
    stream = store.staging.add_stream([b"stre", b"am"])
    assert store.staging.path(stream).stat().st_mode & 0o777 == 0o444
    store.commit(NAME, made)
    for content in (b"small", b"cloned"):
        assert store.path(Digest.of(content)).stat().st_mode & 0o777 == 0o444


@pytest.mark.parametrize("clones", [True, False])
def test_a_file_that_is_staged_stays_a_file_of_its_own(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clones: bool
) -> None:
    if not clones:
        monkeypatch.setattr("puna.library.staging.cloned", lambda source, target: False)
    source = tmp_path / "weights"
    source.write_bytes(b"weights")
    store.staging.clone_file(source, Digest.of(b"weights"))
    blob = store.staging.path(Digest.of(b"weights"))
    blob.chmod(0o644)
    blob.write_bytes(b"WEIGHTS")
    assert source.read_bytes() == b"weights"
    assert source.stat().st_nlink == 1
    assert [*store.staging.folder.iterdir()] == [blob]


def test_content_that_is_not_what_it_says_is_not_staged(store: Store) -> None:
    with pytest.raises(StoreFailed, match="digest"):
        store.staging.add_stream([b"a", b"b"], Digest.of(b"other"))
    assert [*store.staging.folder.iterdir()] == []
    assert store.staging.add_stream([b"a", b"b"], Digest.of(b"ab")) == Digest.of(b"ab")


def test_a_folder_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreFailed, match="can't write staging: Not a directory"):
        Store(tmp_path / "file").staging.add(b"x")


CHANGER = """
import sys
from pathlib import Path
from puna.library.digest import Digest
from puna.library import manifest as media
from puna.library.manifest import Layer, Manifest
from puna.library.names import ModelName
from puna.library.store import Store
from puna.core.errors import DamagedModel
store = Store(Path(sys.argv[1]))
for turn in range(30):
    name = ModelName.parse(f"m{turn % 3}")
    content = str(turn % 5).encode()
    layer = Layer(media.SYSTEM, store.staging.add(content), 1)
    try:
        store.commit(name, Manifest.of(layer, [layer]))
    except DamagedModel:
        pass
    path = store.find(ModelName.parse(f"m{(turn + 1) % 3}"))
    if path:
        store.delete(path)
"""


def test_processes_that_make_and_delete_at_once_leave_whole_models(store: Store, root: Path) -> None:
    def change(_: int) -> int:
        return subprocess.run([sys.executable, "-c", CHANGER, str(root)], check=True).returncode

    with ThreadPoolExecutor(3) as pool:
        assert [*pool.map(change, range(3))] == [0, 0, 0]
    manifests = [Manifest(Path(entry.path).read_bytes()) for entry in store.entries()]
    assert manifests
    assert [damage for made in manifests for damage in store.verify(made)] == []
    named = {layer.digest.filename for made in manifests for layer in made.blobs}
    assert {blob.name for blob in store.blobs.iterdir()} == named
