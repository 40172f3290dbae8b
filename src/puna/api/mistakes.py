"""What is wrong with a field of a request, in every dialect."""

from puna.core.errors import InvalidRequest


def invalid_value(param: str, message: str) -> InvalidRequest:
    """The error for a value that can't be, or not beside others."""
    return InvalidRequest(message, param=param, code="invalid_value")
