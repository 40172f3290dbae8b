"""The formats of strings that are assertions, as patterns; None where no grammar can make sure of one.

A pattern may leave out some of the format: what it lets through is of it.
"""

YEAR, MONTH, TWO = "[0-9]{4}", "(0[1-9]|1[0-2])", "(0[1-9]|1[0-9]|2[0-8])"
FOURTH = "(0[48]|[2468][048]|[13579][26])"
LEAP_YEAR = f"([0-9]{{2}}{FOURTH}|({FOURTH}|00)00)"
"""A year whose number four divides, where it is a full century that number's hundreds."""
DATE = rf"({YEAR}-{MONTH}-{TWO}|{YEAR}-(0[13-9]|1[0-2])-(29|30)|{YEAR}-(0[13578]|1[02])-31|{LEAP_YEAR}-02-29)"
"""RFC 3339."""
TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
LABEL = "[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?"
BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
COUNT = "[0-9]{1,9}"
GROUP = "[0-9a-f]{1,4}"

URI = (
    rf"^https?://({LABEL}\.){{0,3}}{LABEL}(:[1-9][0-9]{{1,3}})?(/[A-Za-z0-9._~-]{{1,60}}){{0,12}}/?"
    r"(\?[A-Za-z0-9._~=&-]{1,200})?$"
)

FORMATS: dict[str, str | None] = {
    "date": f"^{DATE}$",
    "time": f"^{TIME}$",
    "date-time": f"^{DATE}T{TIME}$",
    "duration": rf"^P({COUNT}[WD]|({COUNT}D)?T{COUNT}(H({COUNT}M({COUNT}S)?)?|M({COUNT}S)?|S))$",
    "email": rf"^[A-Za-z0-9_+-]{{1,32}}(\.[A-Za-z0-9_+-]{{1,30}})?@({LABEL}\.){{1,3}}[a-z]{{2,10}}$",
    "hostname": rf"^({LABEL}\.){{0,4}}{LABEL}$",
    "ipv4": rf"^({BYTE}\.){{3}}{BYTE}$",
    "ipv6": rf"^({GROUP}:){{7}}{GROUP}$",
    "uuid": "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
    "uri": URI,
    "uri-reference": URI,
    "uri-template": URI,
    "iri": URI,
    "iri-reference": URI,
    "json-pointer": "^(/[A-Za-z0-9_.-]{1,40}){0,12}$",
    "relative-json-pointer": "^(0|[1-9][0-9]?)(#|(/[A-Za-z0-9_.-]{1,40}){0,12})$",
    "regex": None,
}
FORMATS |= {"idn-email": FORMATS["email"], "idn-hostname": FORMATS["hostname"]}
"""RFC 3339, RFC 5321 (its everyday part), RFC 1123, RFC 2673, RFC 4291 (in full), RFC 4122, RFC 3986 (for http)."""
