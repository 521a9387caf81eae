"""What is different between two releases of kube-proxy, by their sources and by what their judges say."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from fuzz_kube_proxy import HEAD, Answer, Generator, ask, disagreement, program
from gosource import Sources, changes
from record_kube_proxy import RECORDED

from kpl.proxy.releases import nearest_kube_proxy
from kpl.text.version import Version

sys.path.insert(0, str(Path(__file__).with_name("kube-proxy")))
from gates import listed

MODULES = (("kubernetes", "1"), ("kube-proxy", "0"), ("component-base", "0"))
"""The modules that the configuration is in, and their major version."""
TYPES = {
    "kube-proxy": ("config/v1alpha1",),
    "component-base": ("config/v1alpha1", "logs/api/v1"),
}
PACKAGES = (
    ("validation", "kubernetes", ("pkg/proxy/apis/config/validation",)),
    ("defaults and conversion", "kubernetes", ("pkg/proxy/apis/config/v1alpha1", "pkg/proxy/apis/config/scheme")),
    ("start", "kubernetes", ("cmd/kube-proxy/app",)),
    ("logging", "component-base", ("logs/api/v1",)),
    ("what is programmed", "kubernetes", ("pkg/proxy", "pkg/proxy/iptables", "pkg/proxy/ipvs", "pkg/proxy/nftables", "pkg/proxy/conntrack", "pkg/proxy/util")),
)  # fmt: skip
_STRUCT = re.compile(r"^type (\w+) struct \{(.*?)^\}", re.MULTILINE | re.DOTALL)
_FIELD = re.compile(r'`json:"(\w+)')
_MODES = ("", "iptables", "ipvs", "nftables")


def json_fields(text: str) -> set[str]:
    """The fields of the structs of a file of types: ``KubeProxyConfiguration.mode``."""
    return {f"{name}.{field}" for name, body in _STRUCT.findall(text) for field in _FIELD.findall(body)}


def source_report(old: str, new: str, before: Mapping[str, Path], after: Mapping[str, Path]) -> Iterator[str]:
    """What the sources tell: fields, and the code of defaults, validation and proxiers."""
    yield f"# kube-proxy {old} -> {new}\n\n## Fields"
    fields = [
        {
            field
            for module, folders in TYPES.items()
            for folder in folders
            for field in json_fields((modules[module] / folder / "types.go").read_text(encoding="utf-8"))
        }
        for modules in (before, after)
    ]
    yield f"came: {' '.join(sorted(fields[1] - fields[0])) or 'none'}; went: {' '.join(sorted(fields[0] - fields[1])) or 'none'}"
    for what, module, packages in PACKAGES:
        yield f"\n## Code: {what}"
        sources = [Sources(modules[module], f"k8s.io/{module}") for modules in (before, after)]
        for package in packages:
            declared = [{each.title: each for each in source.package(package)} for source in sources]
            yield from (f"{each}" for each in changes(*declared))


def judge_report(old: str, new: str, count: int, seed: int) -> Iterator[str]:
    """What the judges tell: gates, what a configuration is filled up with, and verdicts."""
    yield "\n## Feature gates (a: alpha, b: beta, d: deprecated, g: GA; + on, - off; ! locked)"
    gates = [listed(program(version))[0] for version in (old, new)]
    for name in sorted({*gates[0], *gates[1]}):
        states = [known.get(name, "none") for known in gates]
        if states[0] != states[1]:
            yield f"{name}: {states[0]} -> {states[1]}"
    yield "\n## Defaults"
    for mode in _MODES:
        written = [set(_filled_up(version, f"{HEAD}mode: '{mode}'\n")) for version in (old, new)]
        yield f"mode '{mode}': {' '.join(sorted(written[0] ^ written[1])) or 'the same'}"
    yield from _verdicts(old, new, count, seed)


def _filled_up(version: str, config: str) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        file, copy = Path(folder, "config"), Path(folder, "copy")
        file.write_text(config, encoding="utf-8")
        subprocess.run([program(version), "--config", file, "--write-config-to", copy], capture_output=True, check=True)
        return copy.read_text(encoding="utf-8").splitlines()


def _verdicts(old: str, new: str, count: int, seed: int) -> Iterator[str]:
    recorded = [case["config"] for case in json.loads(RECORDED.read_text(encoding="utf-8"))]
    generator = Generator(old, str(seed))
    configs = list(dict.fromkeys([*recorded, *(generator.config() for _ in range(count))]))

    def both(config: str) -> list[Answer]:
        return [ask(version, config) for version in (old, new)]

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(both, configs))
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for config, (before, after) in zip(configs, answers, strict=True):
        if before != after:
            found[_kind(before), _kind(after)].append(config)
    differing = [config for each in found.values() for config in each]
    known = nearest_kube_proxy(Version(new)).minor == Version(new).minor
    agrees = (
        f"; kpl agrees with {new} on {sum(disagreement(new, config) is None for config in differing)}" if known else ""
    )
    yield f"\n## What both judges say: {len(configs)} configurations, {len(differing)} answered differently{agrees}"
    for (kind_before, kind_after), cases in sorted(found.items(), key=lambda item: -len(item[1])):
        yield f"{len(cases)}x {kind_before}\n   -> {kind_after}\n   {min(cases, key=len)!r}"


def _kind(answer: Answer) -> str:
    if answer.error is None:
        return "loads, without some fields" if answer.lenient else "loads"
    return re.sub(r"\d+|\B'[^']*'\B|\"[^\"]*\"|`[^`]*`", "_", answer.error)
