"""Schemas that Node.js programs print: zod's of its documented types, and those of published MCP servers' tools."""

import json
import os
import queue
import shutil
import subprocess
import threading
from pathlib import Path
from typing import IO, Any

from benchmarks.corpora import Case, Corpus

HERE = Path(__file__).parent
NODE = shutil.which("node") or "node"
SERVERS = (HERE / "packages.txt").read_text().split()[1:]
"""Packages of npm. The first one there is zod."""
ARGUMENTS = {"@modelcontextprotocol/server-filesystem": ["."]}
"""What some need to start."""
TOKENS = dict.fromkeys(
    ("GITHUB_PERSONAL_ACCESS_TOKEN", "NOTION_TOKEN", "FIRECRAWL_API_KEY", "TAVILY_API_KEY", "CONTEXT7_API_KEY"),
    "none",
)
"""What some ask for before they say what they can do; nothing is called."""
PATIENCE = 60.0


def zod_types(modules: Path) -> Corpus:
    """What zod, installed in a folder, makes of its types."""
    program = (HERE / "zod_types.mjs").read_text()
    command = [NODE, "--input-type=module", "-e", program]
    printed = subprocess.run(command, cwd=modules, capture_output=True, text=True, check=True).stdout
    for name, schema in json.loads(printed):
        yield Case(name, schema)


def mcp_tools(modules: Path) -> Corpus:
    """The arguments of the tools of the servers that are installed in a folder. What does not start is left out."""
    for package in SERVERS:
        folder = modules / "node_modules" / package
        if folder.exists():
            for tool in tools_of(folder, ARGUMENTS.get(package, [])):
                yield Case(f"{package}: {tool['name']}", tool["inputSchema"])


def tools_of(package: Path, arguments: list[str]) -> list[Any]:
    """What a server lists, asked over its standard input."""
    entry = json.loads((package / "package.json").read_text())["bin"]
    program = package / (entry if isinstance(entry, str) else next(iter(entry.values())))
    process = subprocess.Popen(
        [NODE, str(program), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **TOKENS},
    )
    assert process.stdin
    assert process.stdout
    answers: queue.Queue[Any] = queue.Queue()
    threading.Thread(target=read, args=(process.stdout, answers), daemon=True).start()
    try:
        hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "puna", "version": "1"}}
        send(process.stdin, {"id": 1, "method": "initialize", "params": hello})
        answers.get(timeout=PATIENCE)
        send(process.stdin, {"method": "notifications/initialized"})
        send(process.stdin, {"id": 2, "method": "tools/list", "params": {}})
        tools: list[Any] = answers.get(timeout=PATIENCE)["result"]["tools"]
        return tools
    except (queue.Empty, OSError, KeyError):
        return []
    finally:
        process.kill()
        process.wait()


def read(pipe: IO[str], answers: "queue.Queue[Any]") -> None:
    """The answers among the lines that a server prints."""
    for line in pipe:
        if line.startswith("{") and "id" in (message := json.loads(line)) and "method" not in message:
            answers.put(message)


def send(pipe: IO[str], message: dict[str, Any]) -> None:
    pipe.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    pipe.flush()
