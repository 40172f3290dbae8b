"""/api/tags, /api/show, /api/copy, /api/delete: the models that are there."""

import asyncio
import json
from typing import Annotated, Any

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from puna.api.ollama.body import ModelBody
from puna.api.ollama.summary import render_details, render_summary, render_time
from puna.api.services import services_of
from puna.core.errors import InvalidRequest
from puna.formats.gguf import TENSOR_TYPES, Array, Metadata
from puna.http.admission import admits
from puna.http.body import Body, read_body, unsupported
from puna.http.json import JSONResponse
from puna.library.model import Model
from puna.library.modelfile import Modelfile
from puna.library.names import ModelName
from puna.library.parameters import Parameters

ONLY_SHOWN = unsupported("Overriding parts of a model is not supported")


class ShowBody(ModelBody):
    """`verify` is Puna's own: read every blob, and say what is damaged."""

    system: Annotated[None, ONLY_SHOWN] = None
    template: Annotated[None, ONLY_SHOWN] = None
    options: Annotated[dict[str, Any], Field(max_length=0)] | None = None
    verbose: bool | None = None
    verify: bool | None = None


class CopyBody(Body):
    source: str
    destination: str


async def index(request: Request) -> JSONResponse:
    """The list of all models."""
    models = await asyncio.to_thread(services_of(request).library.list)
    return JSONResponse({"models": [render_summary(model) for model in models if admits(request, model.name)]})


async def show(request: Request) -> Response:
    """Everything about one model."""
    body = await read_body(request, ShowBody)
    library = services_of(request).library
    if body.verify:
        damaged = await asyncio.to_thread(library.verify, body.model_name)
        return JSONResponse({"damaged": [damage.message for damage in damaged]})
    model = library.get(body.model_name)
    return JSONResponse(await asyncio.to_thread(render_model, model, verbose=bool(body.verbose)))


async def copy(request: Request) -> Response:
    """Give a model a second name."""
    body = await read_body(request, CopyBody)
    library = services_of(request).library
    await asyncio.to_thread(library.copy, ModelName.parse(body.source), ModelName.parse(body.destination))
    return Response()


async def delete(request: Request) -> Response:
    """Remove a model."""
    body = await read_body(request, ModelBody)
    library = services_of(request).library
    await asyncio.to_thread(library.delete, body.model_name)
    return Response()


def render_model(model: Model, *, verbose: bool) -> dict[str, Any]:
    """The model in full."""
    metadata = model.metadata if model.kind == "gguf" else None
    shown: dict[str, Any] = {
        "license": "\n".join(model.licenses),
        "modelfile": render_modelfile(model),
        "parameters": render_parameters(model.parameters),
        "template": model.template_source or (metadata and metadata.chat_template) or "",
        "system": model.system or "",
        "details": render_details(model.config),
        "messages": [{"role": message.role, "content": message.content} for message in model.messages],
        "model_info": render_metadata(metadata, verbose=verbose) if metadata else {},
        "capabilities": list(model.capabilities),
        "modified_at": render_time(model.modified),
    }
    if verbose:
        shown["tensors"] = [
            {
                "name": tensor.name,
                "type": TENSOR_TYPES.get(tensor.kind, (str(tensor.kind),))[0],
                "shape": list(tensor.shape),
            }
            for tensor in (metadata.tensors if metadata else ())
        ]
    if metadata and model.projector_metadata:
        shown["projector_info"] = render_metadata(model.projector_metadata[0], verbose=verbose)
    if metadata and model.translated:
        shown["translated"] = model.translated
    if model.remote:
        shown["servers"] = [{"url": each.url, "model": each.model} for each in model.remote.addresses]
    if model.config.requires:
        shown["requires"] = model.config.requires
    return shown


def render_metadata(metadata: Metadata, *, verbose: bool) -> dict[str, Any]:
    """The header of a GGUF file. Its arrays, such as the vocabulary, are empty unless they are asked for."""
    shown: dict[str, Any] = {}
    for key, value in sorted(metadata.values.items()):
        if key in ("general.name", "tokenizer.chat_template"):
            continue
        shown[key] = (metadata.array(key) if verbose else []) if isinstance(value, Array) else value
    return shown | {"general.parameter_count": metadata.parameter_count}


def render_modelfile(model: Model) -> str:
    """A Modelfile that makes the model again; a comment where none can hold its texts."""
    try:
        text = str(Modelfile.of(model))
    except InvalidRequest as error:
        text = f"# {error.message}\n"
    note = "# To build a new Modelfile based on this, replace FROM with:"
    return f'# Modelfile generated by "puna show"\n{note}\n# FROM {model.name}\n\n{text}'


def render_parameters(parameters: Parameters) -> str:
    """The parameters as a column of names and one of values."""
    rows = []
    for name, value in parameters.items():
        values = value if isinstance(value, tuple) else (value,)
        rows += [f"{name:<30} {json.dumps(one, ensure_ascii=False)}" for one in values]
    return "\n".join(rows)
