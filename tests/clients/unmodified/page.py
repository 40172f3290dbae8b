"""The table in docs/clients.md."""

from collections.abc import Mapping

from tests.clients.unmodified.clients import CLIENTS, EXPECTED

BEGIN, END = "<!-- made by make test-clients -->", "<!-- end -->"
LANGUAGES = {"python": "Python", "node": "JavaScript", "go": "Go", "rust": "Rust"}


def page(text: str, known: Mapping[str, Mapping[str, str | None]]) -> str:
    """The page with the table of what is known between its marks."""
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    rows = ["| client | language | works | does not, and why |", "|---|---|---|---|"]
    for client in CLIENTS:
        found = known.get(client.name)
        if found is None:
            continue
        works = ", ".join(name.replace("_", " ") for name, why in found.items() if not why)
        reasons = [
            f"{name.replace('_', ' ')}: {reason(client.name, name, why)}" for name, why in found.items() if why
        ]
        rows.append(f"| {client.shown} | {LANGUAGES[client.kind]} | {works} | {'; '.join(reasons)} |")
    return f"{before}{BEGIN}\n" + "\n".join(rows) + f"\n{END}{after}"


def reason(client: str, use: str, why: str) -> str:
    """Why something does not work, in one line."""
    return EXPECTED.get((client, use)) or why.strip().splitlines()[-1][:200].replace("|", "/")
