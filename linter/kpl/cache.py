"""What was found out about the files of a repository, kept for the next run.

The cache lies in the repository, whose files nobody trusts: it is only read if it carries a code that takes a secret of the
user's to make, which is kept outside. What is damaged, or of another kpl, counts as not there, and of two runs at once the last
one's is kept.
"""

from __future__ import annotations

import hmac
import os
import pickle
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, NamedTuple

from kpl.inputs.coverage import Skipped
from kpl.inputs.discover import Found, Signature, signature_of
from kpl.shares.sent import SentReading

_FILE = "results"
_SECRET_SIZE = 32
_SETTLED_NS = 2_000_000_000
"""A file that was written less than this before it was read may be written again in the same tick of its clock."""


class KeptFile(NamedTuple):
    """What was read in a file with these bytes; `signature` is None where only the bytes tell that it is the same."""

    signature: Signature | None
    digest: bytes
    entry: SentReading | Skipped


class KeptFindings(NamedTuple):
    """What was found in a file; whoever has the same `key` finds the same."""

    key: bytes
    findings: list[Any]


@dataclass(eq=False)
class Cache:
    """The tables of a cache folder: files and findings by absolute path."""

    folder: str
    secret: bytes
    version: str
    files: dict[str, KeptFile] = field(default_factory=dict)
    findings: dict[str, KeptFindings] = field(default_factory=dict)
    changed: bool = False
    _started_ns: int = field(default_factory=time.time_ns)
    _cwd: str = field(default_factory=os.getcwd)
    _keys: dict[str, str] = field(default_factory=dict)

    def load(self) -> None:
        """Read what an earlier run left, if it is sound."""
        try:
            with open(os.path.join(self.folder, _FILE), "rb") as file:
                data = file.read()
            code, body = data[:_SECRET_SIZE], data[_SECRET_SIZE:]
            if hmac.compare_digest(code, self._code(body)):
                self.files, self.findings = pickle.loads(body)  # which a kpl of this user wrote
        except Exception:  # whatever is wrong with a cache, the run does without
            self.files, self.findings = {}, {}

    def save(self) -> None:
        """Write the tables, all of them or nothing; a folder that cannot be written is left alone."""
        if not self.changed:
            return
        body = pickle.dumps((self.files, self.findings), protocol=pickle.HIGHEST_PROTOCOL)
        try:
            os.makedirs(self.folder, exist_ok=True)
            _write(os.path.join(self.folder, ".gitignore"), b"*\n")
            _write(os.path.join(self.folder, _FILE), self._code(body) + body)
        except OSError:
            return

    def _code(self, body: bytes) -> bytes:
        return blake2b(body, key=self.secret, person=b"kpl cache", salt=_salt(self.version), digest_size=32).digest()

    def key_of(self, path: str) -> str:
        """How a path is called in the tables."""
        key = self._keys.get(path)
        if key is None:
            key = path if os.path.isabs(path) else os.path.normpath(f"{self._cwd}{os.sep}{path}")
            self._keys[path] = key
        return key

    def knows(self, path: str) -> bool:
        """Whether something is kept of a file, as it was at some time."""
        return self.key_of(path) in self.files

    def file(self, found: Found) -> KeptFile | None:
        """What is kept of a file that is as it was."""
        key = self.key_of(found.path)
        kept = self.files.get(key)
        if kept is None:
            return None
        try:
            signature = found.signature or signature_of(os.stat(found.path))
            if kept.signature == signature:
                return kept
            with open(found.path, "rb") as file:
                data = file.read(signature[0] + 1)
        except OSError:
            return None
        if digest_of(data) != kept.digest:
            return None
        self.changed = True
        self.files[key] = kept = kept._replace(signature=self._settled(signature))
        return kept

    def keep_file(self, path: str, digest: bytes, entry: SentReading | Skipped) -> None:
        """Keep what was read in a file."""
        try:
            signature = self._settled(signature_of(os.stat(path)))
        except OSError:
            return
        self.changed = True
        self.files[self.key_of(path)] = KeptFile(signature, digest, entry)

    def _settled(self, signature: Signature) -> Signature | None:
        return signature if max(signature[1:3]) < self._started_ns - _SETTLED_NS else None

    def keep_findings(self, path: str, kept: KeptFindings) -> None:
        """Keep what was found in a file."""
        self.changed = True
        self.findings[self.key_of(path)] = kept

    def part(self, paths: Iterable[str]) -> tuple[dict[str, KeptFile], dict[str, KeptFindings]]:
        """What the tables have of some files."""
        keys = [self.key_of(path) for path in paths]
        return (
            {key: self.files[key] for key in keys if key in self.files},
            {key: self.findings[key] for key in keys if key in self.findings},
        )

    def add(self, files: dict[str, KeptFile], findings: dict[str, KeptFindings]) -> None:
        """Add what another process found out."""
        self.changed = True
        self.files |= files
        self.findings |= findings


def digest_of(*parts: bytes) -> bytes:
    """A digest of some bytes, each part by itself."""
    made = blake2b(digest_size=16)
    for part in parts:
        made.update(len(part).to_bytes(8, "little") if len(parts) > 1 else b"")
        made.update(part)
    return made.digest()


def secret_in(folder: str) -> bytes | None:
    """The secret kept in `folder`, made when there is none; None where that cannot be."""
    path = os.path.join(folder, "key")
    try:
        with open(path, "rb") as file:
            secret = file.read(_SECRET_SIZE + 1)
        return secret if len(secret) == _SECRET_SIZE else None
    except FileNotFoundError:
        pass
    except OSError:
        return None
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        _write(path, os.urandom(_SECRET_SIZE))
        with open(path, "rb") as file:  # another run may have been quicker
            return file.read(_SECRET_SIZE)
    except OSError:
        return None


def _salt(version: str) -> bytes:
    return blake2b(version.encode(), digest_size=16).digest()


def _write(path: str, data: bytes) -> None:
    descriptor, scratch = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".writing-")  # readable by its owner alone
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        os.replace(scratch, path)
    except BaseException:
        os.unlink(scratch)
        raise
