"""Loops without `continue`.

llama.cpp's Jinja forgets what a turn of a loop has put out when it meets `continue` or `break`, so what would
be skipped goes into the branches that do not skip it.
"""

from collections.abc import Sequence

from puna.library.template import go


def without_jumps(nodes: Sequence[go.Node]) -> tuple[go.Node, ...]:
    """A loop's body that does the same and ends with a jump, or has none. Its last `continue` is dropped."""
    for at, node in enumerate(nodes):
        if isinstance(node, go.Jump):
            return tuple(nodes[:at]) if node.kind == "continue" else tuple(nodes[: at + 1])
        if isinstance(node, go.If | go.With) and jumps(node):
            return (*nodes[:at], _branched(node, nodes[at + 1 :]))
    return tuple(nodes)


def jumps(node: go.Node, kinds: tuple[str, ...] = ("break", "continue")) -> bool:
    """Whether a node may end the turn of the loop that it is in."""
    if isinstance(node, go.Jump):
        return node.kind in kinds
    if isinstance(node, go.If | go.With):
        return any(jumps(inner, kinds) for inner in (*node.body, *node.otherwise))
    return False


def _branched(node: go.If | go.With, following: Sequence[go.Node]) -> go.Node:
    body, otherwise = without_jumps((*node.body, *following)), without_jumps((*node.otherwise, *following))
    if isinstance(node, go.If):
        return go.If(node.condition, body, otherwise)
    # What follows can't move into a `with`, where the dot is another.
    if not (node.body and isinstance(node.body[-1], go.Jump)):
        raise go.TemplateError(1, "'continue' or 'break' in the middle of a 'with' can't be translated")
    return go.With(node.subject, node.name, without_jumps(node.body), otherwise)
