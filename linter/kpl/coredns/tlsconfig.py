"""The certificates that plugins take as arguments. (CoreDNS plugin/pkg/tls/tls.go: NewTLSConfigFromArgs)"""

from __future__ import annotations

from collections.abc import Sequence

from kpl.coredns.controller import Controller
from kpl.golang.filepath import join
from kpl.golang.stat import impossible_path


def under_root(c: Controller, path: str) -> str:
    """`path` as plugins read it: below the folder of ``root``, unless it is absolute."""
    root = c.config.root
    return join(root, path) if root and not path.startswith("/") else path


def tls_config(c: Controller, paths: Sequence[str]) -> None:
    """No path, that of a CA, or those of a certificate, its key and a CA: the files have to be there and to be good."""
    if len(paths) > 3:
        raise c.refuse(f"maximum of three arguments allowed for TLS config, found {len(paths)}")
    for path in paths[:2] if len(paths) > 1 else ():
        impossible = impossible_path(path) if path else "no such file or directory"
        if impossible:
            raise c.refuse(f"could not load TLS cert: open {path}: {impossible}", path)
        c.need_file(path)
    authority = paths[-1] if len(paths) in (1, 3) else ""
    if authority:
        c.need_file(authority)
