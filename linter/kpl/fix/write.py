"""Writes a file so that at no moment anybody sees half of it."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile

from kpl.errors import UsageError


def replace_file(path: str, old: bytes, new: bytes) -> None:
    """Put `new` into the file that holds `old`: a temporary file beside it, fsync, rename; mode and owner are kept.

    A symbolic link stays one: its target is replaced. Raises UsageError when the file holds something else by now, or
    cannot be written.
    """
    target = os.path.realpath(path)
    try:
        with open(target, "rb") as file:
            if file.read() != old:
                raise UsageError(f"{path}: changed while kpl was running, nothing was written")
        status = os.stat(target)
        descriptor, temporary = tempfile.mkstemp(prefix=".kpl-", dir=os.path.dirname(target))
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(new)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(temporary, stat.S_IMODE(status.st_mode))
            if hasattr(os, "chown"):
                with contextlib.suppress(OSError):
                    os.chown(temporary, status.st_uid, status.st_gid)
            os.replace(temporary, target)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
