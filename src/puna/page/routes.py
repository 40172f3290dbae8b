"""Where the page is: `/` for browsers, `/docs`, and the files that both need."""

import asyncio

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from puna.page.files import File, read

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: blob:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types dompurify"
)
"""Scripts and styles come from here and stand in files. Text becomes elements only by way of DOMPurify."""
REFERENCE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The same for Swagger UI, which does without trusted types."""
HEADERS = {
    "Cache-Control": "no-cache",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


async def greet(request: Request) -> Response:
    """The page for browsers, for all others the words that say that the server is up."""
    if "text/html" in request.headers.get("accept", ""):
        return await page(request)
    return PlainTextResponse("Puna is running", headers={"Vary": "Accept"})


async def page(request: Request) -> Response:
    """Chat, models and snippets."""
    return await respond(request, "index.html", PAGE_POLICY)


async def reference(request: Request) -> Response:
    """The reference of the API."""
    return await respond(request, "reference.html", REFERENCE_POLICY)


async def asset(request: Request) -> Response:
    """A file that one of them needs."""
    return await respond(request, request.path_params["path"], PAGE_POLICY)


async def respond(request: Request, name: str, policy: str) -> Response:
    """A file, or word that the browser has it already."""
    file = await asyncio.to_thread(read, name)
    if file is None:
        raise HTTPException(404)
    headers = {**HEADERS, "Content-Security-Policy": policy, "ETag": file.tag, "Vary": "Accept, Accept-Encoding"}
    if request.headers.get("if-none-match") == file.tag:
        return Response(status_code=304, headers=headers)
    content = file.content
    if "gzip" in request.headers.get("accept-encoding", ""):
        content = await asyncio.to_thread(compressed, file)
        headers["Content-Encoding"] = "gzip"
    return Response(content, headers=headers, media_type=file.media_type)


def compressed(file: File) -> bytes:
    """The file as gzip, made when it is first asked for."""
    return file.compressed


routes = [Route("/", greet), Route("/docs", reference), Route("/page/{path:path}", asset)]
