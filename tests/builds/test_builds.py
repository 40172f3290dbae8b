import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from puna.builds.build import WHEEL, BuildError, Builds, Facts, installed_version, program_of, usable
from puna.builds.processor import processor_features, used_features
from puna.builds.tools import device_for, require_compiler
from puna.machine import engine_settings
from puna.settings import Settings
from tests.cli.puna import Puna

MakeBuild = Callable[..., str]


@pytest.fixture
def builds(tmp_path: Path) -> Builds:
    return Builds(tmp_path / "home")


@pytest.fixture
def make(builds: Builds, tmp_path: Path) -> MakeBuild:
    """Puts a build there, of the installed version unless something else is said."""

    def put(name: str, version: str = installed_version(), features: tuple[str, ...] = ()) -> str:
        program = tmp_path / "llama-server"
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        facts = Facts(version=version, device="cpu", llguidance=True, features=features)
        return builds.put(name, program, facts).name

    return put


def test_the_build_in_use_runs_the_models_and_bert_stays_with_the_encoder(
    builds: Builds, make: MakeBuild, tmp_path: Path
) -> None:
    settings = Settings(home=tmp_path / "home")
    assert program_of(settings) is None
    builds.use(make("mine"))
    assert program_of(settings) == tmp_path / "home" / "engines" / "mine" / "llama-server"
    assert engine_settings(settings).llama_server == program_of(settings)
    assert engine_settings(settings).encoder
    named = Settings(home=tmp_path / "home", llama_server=Path("/bin/true"))
    assert program_of(named) == Path("/bin/true")
    assert not engine_settings(named).encoder


def test_a_build_of_another_version_is_named_and_not_used(builds: Builds, make: MakeBuild, tmp_path: Path) -> None:
    builds.use(make("mine"))
    make("mine", version="2020.1.1")  # what an upgrade of the package leaves behind
    assert usable(tmp_path / "home") is None
    with pytest.raises(BuildError, match=r"it was built from xllamacpp 2020\.1\.1"):
        builds.use("mine")


def test_a_build_for_another_processor_is_not_used(builds: Builds, make: MakeBuild) -> None:
    make("mine", features=("AVX2", "AVX999"))
    [build] = builds.all()
    assert build.obstacle(installed_version(), {"AVX2"}) == (
        "it was built for another processor: this one lacks AVX999"
    )
    assert build.obstacle(installed_version(), {"AVX2", "AVX999"}) is None
    assert build.obstacle(installed_version(), ()) is None  # a processor that does not say what it has


def test_removing_the_build_in_use_goes_back_to_the_packaged_engine(builds: Builds, make: MakeBuild) -> None:
    builds.use(make("mine"))
    builds.remove("mine")
    assert builds.chosen() is None
    assert not (builds.folder / "mine").exists()
    builds.use(WHEEL)
    with pytest.raises(BuildError, match=r"there is no build 'mine'. The builds here: none"):
        builds.use("mine")


def test_what_is_half_written_is_no_build(builds: Builds) -> None:
    (builds.folder / "torn").mkdir(parents=True)
    (builds.folder / "torn" / "build.json").write_text("{")
    (builds.folder / ".work" / "mine").mkdir(parents=True)
    assert builds.all() == []
    (builds.folder / "used").write_text("torn")
    assert builds.chosen() is None


def test_features_are_read_from_the_processor_and_from_the_engine(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("model name : x\nflags\t\t: fpu avx2 avx512f avx512_vnni rdpid\n")
    assert processor_features(cpuinfo) == {"AVX2", "AVX512", "AVX512_VNNI"}
    line = "system_info: n_threads = 2 | CPU : SSE3 = 1 | AVX2 = 1 | AVX512 = 0 | REPACK = 1 | "
    assert used_features(line) == {"AVX2"}
    assert used_features("") == set()


def test_without_a_compiler_the_command_that_installs_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("CXX", raising=False)
    with pytest.raises(BuildError, match=r"needs a C\+\+ compiler, but none was found. To install one: .+"):
        require_compiler()


def test_a_gpu_is_built_for_where_its_toolkit_is_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert device_for(None, "vulkan") == "cpu"
    with pytest.raises(BuildError, match=r"needs glslc.+libvulkan-dev"):
        device_for("vulkan", None)
    (tmp_path / "glslc").touch(mode=0o755)
    assert device_for(None, "vulkan") == "vulkan"
    assert device_for("cpu", "vulkan") == "cpu"


def test_the_commands_tell_of_the_engine_and_its_builds(puna: Puna, make: MakeBuild) -> None:
    shown = puna("engine")
    assert f"the packaged one (xllamacpp {installed_version()})" in shown
    assert "uses " in shown
    make("mine")
    assert "is 'mine'" not in puna("engine", "list")
    assert "mine" in puna("engine", "use", "mine")
    assert puna("engine", "list").splitlines()[2].startswith("*    mine")
    assert puna("engine", "remove", "mine") == "deleted 'mine'\n"
    assert "there is no build 'mine'" in puna.fails("engine", "remove", "mine")


def test_a_build_that_is_there_is_not_made_again(puna: Puna, make: MakeBuild) -> None:
    name = make(f"b{installed_version().rpartition('.')[2]}-cpu")
    if shutil.which("c++") is None:
        pytest.skip("there is no compiler")
    assert "exists already" in puna("engine", "build", "--device", "cpu")
    assert puna("engine", "list").splitlines()[2].startswith(f"*    {name}")


def test_a_build_without_a_compiler_ends_before_it_begins(puna: Puna) -> None:
    os.makedirs(puna.home, exist_ok=True)
    puna.variables.update(PATH="/nowhere", CXX="")
    assert "needs a C++ compiler" in puna.fails("engine", "build")
    assert not (puna.home / "engines").exists()
