"""Interfaces of a node that no pod of Kubernetes is behind."""

from __future__ import annotations

from kpl.text import late

_BRIDGES = late.pattern(r"docker0|docker_gwbridge|br-[0-9a-f]{12}|virbr\d+|lxdbr\d+|lxcbr\d+|lo")


def is_bridge_of_others(interface: str) -> bool:
    """Whether an interface is a bridge of Docker, libvirt or LXD, or the loopback interface."""
    return _BRIDGES.fullmatch(interface) is not None
