"""Compares kpl with the real kube-proxy on generated configurations and prints every disagreement, minimised.

    python tests/oracle/fuzz_kube_proxy.py --version 1.37.2 --count 2000 --seed 1

Fields get values good and bad, YAML and JSON texts are mutated. Needs what `make oracle-kube-proxy` builds; 40 ms a case.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from kpl.proxy.configuration.fields import PROXY_FIELDS
from kpl.proxy.configuration.verdict import dropped_fields, judge_kube_proxy
from kpl.proxy.configuration.verdict.schema import GoType, configuration_type
from kpl.text.version import Version

RELEASES = Path(__file__).with_name("kube-proxy").joinpath("releases").read_text(encoding="utf-8").split()
"""What can be built, oldest first, pre-releases included."""
NEWEST = next(release for release in reversed(RELEASES) if "-" not in release)
HEAD = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n"
VALUES = (
    "0 1 -1 14 31 32 4 7 100 1000 1001 -998 -1001 2147483647 2147483648 4294967295 4294967296 1e3 1.5 0x10 010 0o10 1_000 1e400 "
    '99999999999999999999 .inf .nan 0s 1s 30s -1s 5m 24h 1h30m 500ms 1.5h 1d 1M 10us 2562047h47m16.854775807s "0" "30" \'\' ~ null '
    "true false yes no on off y n True tRUE iptables ipvs nftables userspace kernelspace IPTables '\"\"' text json klog "
    "0.0.0.0 127.0.0.1 :: '::' '[::]' '[::]:10249' ::1 0.0.0.0:10256 127.0.0.01 1.2.3.4:0 1.2.3.4:65536 :80 1.2.3.4:http '::ffff:1.2.3.4' "
    "10.0.0.0/8 10.0.0.0/33 fd00::/8 10.0.0.0/8,fd00::/8 10.0.0.0/8,10.1.0.0/16 010.0.0.0/08 a,b,c primary localhost all "
    "ClusterCIDR NodeCIDR BridgeInterface InterfaceNamePrefix clustercidr eth0 veth rr wrr mh 1.36 1.32 1.19 1.22 8000-9000 9000-8000 80+5 "
    "[] {} [primary] [primary,10.0.0.0/8] [10.0.0.0/8,fd00::/8] [all,all] [''] [~] [1] [a] {a: 1} {NoSuchGate: true} {AllAlpha: false} "
    "{AllBeta: false} {NFTablesProxyMode: false} {NFTablesProxyMode: true} {KubeProxyIPVS: false} {LoggingAlphaOptions: true} "
    "{LoggingBetaOptions: false} {ContextualLogging: ~} {IPv6DualStack: true} {EndpointSlice: false} {AllAlpha: yes,AllBeta: 'no'} "
    "1Ki 1k 1.5Ki 2e3 1n -1 1e20 16Ei 18446744073709551616 0.0 + . 1KiB [{filePattern: a,verbosity: 1}] [{filePattern: 'a=b'}] "
    "[{filePattern: '',verbosity: 4294967295}] &a *a !!str 1 !!int '5' <none> \"a\\tb\" 'é' \"\\u0000\" \"\\ud83d\""
).split(" ")
FITTING = {
    "duration": "0s 1s 30s -1s 5m 24h 500ms -1ns 1.5h 2562047h47m16.854775807s -2562047h47m16.854775808s '0' 1us 61m1.000001s".split(),
    "log duration": "0s 5s -1s 5 0 -5 9223372036854775807 ~ 1ns".split(),
    "int32": "0 1 -1 14 31 32 1000 1001 -1000 -1001 2147483647 -2147483648 ~ 1e3 0x1f".split(),
    "uint32": "0 1 2147483647 2147483648 4294967295 ~".split(),
    "float32": "0 1.5 -1 1e30 3.4028235e38 3.5e38 ~ 16777217".split(),
    "bool": "true false yes off ~".split(),
    "quantity": "0 1 1Ki 1n -1 1e20 16Ei '18446744073709551616' 0.0 + . 1KiB ~ 1e19 9223372036854775808 1.5Ki '0e5' -0 1e64 '1e-30'".split(),
    "list": [value for value in VALUES if value.startswith("[")],
    "map": [value for value in VALUES if value.startswith("{")],
    "struct": ["{}", "~"],
    "string": [
        value
        for value in VALUES
        if not re.match(r"[\[{~&*!0-9.-]|null|true|false|yes|no|on|off|[yn]$|True|<none", value)
    ]
    + [f"'{value}'" for value in VALUES if re.match("[0-9]", value)],
}
"""Values by the kind of the field."""
PIECES = (
    "\n|  |: |:|- |? |#| #|\t|{|}|[|]|,|\"|'|&a |*a|!!str |!!int |!t |\\|>|<<: *a|---\n|...\n|%YAML 1.1\n|~|null|yes|0x1|1e3|.inf|\r\n|\r|"
    "\x85|\u2028|\ufeff|é|\x00|\x7f|%|@|`|a: b\n|mode: ipvs\n|kind: X\n|Kind: KubeProxyConfiguration\n|apiversion: v1\n|unknown: 1\n|\\u12|\\x|1|-"
).split("|")
DEEPER = ("logging.options.text.splitStream logging.options.text.infoBufferSize logging.options.json.infoBufferSize logging.vmodule "
          "logging.options.json.splitStream logging.options.json logging.options nope conntrack.nope Mode featureGates.AllAlpha").split()  # fmt: skip


class Answer(NamedTuple):
    """What kube-proxy said: None when it loads, else its message; and whether it dropped fields."""

    error: str | None
    lenient: bool


def program(version: str) -> Path:
    """Where `make oracle-kube-proxy` puts the binary of a release."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(os.environ.get("ORACLE_DIR") or f"{cache}/kpl-oracle") / f"kube-proxy-{version}"


def ask(version: str, config: str) -> Answer:
    """What the release says of a file that holds `config`."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "config")
        file.write_bytes(config.encode("utf-8", "surrogateescape"))
        command = [str(program(version)), "--config", str(file), "--write-config-to", f"{file}.out"]
        try:
            done = subprocess.run(command, capture_output=True, check=False, timeout=60)
        except subprocess.TimeoutExpired:
            return Answer("no answer within 60 s", False)
    output = (done.stderr + done.stdout).decode("utf-8", "replace")
    lenient = "sing lenient decoding as strict decoding failed" in output
    return Answer(None if done.returncode == 0 else _message(output), lenient)


def _message(output: str) -> str:
    panic = re.search(r"^panic: .*", output, re.MULTILINE)
    if panic:
        return panic.group()
    fatal = re.search(r"^F\d.*?\] (failed .*?)\n(?=goroutine )", output, re.MULTILINE | re.DOTALL)
    quoted = re.search(r'"command failed" err=("(?:[^"\\]|\\.)*")', output)
    lines = re.search(r'"command failed" err=<\n\t(.*?)\n >', output, re.DOTALL)
    logged = re.search(r'^\{.*"msg":"command failed".*\}$', output, re.MULTILINE)
    if fatal:
        message = fatal[1]
    elif quoted:
        message = ast.literal_eval(quoted[1])
    elif lines:
        message = lines[1].replace("\n\t", "\n")
    elif logged:
        message = json.loads(logged.group())["err"]
    else:
        return output
    return re.sub(r"^(?:failed complete: (?:failed decode: )?|failed validate: |initialize logging: )", "", message)


def disagreement(version: str, config: str) -> str | None:
    """How kpl and kube-proxy differ on a configuration; None where they do not."""
    release = Version(version)
    said = ask(version, config)
    verdict = judge_kube_proxy(config, release)
    if verdict.answer == "depends":
        return None
    if (verdict.answer == "loads") != (said.error is None):
        return f"kube-proxy: {said.error or 'loads'}\n       kpl: {verdict.message or verdict.answer}"
    if said.error is None:
        dropped = [each.message for each in dropped_fields(config, release)]
        return None if bool(dropped) == said.lenient else f"kube-proxy: lenient {said.lenient}, kpl: {dropped}"
    if verdict.message is not None and _parts(verdict.message) != _parts(said.error):
        return f"kube-proxy: {said.error}\n       kpl: {verdict.message}"
    return None


def _parts(message: str) -> list[str]:
    """A message whose parts may come in any order, as Go's maps have none."""
    shown = message.strip()
    return sorted(shown.strip("[]").split(", ")) if "depends on features" in shown else [shown]


class Generator:
    """Makes configurations."""

    def __init__(self, version: str, seed: str) -> None:
        self.random = random.Random(f"{version} {seed}")
        self.type = configuration_type(Version(version))
        self.paths = [f"{section}.{name}".lstrip(".") for section, names in PROXY_FIELDS.items() for name in names]
        self.paths = [path for path in self.paths if path not in ("apiVersion", "kind", *PROXY_FIELDS)] + DEEPER * 2

    def config(self) -> str:
        """One configuration."""
        tree: dict[str, object] = {}
        for _ in range(self.random.choice((1, 1, 2, 3, 5))):
            node = tree
            *sections, name = self.random.choice(self.paths).split(".")
            for section in sections:
                inner = node.setdefault(section, {})
                node = inner if isinstance(inner, dict) else node
            node[name] = self.random.choice(self._values([*sections, name]))
        style = self.random.random()
        if style < 0.15:
            meta: dict[str, object] = {}
            for line in HEAD.splitlines():
                key, _, value = line.partition(": ")
                meta[key] = value
            text = json.dumps(_jsonlike({**meta, **tree}))
        else:
            text = HEAD + "".join(_lines(tree, ""))
        for _ in range(self.random.choice((0, 0, 0, 1, 1, 2, 4))):
            text = self._mutated(text)
        return text

    def _values(self, path: list[str]) -> list[str]:
        type_: GoType | None = self.type
        for name in path:
            type_ = type_.fields.get(name) if type_ is not None else None
        return FITTING[type_.kind] if type_ is not None and self.random.random() < 0.8 else VALUES

    def _mutated(self, text: str) -> str:
        at = self.random.randrange(len(text) + 1)
        until = at + self.random.choice((0, 0, 0, 1, 2, 8))
        return text[:at] + self.random.choice([*PIECES, ""]) + text[until:]


def _lines(tree: dict[str, object], indent: str) -> list[str]:
    lines = []
    for name, value in tree.items():
        if isinstance(value, dict):
            lines += [f"{indent}{name}:\n", *_lines(value, indent + "  ")]
        else:
            lines.append(f"{indent}{name}: {value}\n")
    return lines


def _jsonlike(value: object) -> object:
    if isinstance(value, dict):
        return {name: _jsonlike(inner) for name, inner in value.items()}
    try:
        return json.loads(str(value))
    except ValueError:
        return value


def minimise(text: str, fails: Callable[[str], bool]) -> str:
    """A smaller text that still fails: without lines, then without characters."""
    for keep_ends, smallest in ((True, 1), (False, 4)):
        parts = text.splitlines(keepends=True) if keep_ends else list(text)
        size = max(len(parts) // 2, 1)
        while size >= smallest:
            at = 0
            while at < len(parts):
                shorter = parts[:at] + parts[at + size :]
                if fails("".join(shorter)):
                    parts = shorter
                else:
                    at += size
            size //= 2
        text = "".join(parts)
    return text


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--version", default=NEWEST)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    generator = Generator(options.version, options.seed)
    configs = [generator.config() for _ in range(options.count)]
    with ThreadPoolExecutor(options.jobs) as pool:
        found = list(pool.map(lambda config: disagreement(options.version, config), configs))
    wrong = [config for config, difference in zip(configs, found, strict=True) if difference is not None]
    for config in wrong:
        small = minimise(config, lambda text: disagreement(options.version, text) is not None)
        print(f"{small!r}\n{disagreement(options.version, small)}\n")
    print(f"{options.version}: {len(configs) - len(wrong)} of {len(configs)} agree")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
