"""What kpl does grows with what it reads, and not with the square of it, whatever that is; memory has a bound."""

from __future__ import annotations

import cProfile
import pstats
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from growth import MOST, SMALL, growth
from growth_shapes import Shape, settings_files, shapes
from kpl.cluster import Cluster
from kpl.clusters.known import known_facts
from kpl.clusters.partition import partition
from kpl.facts import Facts
from kpl.fix.fixer import fix_texts
from kpl.inputs.corefile.document import MAX_COREFILE
from kpl.inputs.corefile.parser import MAX_WORDS
from kpl.inputs.objects.kubeproxy import MAX_KUBE_PROXY
from kpl.inputs.registry import is_dump
from kpl.lint.config import load_config
from kpl.lint.engine import lint
from kpl.lint.located import Result
from kpl.lint.registry import entries
from kpl.lint.rule import Bad
from kpl.lint.settings import Settings
from kpl.proxy.dumps import inspection
from kpl.report.screen import render
from kpl.verify.judged import judge
from kpl_rules.dataplane.node_lags_behind import _node
from samples import config_map, indented
from support import facts, held, readings, run

LARGE = 1_100_000
"""In characters: more than Kubernetes keeps in a ConfigMap."""
MOST_MEMORY = 50
"""In bytes for each character of an input."""
MOST_FOR_A_FINDING = 2000
"""In bytes, with its texts, its fix and its places: a file of 1 MB can have 60,000."""
SHAPES = shapes()
ALL = Settings(select=("ALL",))
EXAMPLES = {entry.name: next(each for each in entry.load().examples if isinstance(each, Bad)) for entry in entries()}


def everything(shape: Shape) -> Callable[[str], None]:
    """What all commands do with a file."""

    def work(text: str) -> None:
        files = {shape.path: text}
        read = readings(files)
        for finding in lint(read, ALL).findings:
            render(finding, color=False)
        fix_texts(read, ALL, unsafe=True)
        found = held(shape.path, text.encode())
        list(judge([found], Cluster(found.documents), as_they_are=False))
        known_facts(Cluster([each for each in found.documents if each.model is not None]))
        for document in (each for reading in read for each in reading.documents if is_dump(each)):
            kind = {"Ruleset": "inspect_iptables", "NftRuleset": "inspect_nft", "IpvsDump": "inspect_ipvs"}
            list(getattr(inspection, kind[type(document.model).__name__])(document.model))

    return work


@pytest.mark.parametrize("name", SHAPES)
def test_what_is_done_grows_with_the_input(name: str) -> None:
    shape = SHAPES[name]
    assert growth(everything(shape), shape.make) < MOST


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_rule_grows_with_what_it_finds(name: str) -> None:
    example = EXAMPLES[name]
    path, text = next(iter(example.files.items()))
    separator = "---\n" if path.endswith((".yaml", ".yml")) else ""
    settings = Settings(select=("ALL",), facts=facts(example.facts))

    def make(size: int) -> str:
        return f"{text}{separator}" * max(min(size, 8 * len(text)) // len(text), 1)

    assert growth(lambda repeated: lint(readings({**example.files, path: repeated}), settings), make) < MOST


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("Corefile: arguments", LARGE),
        ("Corefile: hosts entries", LARGE // 20),
        ("Corefile: blocks", LARGE // 20),
        ("KubeProxyConfiguration: unknown fields", LARGE),
        ("YAML: pods", LARGE // 20),
        ("YAML: containers", LARGE // 20),
        ("YAML: flow", LARGE // 20),
        ("JSON: Services and EndpointSlices", LARGE // 20),
        ("d.nft: elements", LARGE // 4),
        ("d.iptables: Services", LARGE),
    ],
)
def test_memory_has_a_bound(name: str, size: int) -> None:
    shape = SHAPES[name]
    text = shape.make(size)
    lint(readings({shape.path: shape.make(SMALL)}), ALL)  # what is loaded once
    tracemalloc.start()
    try:
        found = lint(readings({shape.path: text}), ALL).findings
        assert tracemalloc.get_traced_memory()[1] < MOST_MEMORY * len(text) + MOST_FOR_A_FINDING * len(found)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", settings_files())
def test_settings_grow_with_their_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / ".kpl.yaml"
    documents = readings({"Corefile": SERVER})

    def work(text: str) -> None:
        path.write_text(text)
        lint(documents, load_config(str(path)))

    assert growth(work, settings_files()[name]) < MOST


def _dump(number: int) -> str:
    return _node(*((f"n/s{port}:web", f"10.244.{number % 250}.{port + 1}") for port in range(10)))


def _service(number: int) -> str:
    address = f"10.96.{number // 250}.{number % 250 + 1}"
    return f"apiVersion: v1\nkind: Service\nmetadata: {{name: s{number}}}\nspec: {{clusterIP: {address}, ports: [{{port: 80}}]}}\n"


FLEETS: dict[str, Callable[[int], tuple[str, str]]] = {
    "dumps of other clusters": lambda number: (f"d{number}/n.iptables", _dump(number)),
    "dumps of one cluster": lambda number: (f"n{number}.iptables", _dump(1)),
    "Services in folders": lambda number: (f"s{number}/s.yaml", _service(number)),
    "Corefiles of other clusters": lambda number: (
        f"c{number}/Corefile",
        f"a{number}.example {{\n    kubernetes\n}}\n",
    ),
    "kustomizations": lambda number: (
        f"k{number}/kustomization.yaml",
        f"resources: [../k{number + 1}, ../k{number + 2}]\n",
    ),
}


@pytest.mark.parametrize("name", FLEETS)
def test_what_is_done_to_find_the_clusters_grows_with_the_files(name: str) -> None:
    def work(count: str) -> None:
        read = readings(dict(FLEETS[name](number) for number in range(int(count))))
        partition(read, Facts())

    assert growth(work, str, 100) < MOST


SERVER = ". {\n    import s0\n    cache 30\n    forward . 192.0.2.1\n}\n"


def doubling_snippets(count: int) -> str:
    """Each snippet imports the next one twice: the last one comes up 2 to the power of `count` times."""
    twice = (f"(s{n}) {{\n    import s{n + 1}\n    import s{n + 1}\n}}\n" for n in range(count))
    return "".join(twice) + f"(s{count}) {{\n    log\n}}\n{SERVER}"


def chained_snippets(count: int) -> str:
    """Each snippet imports the next one."""
    chain = (f"(s{n}) {{\n    import s{n + 1}\n}}\n" for n in range(count))
    return "".join(chain) + f"(s{count}) {{\n    log\n}}\n{SERVER}"


def own_snippets(count: int) -> str:
    """Each server block imports a snippet of its own."""
    return "".join(
        f"(s{n}) {{\n    errors\n}}\nz{n}.example {{\n    import s{n}\n    forward . 192.0.2.1\n}}\n"
        for n in range(count)
    )


def cluster_blocks(count: int) -> str:
    """Server blocks with findings of their own."""
    return "".join(
        f"z{n}.example:53 {{\n    health\n    kubernetes cluster.local {{\n        pods insecure\n    }}\n"
        "    forward . 192.0.2.1\n}\n"
        for n in range(count)
    )


def calls(text: str) -> int:
    """How many functions linting `text` with every rule calls."""
    read = readings({"Corefile": text})
    profile = cProfile.Profile()
    profile.runcall(lint, read, Settings(select=("ALL",)))
    return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]


@pytest.mark.parametrize("make", [own_snippets, cluster_blocks, chained_snippets])
def test_twice_the_blocks_are_twice_the_work(make: Callable[[int], str]) -> None:
    calls(make(2))  # what is loaded once
    assert calls(make(120)) < 2.2 * calls(make(60))


def test_snippets_that_import_each_other_twice_come_to_an_end() -> None:
    assert _codes(run({"Corefile": doubling_snippets(40)})) == set()


def test_a_long_chain_of_snippets_is_followed() -> None:
    assert _codes(run({"Corefile": chained_snippets(3000)})) == set()


@pytest.mark.parametrize(
    ("word", "why"),
    [("aaaaaaaa ", "it is larger than 4 MiB"), ("a ", f"it has more than {MAX_WORDS:,} words")],
)
def test_a_corefile_that_is_too_large_is_told_so(word: str, why: str) -> None:
    found = run({"Corefile": ". {\n    log " + word * (MAX_COREFILE // 8) + "\n}\n"})
    assert [(each.code, each.message) for each in found.findings] == [
        ("KPL001", f"this Corefile was not checked: {why}")
    ]


def test_a_corefile_of_many_entries_is_checked() -> None:
    entries = "".join(f"        192.0.2.1 name-{number}.a-zone.example.org\n" for number in range(20_000))
    found = run({"Corefile": f". {{\n    hosts {{\n{entries}    }}\n    forward . 192.0.2.1\n}}\n"})
    assert "KPL201" in _codes(found)


def test_a_configuration_of_kube_proxy_that_is_too_large_is_told_so() -> None:
    text = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n"
    for path, written in (("kp.yaml", text), ("cm.yaml", config_map("|\n" + indented(text, 4), "config.conf"))):
        found = run({path: written + "    a: 1\n" * (MAX_KUBE_PROXY // 4)})
        message = f"this KubeProxyConfiguration was not checked: it is larger than {MAX_KUBE_PROXY:,} characters"
        assert [(each.code, each.message) for each in found.findings] == [("KPL001", message)]


def _codes(result: Result) -> set[str]:
    return {each.code for each in result.findings}
