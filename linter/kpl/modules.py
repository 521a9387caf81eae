"""Classes that are found where they lie: in the modules of a package, or in the index of it that a wheel has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from typing import Any, TypeVar

Class = TypeVar("Class")


def index_of(package: str) -> list[Any] | None:
    """What the index of `package` lists, written when the wheel was built; None in a checkout, which has none."""
    try:
        return list(import_module(f"{package}._index").ENTRIES)
    except ModuleNotFoundError:
        return None


def path_of(package: str) -> Iterable[str]:
    """The folders that the modules of `package` are in."""
    return import_module(package).__path__


def modules_below(package: str, path: Callable[[str], Iterable[str]] = path_of) -> Iterator[str]:
    """The names of the modules of `package` and of the packages in it, but for those that start with an underscore."""
    import pkgutil

    for module in pkgutil.iter_modules(path(package), f"{package}."):
        if module.ispkg:
            yield from modules_below(module.name, path)
        elif not module.name.rpartition(".")[2].startswith("_"):
            yield module.name


def classes_in(module: object, base: type[Class]) -> list[type[Class]]:
    """The subclasses of `base` that `module` defines, in the order in which they stand there."""
    name = getattr(module, "__name__", "")
    return [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, base) and value.__module__ == name
    ]
