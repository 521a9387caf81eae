"""What an object of Kubernetes is called."""

from typing import NamedTuple


class ObjectName(NamedTuple):
    """The ``kind``, the namespace and the name that an object has, each empty where it has none."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"
