"""The plugin ``tsig``. (CoreDNS plugin/tsig/setup.go)

Whatever is wrong, CoreDNS tells of a wrong argument count where it stopped reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kpl.coredns.controller import Controller
from kpl.coredns.hostport import is_no_file
from kpl.golang.dnsname import normalize
from kpl.golang.dnstables import OPCODES, TYPES, number_of


@dataclass
class Tsig:
    """The keys of ``tsig``, and which queries have to be signed: their types and opcodes, or ``all``."""

    zones: list[str] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict)
    """The secret of each key name, as written; those in `key_files` are not among them."""
    key_files: list[str] = field(default_factory=list)
    required_types: list[str] = field(default_factory=list)
    required_opcodes: list[str] = field(default_factory=list)


def setup(c: Controller) -> Tsig:
    """``tsig [ZONES...]`` with its block."""
    tsig = Tsig()
    seen = False
    while c.next():
        if seen:
            raise c.arg_err()
        seen = True
        tsig.zones = c.origins(c.args())
        while c.next_block():
            _line(c, tsig)
    return tsig


def _line(c: Controller, tsig: Tsig) -> None:
    name = c.val()
    if name == "secret":
        args = c.args()
        if len(args) != 2:
            raise c.arg_err()
        key = normalize(args[0])
        if key in tsig.secrets:
            raise c.arg_err()
        tsig.secrets[key] = args[1]
    elif name == "secrets":
        args = c.args()
        if len(args) != 1 or not args[0]:
            raise c.arg_err()
        if is_no_file(c, args[0]):
            raise c.arg_err()
        c.need_file(args[0])
        tsig.key_files.append(args[0])
    elif name == "require":
        tsig.required_types = _required(c, TYPES, tsig.required_types)
    elif name == "require_opcode" and c.since("1.14.3"):
        tsig.required_opcodes = _required(c, OPCODES, tsig.required_opcodes)
    else:
        raise c.arg_err()


def _required(c: Controller, table: Mapping[str, int], before: list[str]) -> list[str]:
    """``all`` is never taken back."""
    args = c.args()
    if not args:
        raise c.arg_err()
    if args[0] not in ("all", "none"):
        if any(number_of(word, table, c.instance.version) is None for word in args):
            raise c.arg_err()
        required = list(map(str, args))
    else:
        required = ["all"] if args[0] == "all" else []
    return before if before == ["all"] else required
