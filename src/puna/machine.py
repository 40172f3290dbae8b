"""What this machine has: its memory, as far as Puna may use it."""

import json
import logging
import os
import re
import subprocess
import sys
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import cast
from uuid import uuid4

from puna.builds.build import program_of
from puna.builds.source import drafts_by_request
from puna.core.footprint import RAM, Footprint, gpu_name
from puna.core.remote import Timeouts
from puna.engines.settings import CacheType, EngineSettings, FlashAttention, Speculation
from puna.settings import Settings, Share

USABLE = 0.85
"""The part of the memory that engines may take; the rest is the system's and the server's."""
GPU_LIBRARY = re.compile(r"ggml-(cuda|hip|vulkan|sycl|musa|cann|rocm)|libcudart|libamdhip|libvulkan")
GPU_LINE = re.compile(r"^\s+(\w+): .*\((\d+) MiB, \d+ MiB free\)", re.MULTILINE)
"""A line of `llama-server --list-devices`."""
LIST_DEVICES = (
    "import json, xllamacpp\n"
    "print(json.dumps([d['memory_total'] for d in xllamacpp.get_device_info() if 'GPU' in d['type'].name]))"
)
PROBE_SECONDS = 30.0
WHEELS = "https://xorbitsai.github.io/xllamacpp/whl"
"""Where xllamacpp's builds for GPUs are."""
ENGINE = "'xllamacpp>=2026.10,<2027'"
GPU_SIGNS = (
    ("proc/driver/nvidia/version", "cu128"),
    ("usr/lib/wsl/lib/libcuda.so.1", "cu128"),
    ("dev/kfd", "rocm-7.2.4"),
)
"""Files that the drivers of NVIDIA's and AMD's GPUs put there, and the builds for them."""
GPU_VENDORS = {"0x1002", "0x10de", "0x8086"}
"""AMD, NVIDIA and Intel: their GPUs can be used through Vulkan. Virtual machines have others, which only draw."""

_log = logging.getLogger(__name__)


def engine_settings(settings: Settings) -> EngineSettings:
    """What the user's settings and this machine mean for engines."""
    program = program_of(settings)
    by_request = program is not None and drafts_by_request(program)
    return EngineSettings(
        memory=memory_limit(settings),
        slots=settings.parallel,
        replicas=settings.replicas,
        context_length=settings.context_length,
        threads=settings.threads,
        flash_attention=cast("FlashAttention", settings.flash_attention),
        cache_type=cast("CacheType", settings.cache_type),
        speculation=speculation(settings, by_request=by_request),
        llama_server=program,
        drafts_by_request=by_request,
        prompt_cache=None if settings.prompt_cache is None else in_bytes(settings.prompt_cache),
        prompt_files=prompt_files(settings.home) if settings.save_prompts else None,
        encoder=settings.llama_server is None,
        load_timeout=settings.load_timeout,
        stall_timeout=settings.stall_timeout,
        remote=Timeouts(
            connect=settings.connect_timeout, silence=settings.upstream_timeout, check=settings.check_interval
        ),
    )


def speculation(settings: Settings, *, by_request: bool) -> Speculation:
    """What is drafted. From the text so far only where a request can be answered without, unless it is asked for."""
    if settings.speculation == "off":
        return "none"
    return "text" if settings.speculation == "on" or by_request else "named"


def memory_limit(settings: Settings) -> Footprint:
    """The memory that all engines together may take: the setting, else most of what the machine has, and most of each
    GPU's.

    The same for as long as the server runs: what other programs use at the moment must not change a plan.
    """
    ram = in_bytes(Share(USABLE) if settings.memory is None else settings.memory)
    found = gpus(program_of(settings))
    return Footprint({RAM: ram, **{gpu_name(number): size * USABLE for number, size in enumerate(found)}})


@cache
def prompt_files(home: Path) -> Path:
    """The folder of this process in a home, for the prompts of engines that are not in memory."""
    return home / "prompts" / uuid4().hex


def in_bytes(most: int | Share) -> int:
    """A part of this machine's memory, or as many bytes as are said."""
    return int(machine_memory() * most) if isinstance(most, Share) else most


@cache
def machine_memory() -> int:
    """This machine's memory in bytes, or what the process's control group may use of it, if that is less."""
    installed = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min([installed, *control_group_limits(Path("/sys/fs/cgroup"))])


def control_group_limits(root: Path) -> list[int]:
    """Linux's limits on this process and all that it is part of, of either version of control groups."""
    with suppress(OSError):
        groups = [line.rstrip("\n").split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines()]
        return [
            limit
            for _, controllers, path in groups
            for folder, file in (
                ((root, "memory.max"),) if not controllers else ((root / "memory", "memory.limit_in_bytes"),)
            )
            if not controllers or "memory" in controllers.split(",")
            for limit in limits_along(folder, path.strip("/"), file)
        ]
    return []


def limits_along(folder: Path, path: str, file: str) -> list[int]:
    """The limits from the root of a hierarchy down to one group. In a container only the root may be there."""
    parts = path.split("/") if path else []
    limits = []
    for depth in range(len(parts) + 1):
        with suppress(OSError, ValueError):  # ValueError: "max", which is no limit
            limits.append(int(folder.joinpath(*parts[:depth], file).read_text()))
    return limits


@cache
def gpus(program: Path | None) -> tuple[int, ...]:
    """The memory of each GPU that the engine can use, in bytes. Apple's GPUs use the machine's own memory."""
    if sys.platform == "darwin" or (program is None and not bundled_engine_has_gpu()):
        return ()
    # Asked in a process of its own: a GPU's runtime would take memory for as long as the server lives.
    command = [str(program), "--list-devices"] if program else [sys.executable, "-c", LIST_DEVICES]
    try:
        output = subprocess.run(command, capture_output=True, text=True, timeout=PROBE_SECONDS, check=True).stdout
    except (OSError, subprocess.SubprocessError) as error:
        _log.warning("the GPUs can't be listed: %s", error)
        return ()
    return listed_memory(output) if program else tuple(json.loads(output.splitlines()[-1]))


def unused_gpu(program: Path | None, root: Path = Path("/")) -> str | None:
    """The command that installs the engine for a GPU which is there and can't be used; None where all is well."""
    if sys.platform == "darwin" or program or gpus(program):
        return None
    if build := fitting_build(root):
        return f"{sys.executable} -m pip install {ENGINE} --force-reinstall --no-deps --index-url {WHEELS}/{build}"
    return None


def fitting_build(root: Path) -> str | None:
    """The build of the engine for this machine's GPU; None where there is no GPU."""
    for sign, build in GPU_SIGNS:
        if (root / sign).exists():
            return build
    for vendor in (root / "sys/class/drm").glob("renderD*/device/vendor"):
        with suppress(OSError):
            if vendor.read_text().strip() in GPU_VENDORS:
                return "vulkan"
    return None


def listed_memory(output: str) -> tuple[int, ...]:
    """What `llama-server --list-devices` lists, in bytes."""
    return tuple(
        int(mebibytes) * 2**20 for name, mebibytes in GPU_LINE.findall(output) if not name.startswith(("CPU", "BLAS"))
    )


def bundled_engine_has_gpu() -> bool:
    """Whether xllamacpp was installed in a build for GPUs."""
    found = find_spec("xllamacpp")  # which does not import it: its libraries are for engines' processes
    if found is None or found.origin is None:
        return False
    package = Path(found.origin).parent
    folders = (package, package.parent / "xllamacpp.libs")
    return any(GPU_LIBRARY.search(file.name) for folder in folders if folder.is_dir() for file in folder.iterdir())
