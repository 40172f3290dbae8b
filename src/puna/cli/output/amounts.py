"""Sizes and times as Ollama's tables show them."""

SIZES = ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "KB"))
DAYS = 24


def size_text(size: int) -> str:
    """Bytes in a unit that leaves few digits: `986 MB`, `2.0 GB`."""
    for scale, unit in SIZES:
        if size >= scale:
            value = size / scale
            return f"{value:.1f} {unit}" if value < 10 and size % scale else f"{size // scale} {unit}"
    return f"{size} B"


def age_text(time: float, now: float) -> str:
    """How long ago, or how far ahead. Both are in seconds since 1970."""
    if time > now:
        return f"{span_text(time - now)} from now"
    return f"{span_text(now - time)} ago"


def span_text(span: float) -> str:
    """A number of seconds in its largest unit."""
    seconds = int(span)
    minutes, hours = seconds // 60, round(seconds / 3600)
    if seconds < 1:
        return "Less than a second"
    if seconds < 60:
        return "1 second" if seconds == 1 else f"{seconds} seconds"
    if minutes < 60:
        return "About a minute" if minutes == 1 else f"{minutes} minutes"
    if hours < 2 * DAYS:
        return "About an hour" if hours == 1 else f"{hours} hours"
    days = hours // DAYS
    if days < 14:
        return f"{days} days"
    if days < 60:
        return f"{days // 7} weeks"
    return f"{days // 30} months" if days < 730 else f"{days // 365} years"
