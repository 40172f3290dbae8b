"""What a build needs of this machine: compilers and the toolkits of GPUs, and how to get what is missing."""

import os
import platform
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from puna.builds.build import BuildError

CPU = "cpu"


@dataclass(frozen=True, slots=True)
class Device:
    """A kind of GPU: llama.cpp's option for it, the program of its toolkit that compiles, where else that may be, and
    how to get it."""

    option: str
    compiler: str
    folders: tuple[str, ...]
    hint: str


DEVICES: Mapping[str, Device] = {
    "cuda": Device("GGML_CUDA", "nvcc", ("/usr/local/cuda/bin", "/opt/cuda/bin"), "the package nvidia-cuda-toolkit"),
    "hip": Device("GGML_HIP", "hipcc", ("/opt/rocm/bin",), "AMD's ROCm, packages hipcc, hipblas-dev and rocblas-dev"),
    "vulkan": Device("GGML_VULKAN", "glslc", (), "the packages glslc and libvulkan-dev"),
    "metal": Device("GGML_METAL", "xcrun", (), "the command line tools: xcode-select --install"),
}
WHEELS = {"cu128": "cuda", "rocm-7.2.4": "hip", "vulkan": "vulkan"}
"""The packaged builds for GPUs, by the device that they are for."""

COMPILERS = ("c++", "g++", "clang++")
INSTALL = {
    "debian": "sudo apt-get install g++",
    "fedora": "sudo dnf install gcc-c++",
    "rhel": "sudo dnf install gcc-c++",
    "arch": "sudo pacman -S gcc",
    "suse": "sudo zypper install gcc-c++",
    "alpine": "sudo apk add g++ linux-headers",
}
"""What installs a compiler, by the family of a Linux distribution."""


def require_compiler() -> None:
    """Raises BuildError where there is no C++ compiler, with the command that installs one."""
    named = os.environ.get("CXX", "").split()
    if not any(map(shutil.which, (*named[:1], *COMPILERS))):
        raise BuildError(f"a build needs a C++ compiler, but none was found. To install one: {compiler_command()}")


def c_compiler() -> list[str]:
    """The command of the C compiler."""
    named = os.environ.get("CC", "").split()
    found = next(filter(shutil.which, ("cc", "gcc", "clang")), "cc")
    return named if named and shutil.which(named[0]) else [found]


def compiler_command() -> str:
    """The command that installs a C++ compiler here."""
    if sys.platform == "darwin":
        return "xcode-select --install"
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return "install the package g++"
    families = [release.get("ID", ""), *release.get("ID_LIKE", "").split()]
    return next((INSTALL[name] for name in families if name in INSTALL), "install the package g++")


def toolkit(name: str) -> str | None:
    """The compiler of a device's toolkit; None where it is not installed."""
    device = DEVICES[name]
    return shutil.which(device.compiler) or shutil.which(device.compiler, path=os.pathsep.join(device.folders))


def device_for(asked: str | None, wheel: str | None) -> str:
    """The device that is built for: the one that is asked for, else the one of this machine's GPU (`wheel` is the
    packaged build that fits it) where its toolkit is installed, else `cpu`.

    Raises BuildError where the toolkit of what is asked for is missing.
    """
    if asked in (CPU, None):
        found = "metal" if sys.platform == "darwin" else WHEELS.get(wheel or "")
        return found if asked is None and found and toolkit(found) else CPU
    if toolkit(asked) is None:
        device = DEVICES[asked]
        raise BuildError(
            f"a build for {asked} needs {device.compiler}, which was not found. It comes with {device.hint}."
        )
    return asked


def cargo() -> str | None:
    """Rust's build tool; None where it is not installed."""
    return shutil.which("cargo") or shutil.which("cargo", path=str(Path.home() / ".cargo" / "bin"))
