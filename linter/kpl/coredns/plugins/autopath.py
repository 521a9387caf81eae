"""The plugin ``autopath``. (CoreDNS plugin/autopath/setup.go)"""

from __future__ import annotations

from dataclasses import dataclass, field

from kpl.coredns.controller import Controller
from kpl.golang.stat import is_certain_folder
from kpl.golang.values import quote


@dataclass
class Autopath:
    """Where the search path comes from: a plugin, or a file in the form of resolv.conf."""

    zones: list[str] = field(default_factory=list)
    plugin: str | None = None
    """``kubernetes`` of ``@kubernetes``."""
    resolv_conf: str | None = None


def setup(c: Controller) -> Autopath:
    """``autopath [ZONES...] RESOLV-CONF``; of several occurrences the last one counts."""
    autopath = Autopath()
    while c.next():
        args = c.args()
        if not args:
            raise c.refuse("no resolv-conf specified")
        *zones, source = args
        if not source and not c.since("1.9.1"):
            raise c.panic("runtime error: index out of range [0] with length 0", source)
        if source.startswith("@"):
            # the search path of a file that came before stays where the plugin has none to give
            autopath.plugin = source[1:]
        else:
            if not source:
                raise c.refuse(f"failed to parse {quote(source)}: open : no such file or directory", source)
            # a folder is read like an empty file
            if not is_certain_folder(source):
                c.need_file(source)
            autopath.resolv_conf = source
        autopath.zones = c.origins(zones)
    return autopath
