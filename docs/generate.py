"""Writes what is generated in the documentation: docs/rules.md, a page a rule below it, docs/plugins.md, docs/inputs.md,
and the transcripts in README.md.

``python docs/generate.py`` writes; a test compares.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

import faces
import inputs

ROOT = Path(__file__).parents[1]
TRANSCRIPT = re.compile(r"(<!-- transcript: (.+?) -->\n```console\n)(.*?)(```\n<!-- end -->)", re.DOTALL)

INPUTS = {
    "Corefile": ("Corefile", "CustomKey", "ServerBlock", "Directive"),
    "Pods and workloads": ("Workload",),
    "resolv.conf": ("ResolvConf",),
    "KubeProxyConfiguration": ("KubeProxyConfig",),
    "Values of the CoreDNS chart": ("CorednsChart",),
    "The ConfigMap kube-dns": ("KubeDnsConfig",),
    "Options of the JVM": ("JvmOptions",),
    "Services": ("Service", "ServiceCidr"),
    "Ingresses and routes": ("Route",),
    "Nodes": ("NodeObject",),
    "Installers of clusters": ("ClusterSettings", "KubeadmCluster", "KubeadmNode"),
    "Network plug-ins and MetalLB": ("CalicoSettings", "CiliumSettings", "FlannelSettings", "MetallbSettings"),
    "NetworkPolicies": ("NetworkPolicy",),
    "KubeletConfiguration": ("KubeletConfig",),
    "Roles": ("AccessRole",),
    "Budgets, autoscalers and monitors": ("DisruptionBudget", "Autoscaler", "Monitor", "MetricRules"),
    "iptables-save": ("Ruleset", "Dump"),
    "nft list ruleset": ("NftRuleset", "Dump"),
    "ipvsadm": ("IpvsDump", "Dump"),
    "ipvsadm -Lnc": ("IpvsConnections",),
    "ipset": ("IpsetDump",),
    "conntrack": ("ConntrackDump",),
    "iptables -L": ("Listing",),
    "any file": ("ParseFailure", "Suppression"),
}
"""The inputs, with the types of what a rule about one sees or needs."""


def rule_pages() -> dict[str, str]:
    """The name of each file in docs/rules, and its text: what ``kpl explain --all`` shows."""
    from kpl.lint.explain import page
    from kpl.lint.registry import entries

    return {f"{entry.code}.md": page(entry.load(), everything=True) + "\n" for entry in entries()}


def rules_page() -> str:
    """docs/rules.md: the index of the pages by symptom, by stop and by input."""
    from kpl.lint.registry import RuleEntry, entries
    from kpl.lint.rule import SYMPTOMS, Stop

    rules = {entry: entry.load() for entry in entries()}

    def links(chosen: Collection[RuleEntry], separator: str, names: bool) -> str:
        shown = (f"[{each.code}](rules/{each.code}.md){f' {each.name}' if names else ''}" for each in chosen)
        return separator.join(shown)

    lines = [
        "# Rules",
        "",
        "docs/generate.py writes this page and the pages that it links to. `kpl explain RULE` prints the page of a rule.",
        "kpl runs the rules of the profile `default`. [README.md](../README.md#configure) describes the other profiles.",
        "Find a rule [by symptom](#by-symptom), [by stop](#by-stop) of a packet's journey, or [by input](#by-input).",
        "",
        "## By symptom",
        "",
        "| symptom | rules that explain it |",
        "|---|---|",
    ]
    for word, symptom in SYMPTOMS.items():
        explaining = [entry for entry, rule in rules.items() if word in rule.symptoms]
        lines.append(f"| {symptom} | {links(explaining, '<br>', True)} |")
    lines += ["", "## By stop"]
    for stop in Stop:
        title = stop.value if stop is Stop.PROXY else stop.value[0].upper() + stop.value[1:]
        lines += ["", f"### {title}", "", "| rule | name | severity | profile | summary |", "|---|---|---|---|---|"]
        for entry, rule in rules.items():
            if rule.stop is stop:
                facts = f"{entry.name} | {entry.severity} | {entry.profile} | {entry.summary}"
                lines.append(f"| {links([entry], '', False)} | {facts} |")
    lines += ["", "## By input", "", "| input | rules |", "|---|---|"]
    for title, types in INPUTS.items():
        seeing = [entry for entry in rules if not set(types).isdisjoint(_types(entry.sees, entry.needs))]
        lines.append(f"| {title} | {links(seeing, ', ', False)} |")
    return "\n".join(lines) + "\n"


def _types(sees: str, needs: str) -> list[str]:
    """The types of what a rule looks at; what it needs says more than that it sees documents of any type."""
    needed = needs.replace("|", " ").split()
    return needed if needed and sees in ("Document", "Cluster") else [sees, *needed]


def transcript(command: str) -> str:
    """What `command` prints in the root of the project, behind a prompt."""
    words = command.split()
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", **_path()},
    )
    return f"$ {command}\n{done.stdout}"


def _path() -> dict[str, str]:
    return {"PYTHONPATH": os.pathsep.join(each for each in sys.path if each)}


def readme(text: str) -> str:
    """README.md with its transcripts made again."""
    return TRANSCRIPT.sub(lambda found: found[1] + transcript(found[2]) + found[4], text)


def main() -> None:
    """Write the files, and remove the pages of rules that are gone."""
    pages = ROOT / "docs" / "rules"
    pages.mkdir(exist_ok=True)
    written = rule_pages()
    for path in pages.iterdir():
        if path.name not in written:
            path.unlink()
    for name, text in written.items():
        (pages / name).write_text(text, encoding="utf-8")
    (ROOT / "docs" / "rules.md").write_text(rules_page(), encoding="utf-8")
    faces.write()
    inputs.PAGE.write_text(inputs.page(), encoding="utf-8")
    path = ROOT / "README.md"
    path.write_text(readme(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
