"""GET /api/ps: the models in memory."""

import asyncio
import math
import time
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request

from puna.api.ollama.summary import render_details, render_time
from puna.api.services import services_of
from puna.core.errors import ModelNotFound
from puna.core.snapshot import Snapshot
from puna.http.admission import admits
from puna.http.json import JSONResponse
from puna.library.library import Library
from puna.library.names import ModelName

FOR_EVER = 100 * 365 * 24 * 3600.0
"""Seconds that Ollama's clients show as `Forever`."""


async def index(request: Request) -> JSONResponse:
    """Every model in memory, under each name that it was asked for by."""
    services = services_of(request)
    rows = []
    for snapshot in services.inference.running():
        names = [name for name in snapshot.models if admits(request, name)]
        resident = await asyncio.to_thread(snapshot.resident) if names else None
        rows += [row for name in names if (row := render(services.library, name, snapshot, resident))]
    return JSONResponse({"models": rows})


def render(library: Library, name: str, snapshot: Snapshot, resident: int | None) -> dict[str, Any] | None:
    """One row; None for a model that was deleted meanwhile."""
    try:
        model = library.get(ModelName.parse(name))
    except ModelNotFound:
        return None
    footprint = snapshot.footprint
    return {
        "name": name,
        "model": name,
        "size": footprint.total,
        "digest": model.digest,
        "details": render_details(model.config),
        "expires_at": render_time(datetime.fromtimestamp(expiry(snapshot), UTC)),
        "size_vram": int(footprint.gpu),
        "size_resident": resident,
        "context_length": snapshot.capacity.context_length or 0,
        "loading": snapshot.loading,
        "sequences": snapshot.sequences,
        "max_sequences": snapshot.capacity.slots,
        "waiting": snapshot.waiting,
        "pieces": snapshot.pieces,
        **({"servers": [asdict(server) for server in snapshot.servers]} if snapshot.servers else {}),
    }


def expiry(snapshot: Snapshot) -> float:
    """When the model will be unloaded, if nobody asks it anything any more."""
    if snapshot.expires is not None:
        return snapshot.expires
    if snapshot.footprint.takes_nothing:
        return time.time() + FOR_EVER
    return time.time() + (FOR_EVER if math.isinf(snapshot.keep_alive) else snapshot.keep_alive)
