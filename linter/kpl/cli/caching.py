"""Where the cache of a run lies, and what of a run is taken from it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from kpl import __version__, troubles
from kpl.cache import Cache, KeptFindings, digest_of, secret_in
from kpl.inputs.coverage import Skipped, SkipReason
from kpl.inputs.discover import Found
from kpl.inputs.document import Document, Reading
from kpl.inputs.registry import only_tells, telling_models
from kpl.shares.sent import SentReading, received, to_send
from kpl.shares.share import NETWORK_MODELS, NOTHING, TELL_DNS, TELL_RELEASES, share_of

if TYPE_CHECKING:
    from kpl.clusters.partition import Member
    from kpl.lint.located import Located, Result
    from kpl.lint.settings import Settings

_KEPT_KINDS = frozenset(("Workload", "Service", "EndpointSlice", "NodeObject", "NetworkPolicy", "AccessRole", "Route"))
"""The kinds of documents in which rules find what these, the settings and the cluster say, and no other file on the disk."""
_ASKED_KINDS = frozenset(
    (
        "AccessBinding",
        "ChartSource",
        "ClusterSettings",
        "EnvSource",
        "KubeadmCluster",
        "KubeadmNode",
        "NamespaceObject",
        "OtherPolicy",
        "SecretTemplate",
        "ServiceCidr",
    )
)
"""Those that only tell of a cluster, and of which rules ask for more than a share."""
_MEET_PODS = frozenset(("NetworkPolicy", "Route", "Service"))
"""The kinds of documents in which findings depend on the pods of all workloads."""


def cache_in(folder: str) -> Cache | None:
    """The cache in `folder`, with what an earlier run left there; None where there can be none."""
    version = _version()
    if version is None:
        return None
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    secret = secret_in(os.environ.get("KPL_CACHE_DIR") or os.path.join(home, "kpl"))
    if secret is None:
        return None
    cache = Cache(folder, secret, version)
    cache.load()
    return cache


def _version() -> str | None:
    """What makes one kpl another; None in a checkout, where no number tells what was edited."""
    from importlib.util import find_spec

    index = find_spec("kpl_rules._index")
    if index is None or index.origin is None:
        return None
    status = os.stat(index.origin)
    return f"{__version__} {index.origin} {status.st_mtime_ns} {status.st_ctime_ns}"


class CachedReader:
    """Reads files, those that are as they were from the cache."""

    def __init__(self, cache: Cache, as_kind: str | None) -> None:
        self.cache = cache
        self._as_kind = as_kind
        self._digests: dict[str, bytes] = {}

    def read(self, found: Sequence[Found]) -> list[Reading | Skipped]:
        """What `found` holds, in its order."""
        return [self._read(each) for each in found]

    def _read(self, found: Found) -> Reading | Skipped:
        from kpl.inputs.files import read_file

        if found.named or self._as_kind is not None or found.as_kind is not None:
            return read_file(found, self._as_kind)
        kept = self.cache.file(found)
        if kept is not None:
            entry = kept.entry._replace(path=found.path)
            return received(entry, reader(found.path)) if isinstance(entry, SentReading) else entry
        read = read_file(found, None, self._see)
        digest = self._digests.pop(found.path, None)
        sent = to_send(read) if isinstance(read, Reading) else read
        if digest is not None and not isinstance(sent, Reading) and _lasts(sent):
            self.cache.keep_file(found.path, digest, sent)
        return read

    def _see(self, path: str, data: bytes) -> None:
        self._digests[path] = digest_of(data)


def _lasts(read: SentReading | Skipped) -> bool:
    return isinstance(read, SentReading) or read.reason in (SkipReason.NOTHING, SkipReason.BINARY, SkipReason.ENCRYPTED)


def reader(path: str, as_kind: str | None = None) -> Callable[[], Reading | None]:
    """What reads the file at `path` when it is called."""

    def read() -> Reading | None:
        from kpl.inputs.files import read_file

        reading = read_file(Found(path, named=False), as_kind)
        return reading if isinstance(reading, Reading) else None

    return read


class KeptResults:
    """The findings of files about which the cache knows all that matters."""

    def __init__(self, cache: Cache, readings: Sequence[Reading], settings: Settings) -> None:
        self._cache = cache
        self._keys: dict[int, bytes] = {}
        self._pods: dict[int, bytes] = {}
        if any(not entry.module.startswith("kpl_rules.") for entry in settings.rules):
            return  # of the rules of other packages, nothing tells that they are the same
        told = _told(settings) + bytes(
            [any(each.kind == "ParseFailure" for file in readings for each in file.documents)]
        )
        for member in _members(readings, settings):
            facts = repr(member.facts._replace(origins={})).encode()
            digest = digest_of(told, member.name.encode(), facts, self._of_cluster(member))
            pods = digest_of(
                *(self._content(each) for each in member.readings if any(_is_workload(one) for one in each.documents))
            )
            for reading in member.readings:
                self._keys[id(reading)] = digest_of(self._keys.get(id(reading), b""), digest)
                self._pods[id(reading)] = digest_of(self._pods.get(id(reading), b""), pods)

    def _of_cluster(self, member: Member) -> bytes:
        """What rules may learn of a cluster."""
        parts = []
        for reading in member.readings:
            kinds = " ".join(each.kind for each in reading.documents)
            telling = (
                each for each in reading.documents if each.kind in TELL_RELEASES | TELL_DNS or not only_tells(each)
            )
            shares = [share_of(each) for each in telling]
            said = [share for share in shares if share is not NOTHING and share != NOTHING]
            parts.append(f"{reading.source.path} {kinds} {said or ''}".encode(errors="replace"))
            if any(_is_asked(each) for each in reading.documents):
                parts.append(self._content(reading))
        if any(each.kind == "Kustomization" for reading in member.readings for each in reading.documents):
            from kpl.clusters.patches import patching

            parts += map(self._content, patching(member.readings))
        return digest_of(*parts)

    def _content(self, reading: Reading) -> bytes:
        kept = self._cache.files.get(self._cache.key_of(reading.source.path))
        return kept.digest if kept is not None else reading.source.encode(reading.source.text)

    def key(self, reading: Reading) -> bytes | None:
        """What the findings in a file depend on; None where nobody knows."""
        of_clusters = self._keys.get(id(reading))
        kept = self._cache.files.get(self._cache.key_of(reading.source.path))
        kinds = {each.kind for each in reading.documents}
        if of_clusters is None or kept is None or reading.not_written or not kinds <= _KEPT_KINDS | telling_models():
            return None
        return digest_of(kept.digest, of_clusters, self._pods[id(reading)] if kinds & _MEET_PODS else b"")

    def take(self, readings: Sequence[Reading]) -> tuple[list[Located], list[Reading]]:
        """The findings that are known, and the files in which they have to be looked for."""
        known: list[Located] = []
        others = []
        for reading in readings:
            key = self.key(reading)
            kept = self._cache.findings.get(self._cache.key_of(reading.source.path)) if key is not None else None
            if kept is None or kept.key != key:
                others.append(reading)
            else:
                known += (_with_source(each, reading) for each in kept.findings)
        return known, others

    def keep(self, readings: Sequence[Reading], result: Result) -> None:
        """Keep what was found in `readings`, unless something failed: the next run has to tell it again.

        Whether a fix can be made that has edits in other files depends on all words of these: such findings are not kept.
        """
        if troubles.noted():
            return
        of_file: dict[int, list[Located]] = {}
        for finding in result.findings:
            of_file.setdefault(id(finding.source), []).append(finding)
        for reading in readings:
            key = self.key(reading)
            found = of_file.get(id(reading.source), [])
            alone = all(each.source is reading.source for finding in found for each in finding.related)
            if key is not None and alone and reading.source.path not in result.reaching:
                self._cache.keep_findings(
                    reading.source.path, KeptFindings(key, [_without_source(each) for each in found])
                )


def _is_asked(document: Document) -> bool:
    """Whether rules about other documents read this one."""
    asked = document.kind in _ASKED_KINDS or document.kind in NETWORK_MODELS
    return asked or (document.kind != "Workload" and not only_tells(document))


def _is_workload(document: Document) -> bool:
    return document.kind == "Workload"


def _members(readings: Sequence[Reading], settings: Settings) -> Sequence[Member]:
    from kpl.clusters.partition import Member

    return settings.partition.clusters if settings.partition else [Member("", list(readings), settings.facts)]


def _told(settings: Settings) -> bytes:
    """All that the configuration and the command line say."""
    own = [settings, *settings.nested.values()]
    said = [
        (
            [(entry.code, entry.profile) for entry in each.rules],
            each.profile,
            each.select,
            each.extend,
            each.ignore,
            each.severities,
            each.options,
            [(override.paths, override.select, override.ignore, override.severity) for override in each.overrides],
            each.facts,
            each.root,
            each.complete,
        )
        for each in own
    ]
    return repr((said, list(settings.nested))).encode(errors="replace")


def _with_source(finding: Any, reading: Reading) -> Located:
    related = tuple(each._replace(source=reading.source) for each in finding.related)
    located: Located = finding._replace(source=reading.source, related=related)
    return located


def _without_source(finding: Any) -> Any:
    return finding._replace(source=None, related=tuple(each._replace(source=None) for each in finding.related))
