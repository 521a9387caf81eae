"""Feature gates: which a release of kube-proxy knows, and its messages about the others.

Source: component-base/featuregate/feature_gate.go; the table is what each release itself lists, 1.20 and 1.27 excepted,
whose sources were read. (tests/oracle/kube-proxy/gates.py)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from kpl.proxy.configuration.verdict.errors import aggregate
from kpl.proxy.releases import nearest_kube_proxy
from kpl.text.version import Version

_SEVERAL_SINCE = Version("1.31")
"""Before, the first wrong gate ended it."""


class Gate(NamedTuple):
    """A gate in one release: alpha, beta, deprecated or ga, its default, and whether it can only be set to that."""

    stage: str
    default: bool
    locked: bool


class Gates(NamedTuple):
    """The gates of a release by name, and which gates each gate needs."""

    known: Mapping[str, Gate]
    needs: Mapping[str, tuple[str, ...]]


_STAGES = {"a": "alpha", "b": "beta", "d": "deprecated", "g": "ga"}


@cache
def gates_of(minor: str) -> Gates:
    """The gates of a release such as ``1.37``.

    A gate is written ``20a- 24b+ 27g+! 30``: alpha and off in 1.20, beta and on from 1.24, GA and locked from 1.27,
    gone from 1.30.
    """
    table = _table()
    release = int(minor.partition(".")[2])
    known: dict[str, Gate] = {}
    for name, history in table["gates"].items():
        state = ""
        for entry in history.split():
            if int(entry[:2]) <= release:
                state = entry[2:]
        if state:
            known[name] = Gate(_STAGES[state[0]], state[1] == "+", state.endswith("!"))
    needs = {name: tuple(others) for name, others in table["needs"].get(minor, {}).items()}
    return Gates(known, needs)


@cache
def _table() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((Path(__file__).parent / "gates.json").read_text(encoding="utf-8"))
    return found


class RefusedGate(NamedTuple):
    """A feature gate that a release does not let anybody set, or not to this value.

    `removed` is the release that removed it, if one did. `always` is what the feature is without the gate; None if kpl does
    not know the gate, or if the feature was removed too.
    """

    name: str
    removed: Version | None = None
    always: bool | None = None


def refused_gates(wanted: Mapping[str, bool], kubernetes: Version) -> list[RefusedGate]:
    """The feature gates among `wanted` with which kube-proxy of this release does not start."""
    kubernetes = nearest_kube_proxy(kubernetes)
    known = gates_of(kubernetes.minor).known
    found = []
    for name, value in wanted.items():
        gate = known.get(name)
        if gate is None:
            found.append(_past(name, kubernetes))
        elif gate.locked and gate.default != value:
            found.append(RefusedGate(name, None, gate.default))
    return found


def _past(name: str, kubernetes: Version) -> RefusedGate:
    """What became of a gate that this release does not have."""
    removed, state, last = None, "", ""
    for entry in _table()["gates"].get(name, "").split():
        release = Version(f"1.{int(entry[:2])}")
        if release > kubernetes:
            break
        removed, last = (None, entry[2:]) if entry[2:] else (release, last)
        state = last
    constant = removed is not None and (state[:1] == "g" or state.endswith("!"))
    return RefusedGate(name, removed, state[1:2] == "+" if constant else None)


class Switches:
    """The gates of a release after a configuration has set some of them."""

    def __init__(self, minor: str) -> None:
        self._gates = gates_of(minor)
        self._enabled: dict[str, bool] = {}

    def enabled(self, name: str) -> bool:
        """featureGate.Enabled; a gate that this release does not know is off."""
        gate = self._gates.known.get(name)
        return self._enabled.get(name, gate is not None and gate.default)

    def set(self, wanted: Mapping[str, bool], kubernetes: Version) -> str:
        """featureGate.SetFromMap: its error, or nothing.

        Go goes through the map in no order. Where several gates are wrong, the message is one of those it may give:
        all of them, and of unknown ones the first.
        """
        known = self._gates.known
        problems: list[str] = []
        for name in sorted(wanted):
            value = wanted[name]
            gate = known.get(name)
            if gate is None:
                problems.append(f"unrecognized feature gate: {name}")
                break
            if gate.locked and gate.default != value:
                default = str(gate.default).lower()
                problems.append(
                    f"cannot set feature gate {name} to {str(value).lower()}, feature is locked to {default}"
                )
            elif name in ("AllAlpha", "AllBeta"):
                self._set_all(name[3:].lower(), value, wanted)
            self._enabled[name] = value
        if problems:
            return aggregate(problems) if kubernetes >= _SEVERAL_SINCE else problems[0]
        return aggregate(self._unmet())

    def _set_all(self, stage: str, value: bool, wanted: Mapping[str, bool]) -> None:
        for name, gate in self._gates.known.items():
            if gate.stage == stage and name not in wanted and name not in ("AllAlpha", "AllBeta"):
                self._enabled[name] = value

    def _unmet(self) -> list[str]:
        problems: list[str] = []
        for name, needed in self._gates.needs.items():
            missing = [other for other in needed if not self.enabled(other)]
            if missing and self.enabled(name):
                shown = " ".join(missing)
                problems.append(f"{name} is enabled, but depends on features that are disabled: [{shown}]")
        return problems
