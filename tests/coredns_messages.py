"""How CoreDNS words mistakes at a place in a Corefile."""

from __future__ import annotations


def at(line: int, message: str) -> str:
    return f"Corefile:{line} - Error during parsing: {message}"


def wrong_count(word: str) -> str:
    return f"Wrong argument count or unexpected line ending after '{word}'"


def argument(line: int, word: str) -> str:
    return at(line, wrong_count(word))


def brace(line: int) -> str:
    return at(line, "Unexpected token '{', expecting argument")
