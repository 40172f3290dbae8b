"""`puna engine`: which llama.cpp runs the models, and one that is compiled for this machine."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from puna.builds.build import PACKAGE, WHEEL, Build, BuildError, Builds, installed_version, usable
from puna.builds.processor import processor_features, used_features
from puna.builds.source import drafts_by_request
from puna.cli.commands.startup import check_home
from puna.cli.output.table import render_table
from puna.core.errors import megabytes
from puna.machine import fitting_build, gpus, speculation, unused_gpu
from puna.settings import Settings

PROBE = f"import json, {PACKAGE}; print(json.dumps({PACKAGE}.get_system_info()))"
PROBE_SECONDS = 60.0
DRAFTS: Mapping[str, str] = {
    "none": "off",
    "named": "for models that name a drafter",
    "text": "from the text so far",
}


@click.group(invoke_without_command=True)
@click.pass_context
def engine(ctx: click.Context) -> None:
    """Show which engine runs the models, and manage builds.

    The engine is llama.cpp. The packaged one runs on most processors; `puna engine build` compiles a faster one for
    this machine.
    """
    if ctx.invoked_subcommand is None:
        click.echo(overview(Settings.from_environment(os.environ)))


def overview(settings: Settings) -> str:
    """The engine in use, as rows."""
    build = usable(settings.home)
    program = settings.llama_server or (build.program if build else None)
    info = system_info_of(program)
    used, has = used_features(info), processor_features()
    by_request = program is not None and drafts_by_request(program)
    sizes = gpus(program)
    devices = (
        ["Apple GPU"] if sys.platform == "darwin" else [f"GPU {i} ({megabytes(n)})" for i, n in enumerate(sizes)]
    )
    rows = [
        ("engine", engine_name(settings, build)),
        ("llama.cpp", f"b{installed_version().rpartition('.')[2]}" if not settings.llama_server else "its own"),
        ("processor", f"{os.cpu_count()} cores; uses {listed(used)}"),
        ("unused", listed(has - used)),
        ("devices", ", ".join(devices) or "CPU"),
        ("drafts", DRAFTS[speculation(settings, by_request=by_request)]),
        *(("faster", advice) for advice in advices(settings, program, has - used)),
        *(("not used", why) for why in left_over(settings, build)),
    ]
    return render_table(rows)


def engine_name(settings: Settings, build: Build | None) -> str:
    """What the engine is, and where it comes from."""
    if settings.llama_server:
        return f"{settings.llama_server} (PUNA_LLAMA_SERVER)"
    if build:
        without = "" if build.facts.llguidance else "; without llguidance, so JSON Schemas are checked, not enforced"
        return f"{build.name}, built on this machine{without}"
    return f"the packaged one ({PACKAGE} {installed_version()})"


def system_info_of(program: Path | None) -> str:
    """What an engine says of itself and the processor."""
    if program is not None:
        from puna.builds.compilation import system_info

        return system_info(program)
    command = [sys.executable, "-c", PROBE]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PROBE_SECONDS, check=False)
    return str(json.loads(done.stdout.splitlines()[-1])) if done.returncode == 0 else ""


def advices(settings: Settings, program: Path | None, besides: Iterable[str]) -> list[str]:
    """What would make models faster here."""
    found = [f"your GPU: {command}" for command in filter(None, [unused_gpu(program)])]
    if not settings.llama_server and any(besides):
        found.append("`puna engine build` compiles an engine that uses all of the processor")
    return found or ["nothing"]


def left_over(settings: Settings, build: Build | None) -> list[str]:
    """The build that is to be used and can't be."""
    chosen = Builds(settings.home).chosen()
    if chosen is None or settings.llama_server or build:
        return []
    return [f"{chosen.name}: {chosen.obstacle(installed_version(), processor_features())}"]


def listed(features: Iterable[str]) -> str:
    return ", ".join(sorted(features)) or "none that matter"


@engine.command("list")
def list_builds() -> None:
    """List the packaged engine and the builds."""
    home = Settings.from_environment(os.environ).home
    chosen, version = usable(home), installed_version()
    rows = [("", "NAME", "XLLAMACPP", "DEVICE", "LLGUIDANCE", "")]
    rows.append(("" if chosen else "*", WHEEL, version, "packaged", "yes", ""))
    for build in Builds(home).all():
        marked = "*" if chosen and chosen.name == build.name else ""
        facts = build.facts
        guidance = "yes" if facts.llguidance else "no"
        why = build.obstacle(version, processor_features()) or ""
        rows.append((marked, build.name, facts.version, facts.device, guidance, why))
    click.echo(render_table(rows))


@engine.command()
@click.argument("name")
def use(name: str) -> None:
    """Use a build from now on, or the packaged engine: wheel.

    A running server keeps its engine until it is restarted.
    """
    Builds(Settings.from_environment(os.environ).home).use(name)
    click.echo(f"now using '{name}'; restart a running server to apply this")


@engine.command()
@click.argument("name")
def remove(name: str) -> None:
    """Delete a build."""
    Builds(Settings.from_environment(os.environ).home).remove(name)
    click.echo(f"deleted '{name}'")


@engine.command()
@click.option(
    "--device",
    type=click.Choice(["cpu", "cuda", "hip", "vulkan", "metal"]),
    help="The device to build for. [default: this machine's GPU if its toolkit is installed, else cpu]",
)
@click.option(
    "--jobs", type=click.IntRange(1), default=os.cpu_count() or 1, help="Parallel compiler jobs. [default: all cores]"
)
def build(device: str | None, jobs: int) -> None:
    """Compile an engine for this machine.

    The source of the installed xllamacpp is downloaded from the package index and compiled. If the result works, it
    is used from then on. This takes about 20 minutes of processor time; after Ctrl-C the next call continues.
    """
    from puna.builds.compilation import Compilation
    from puna.builds.tools import device_for, require_compiler

    settings = Settings.from_environment(os.environ)
    require_compiler()
    target = device_for(device, fitting_build(Path("/")))
    if not (version := installed_version()):
        raise BuildError(f"the package {PACKAGE} is not installed, so there is no version to build")
    check_home(settings.home)
    builds = Builds(settings.home)
    compilation = Compilation(builds, version, target, jobs)
    if any(one.name == compilation.name and not one.obstacle(version, processor_features()) for one in builds.all()):
        builds.use(compilation.name)
        click.echo(f"{compilation.name} exists already and is now in use. `puna engine remove` deletes it.")
        return
    show(compilation.run(lambda program: answers_alike(settings, program)))
    builds.use(compilation.name)
    click.echo(f"now using {compilation.name}; restart a running server. `puna engine use wheel` switches back")


def show(steps: Iterable[Any]) -> None:
    """Show what is being done, with a bar for what takes long."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        bar = None
        for step in steps:
            if step.total is None:
                bars.console.print(step.text, highlight=False)
            elif bar is None:
                bar = bars.add_task(step.text, total=step.total)
            else:
                bars.update(bar, completed=step.done, total=step.total)


def answers_alike(settings: Settings, program: Path) -> None:
    """Raises BuildError where `tiny` does not say with that program what it says with the packaged engine."""
    import tempfile

    from puna.embedded.puna import Puna

    with tempfile.TemporaryDirectory(dir=settings.home) as empty:  # a home without builds
        said = []
        for chosen in (None, program):
            with Puna(path=empty, llama_server=chosen, keep_alive=0) as here:
                said.append("".join(here.chat("tiny", "Say this is a test", max_tokens=16, temperature=0)))
    if said[0] != said[1]:
        raise BuildError(f"the new engine answers {said[1]!r}, the packaged one {said[0]!r}; it is not used")
