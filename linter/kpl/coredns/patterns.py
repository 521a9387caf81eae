"""Regular expressions that can match no name: the names that CoreDNS compares are in lower case and end in a dot."""

from __future__ import annotations

from kpl.text import late

_NO_DOT = late.pattern(r"(?:[\w-]|\\[wd-]|\[[A-Za-z0-9_-]+\])\+?")
"""An atom, at least once, that is anything but a dot."""
_ATOM = late.pattern(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[\s\S]")
_MOST = 1_000
"""In characters: a longer pattern, and one with groups in groups, is not looked into."""
_FLAGS = late.pattern(r"\?(?:P?<\w+>|[imsU-]*:)")


def ends_before_dot(pattern: str) -> bool:
    """Whether `pattern` wants a name to end in something else than a dot, as no name does: ``(.*)\\.example\\.com$``."""
    if len(pattern) > _MOST or not pattern.endswith("$"):
        return False
    atoms = _ATOM.findall(pattern)
    return atoms[-1] == "$" and _ends_without_dot(atoms[:-1])


def _ends_without_dot(atoms: list[str], in_group: bool = False) -> bool:
    """Whether each text that the atoms match certainly ends in something else than a dot."""
    branches: list[list[str]] = [[]]
    depth = 0
    for atom in atoms:
        depth += (atom == "(") - (atom == ")")
        if atom == "|" and depth == 0:
            branches.append([])
        else:
            branches[-1].append(atom)
    if depth:
        return False
    return all(_branch_ends_without_dot(branch, in_group) for branch in branches)


def _branch_ends_without_dot(atoms: list[str], in_group: bool) -> bool:
    if not atoms:
        return False
    if atoms[-1] == ")":
        if in_group:
            return False
        start = _opening(atoms)
        inner = "".join(atoms[start + 1 : -1])
        flags = _FLAGS.match(inner)
        return _ends_without_dot(_ATOM.findall(inner[flags.end() if flags else 0 :]), in_group=True)
    last = "".join(atoms[-2:]) if atoms[-1] == "+" else atoms[-1]
    return _NO_DOT.fullmatch(last) is not None


def _opening(atoms: list[str]) -> int:
    """Where the group opens that the last atom closes."""
    depth = 0
    for at in range(len(atoms) - 1, -1, -1):
        depth += (atoms[at] == ")") - (atoms[at] == "(")
        if depth == 0:
            return at
    return 0


def upper_case_letter(pattern: str) -> int | None:
    """The offset of an uppercase letter in `pattern` that every match needs; None if there is none for certain."""
    if len(pattern) > _MOST or "(?" in pattern or "|" in pattern:
        return None
    at = 0
    found = None
    for atom in _ATOM.findall(pattern):
        if found is not None and at == found + 1 and atom in ("?", "*", "{"):
            found = None
        if found is None and len(atom) == 1 and "A" <= atom <= "Z":
            found = at
        at += len(atom)
    groups = "(" in pattern and any(f"){sign}" in pattern for sign in "?*{")
    return None if groups else found
