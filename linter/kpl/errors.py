"""The one exception that ends a run."""

from __future__ import annotations


class UsageError(Exception):
    """Wrong arguments or a wrong configuration; its text is the whole message, the exit code is 2."""
