"""How a build is made: the source of the installed package, a compiler, and time.

Everything happens in a folder beside the builds, and is found there by the next try: what was interrupted goes on.
"""

import re
import shutil
import signal
import subprocess
import sys
import tarfile
import venv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from puna.builds.build import PACKAGE, PROGRAM, BuildError, Builds, Facts
from puna.builds.processor import used_features
from puna.builds.source import change
from puna.builds.tools import CPU, DEVICES, c_compiler, cargo, toolkit

STEP = re.compile(r"^\[(\d+)/(\d+)\] ")
"""How ninja begins a line."""
LLGUIDANCE = re.compile(r"guidance-ai/llguidance\s+# v([0-9.]+):")
"""The version of llguidance that llama.cpp names."""
CRATE = """\
[package]
name = "puna-llguidance"
version = "0.0.0"
edition = "2021"
[lib]
path = "lib.rs"
crate-type = ["staticlib"]
[dependencies]
llguidance = "={version}"
"""
LIBRARY = "libpuna_llguidance.a"
LOG_LINES = 15
"""How much of the log an error shows."""
INFO = re.compile(r"^.*system_info: .*$", re.MULTILINE)

OPTIONS = {
    "CMAKE_BUILD_TYPE": "Release",
    "BUILD_SHARED_LIBS": "OFF",
    "GGML_NATIVE": "ON",
    "LLAMA_BUILD_TESTS": "OFF",
    "LLAMA_BUILD_EXAMPLES": "OFF",
    "LLAMA_BUILD_APP": "OFF",
    "LLAMA_BUILD_UI": "OFF",
    "LLAMA_USE_PREBUILT_UI": "OFF",  # it would be downloaded
    "LLAMA_OPENSSL": "OFF",
    "LLAMA_ALL_WARNINGS": "OFF",
    "LLAMA_BUILD_COMMIT": PACKAGE,
}
"""What CMake is told in any case: this processor's instructions, one file, and nothing that Puna does not use."""


@dataclass(frozen=True, slots=True)
class Step:
    """What is being done, and how much of it is done, where that can be counted."""

    text: str
    done: int = 0
    total: int | None = None


class Compilation:
    """The making of one build. `version` is the package's, `device` a key of DEVICES or `cpu`."""

    def __init__(self, builds: Builds, version: str, device: str, jobs: int) -> None:
        number = version.rpartition(".")[2]
        self.name = f"b{number}-{device}"
        self._builds = builds
        self._version = version
        self._device = device
        self._jobs = jobs
        self._folder = builds.folder / ".work" / self.name
        self._log = self._folder / "log.txt"

    def run(self, check: Callable[[Path], None]) -> Iterator[Step]:
        """Make it, test it with `check`, and put it where builds are; the last step is done when that is. Nothing is
        there before the program has passed. Raises BuildError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self._folder.with_suffix(".lock"), timeout=0):
                yield from self._run(check)
        except Timeout:
            raise BuildError(f"another process is already building {self.name} at this moment") from None

    def _run(self, check: Callable[[Path], None]) -> Iterator[Step]:
        self._log.write_text("")
        yield Step(f"downloading the source of {PACKAGE} {self._version}")
        source = self._source()
        yield Step("getting cmake and ninja")
        tools = self._tools()
        guidance = None
        if program := cargo():
            yield Step("compiling llguidance")
            guidance = self._guidance(program, source)
        yield Step("configuring")
        self._command([str(tools / "cmake"), *self._configuration(source, tools, guidance)], "CMake")
        yield from self._compile(tools)
        program_file = self._folder / "build" / "bin" / PROGRAM
        yield Step("testing it")
        features = tuple(sorted(used_features(system_info(program_file))))
        check(program_file)
        facts = Facts(version=self._version, device=self._device, llguidance=guidance is not None, features=features)
        self._builds.put(self.name, program_file, facts)
        shutil.rmtree(self._folder)

    def _source(self) -> Path:
        """llama.cpp's source. pip compares the archive with the hash that the index names."""
        source = self._folder / "source"
        if not source.is_dir():
            archives = self._folder / "archives"
            wanted = f"{PACKAGE}=={self._version}"
            # Its metadata is made in an environment that pip sets up and throws away.
            pip = [str(self._python()), "-m", "pip", "download", "--no-deps", "--no-binary", PACKAGE, "--dest"]
            self._command([*pip, str(archives), wanted], "the download")
            unpacked = self._folder / "unpacked"
            shutil.rmtree(unpacked, ignore_errors=True)
            with tarfile.open(next(archives.glob("*.tar.gz"))) as archive:
                archive.extractall(unpacked, filter="data")
            next(unpacked.iterdir()).rename(source)
        llama = source / "thirdparty" / "llama.cpp"
        change(llama)
        return llama

    def _python(self) -> Path:
        """An environment of its own, with pip."""
        python = self._folder / "env" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
        if not (self._folder / "env" / "whole").exists():
            venv.create(self._folder / "env", clear=True, with_pip=True)
            (self._folder / "env" / "whole").touch()
        return python

    def _tools(self) -> Path:
        """The folder with cmake and ninja."""
        python = self._python()
        if not (python.parent / "ninja").exists():
            self._command([str(python), "-m", "pip", "install", "--only-binary", ":all:", "cmake", "ninja"], "pip")
        return python.parent

    def _guidance(self, cargo: str, source: Path) -> Path | None:
        """llguidance as a library, in the version that llama.cpp names; None where it can't be had."""
        named = LLGUIDANCE.search((source / "common" / "CMakeLists.txt").read_text())
        if named is None:
            return None
        folder = self._folder / "llguidance"
        folder.mkdir(exist_ok=True)
        (folder / "Cargo.toml").write_text(CRATE.format(version=named[1]))
        (folder / "lib.rs").write_text("pub use llguidance::*;\n")
        try:
            self._command([cargo, "build", "--release", "--manifest-path", str(folder / "Cargo.toml")], "cargo")
            header = self._header(cargo, folder)
        except BuildError:
            return None
        shutil.copy2(header, folder / "llguidance.h")
        return folder

    def _header(self, cargo: str, folder: Path) -> Path:
        """What C++ includes of llguidance: a file of the crate."""
        import json

        command = [cargo, "metadata", "--format-version", "1", "--manifest-path", str(folder / "Cargo.toml")]
        packages = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)["packages"]
        manifest = next(package["manifest_path"] for package in packages if package["name"] == "llguidance")
        return Path(manifest).parent / "llguidance.h"

    def _configuration(self, source: Path, tools: Path, guidance: Path | None) -> list[str]:
        """CMake's arguments."""
        libraries = []
        options = {**OPTIONS, "LLAMA_BUILD_NUMBER": self._version.rpartition(".")[2]}
        options["CMAKE_MAKE_PROGRAM"] = str(tools / "ninja")
        options |= {device.option: "ON" if name == self._device else "OFF" for name, device in DEVICES.items()}
        if self._device == "cuda":
            options["CMAKE_CUDA_COMPILER"] = toolkit("cuda") or "nvcc"
        if guidance is not None:  # llama.cpp's own way to it would clone a repository
            options["CMAKE_CXX_FLAGS"] = f'-DLLAMA_USE_LLGUIDANCE -I"{guidance}"'
            libraries.append(f'"{guidance / "target" / "release" / LIBRARY}"')
        if sys.platform == "linux":
            libraries.append("-ldl")
        if zeros := self._zeros():
            libraries.insert(0, f'"{zeros}"')
            options["CMAKE_EXE_LINKER_FLAGS"] = "-Wl,--wrap=memset"
        options["CMAKE_CXX_STANDARD_LIBRARIES"] = " ".join(libraries)
        given = [f"-D{name}={value}" for name, value in options.items()]
        return ["-G", "Ninja", "-S", str(source), "-B", str(self._folder / "build"), *given]

    def _zeros(self) -> Path | None:
        """What keeps memory that holds only zeros from being taken, as an object file. Not where a GPU's driver may
        have pinned that memory."""
        if sys.platform != "linux" or self._device != CPU:
            return None
        compiled = self._folder / "zeros.o"
        source = Path(__file__).parent / "zeros.c"
        self._command([*c_compiler(), "-O2", "-c", str(source), "-o", str(compiled)], "the compiler")
        return compiled

    def _compile(self, tools: Path) -> Iterator[Step]:
        """Compile, step by step."""
        command = [str(tools / "ninja"), "-C", str(self._folder / "build"), "-j", str(self._jobs), PROGRAM]
        with self._log.open("a") as log:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            try:
                assert process.stdout is not None
                for line in process.stdout:
                    log.write(line)
                    if match := STEP.match(line):
                        yield Step("compiling", int(match[1]), int(match[2]))
                code = process.wait()
            finally:
                stop(process)
        if code:
            raise self._failure("the compiler")

    def _command(self, command: Sequence[str], what: str) -> None:
        """Run a program to its end; what it says goes into the log. Raises BuildError."""
        with self._log.open("a") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
            try:
                code = process.wait()
            finally:
                stop(process)
        if code:
            raise self._failure(what)

    def _failure(self, what: str) -> BuildError:
        lines = self._log.read_text(errors="replace").splitlines()[-LOG_LINES:]
        return BuildError("\n".join([f"{what} failed. The end of {self._log}:", *lines]))


def stop(process: "subprocess.Popen[str] | subprocess.Popen[bytes]") -> None:
    """End a program that is still at work, as Ctrl-C would: ninja removes what is half written."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        process.wait()


def system_info(program: Path) -> str:
    """What a `llama-server` says of the processor; it says so before it finds that there is no such model."""
    done = subprocess.run(
        [str(program), "--model", "/nowhere.gguf", "--port", "0", "--verbosity", "4"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    match = INFO.search(done.stdout + done.stderr)
    return match[0] if match else ""
