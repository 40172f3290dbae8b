"""Files inside of a request."""

from puna.core.errors import InvalidRequest
from puna.images.load import decode_base64


def file_text(data: str, name: str | None, field: str, pictures: str) -> str:
    """A text file under its name, from base64 or a data URL. `pictures` is the part that takes pictures.

    Raises InvalidRequest where it is no text.
    """
    name = name or "file"
    try:
        content = decode_base64(data.partition(";base64,")[2] or data, field).decode()
    except UnicodeDecodeError:
        content = "\0"
    if "\0" in content:
        raise InvalidRequest(
            f"The file '{name}' is not a text file. Supported are text files (UTF-8, as base64 in 'file_data') "
            f"and images (as '{pictures}').",
            param=field,
            code="unsupported_file",
        )
    return f"File {name}:\n{content}"
