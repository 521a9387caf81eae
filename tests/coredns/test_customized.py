"""The ConfigMap `coredns-custom` beside the Corefile that imports it: one Corefile, where there is one of each."""

from __future__ import annotations

from typing import Any

import pytest

from kpl.cluster import Cluster
from kpl.inputs.document import Document
from kpl.verdict import Need
from samples import indented
from support import readings, run, underlined

BLOCK = """\
.:53 {
    errors
    kubernetes cluster.local in-addr.arpa ip6.arpa
    forward . 10.9.9.9
    cache 30
    loop
    ready
    import custom/*.override
}
import custom/*.server
"""


def config_map(name: str, namespace: str = "kube-system", **keys: str) -> str:
    where = f"  namespace: {namespace}\n" if namespace else ""
    data = "".join(f"  {key.replace('_', '.')}: |\n{indented(text, 4)}" for key, text in keys.items())
    return f"kind: ConfigMap\nmetadata:\n  name: {name}\n{where}data:\n{data}"


def cluster(**files: str) -> Cluster:
    found = readings({f"{name}.yaml": text for name, text in files.items()})
    return Cluster([document for reading in found for document in reading.documents])


def home(of: Cluster) -> Document:
    return next(each for each in of.documents if each.key == "Corefile")


def refused(**keys: str) -> tuple[str | None, str]:
    """The message, and the text that it is about."""
    of = cluster(a=config_map("coredns", Corefile=BLOCK), b=config_map("coredns-custom", **keys))
    verdict = of.judgement(home(of)).verdict
    assert of.customized is not None
    key = of.customized.imported(verdict)
    assert key is not None
    assert verdict.imported is not None
    assert verdict.span is not None
    assert home(of).embedding.text[slice(*verdict.span)].startswith("custom/")
    return verdict.message, key.embedding.text[slice(*verdict.imported.span)]


def test_an_override_that_repeats_a_plugin_is_refused_where_it_is_written() -> None:
    message = "plugin/cache: this plugin can only be used once per Server Block"
    assert refused(more_override="log\ncache 60\n") == (message, "cache")


def test_a_server_block_that_repeats_a_zone_is_refused_where_it_is_written() -> None:
    message, text = refused(x_server="example.org {\n    whoami\n}\n.:53 {\n    forward . 10.1.1.1\n}\n")
    assert (message, text) == ("cannot serve dns://.:53 - it is already defined", ".:53")


def test_a_repeated_snippet_is_refused_where_it_is_written() -> None:
    snippet = "(common) {\n    log\n}\n"
    message, _ = refused(a_server=snippet, b_server=snippet + "example.org {\n    whoami\n}\n")
    assert message is not None
    assert message.endswith("Error during parsing: redeclaration of previously declared snippet common")


@pytest.mark.parametrize("folder", ["custom/", "/etc/coredns/custom/"])
def test_what_goes_together_loads(folder: str) -> None:
    of = cluster(
        a=config_map("coredns", Corefile=BLOCK.replace("custom/", folder)),
        b=config_map(
            "coredns-custom", x_override="log\n", x_server="example.org {\n    whoami\n}\n", notes="cache 60\n"
        ),
    )
    assert of.judgement(home(of)).verdict.answer == "loads"


CACHE = config_map("coredns-custom", x_override="cache 60\n")
COREFILE = config_map("coredns", Corefile=BLOCK)
APART: dict[str, dict[str, str]] = {
    "no coredns-custom": {},
    "two of them": {"b": CACHE, "c": config_map("coredns-custom", y_override="log\n")},
    "two Corefiles": {"b": CACHE, "c": config_map("coredns-of-the-other-cluster", Corefile=BLOCK)},
    "another namespace": {"b": config_map("coredns-custom", "dns", x_override="cache 60\n")},
    "another name": {"b": CACHE.replace("coredns-custom", "coredns-extra")},
}


@pytest.mark.parametrize("name", APART)
def test_nothing_is_joined_where_it_is_not_certain_and_the_verdict_depends(name: str) -> None:
    of = cluster(a=COREFILE, **APART[name])
    assert of.customized is None
    verdict = of.judgement(home(of)).verdict
    assert verdict.answer == "depends"
    assert verdict.needs == (Need("file", "custom/*.override"), Need("file", "custom/*.server"))


def test_the_cache_on_the_node_has_a_folder_of_its_own() -> None:
    node = config_map(
        "node-local-dns", Corefile="cluster.local {\n    bind 169.254.20.10\n    import custom/*.override\n}\n"
    )
    of = cluster(a=node, b=CACHE)
    assert of.customized is None


def test_a_missing_namespace_is_that_of_the_other() -> None:
    of = cluster(a=config_map("coredns", "", Corefile=BLOCK), b=CACHE)
    assert of.judgement(home(of)).verdict.answer == "refuses"


def test_the_line_in_the_corefile_is_told_where_that_comes_second() -> None:
    text = BLOCK.replace("    import custom/*.override\n", "").replace("    errors\n", "    import custom/*.override\n")
    found = run({"a.yaml": config_map("coredns", Corefile=text), "b.yaml": CACHE}, ("KPL010",)).findings
    assert [(each.path, underlined(each), each.related) for each in found] == [("a.yaml", "cache", ())]


def test_lint_tells_it_at_the_key_with_the_import() -> None:
    (finding,) = run({"a.yaml": COREFILE, "b.yaml": CACHE}, ("KPL010",)).findings
    assert (finding.path, underlined(finding)) == ("b.yaml", "cache")
    assert "only be used once" in finding.message
    (related,) = finding.related
    assert (related.source.path, related.source.text[slice(*related.span)]) == ("a.yaml", "custom/*.override")


@pytest.mark.parametrize("old", ["cache 30", "cache 60"])
def test_a_template_is_not_judged(old: str) -> None:
    files = {"a.yaml": COREFILE, "b.yaml": CACHE}
    files = {name: text.replace(old, old + "\n        log . {{ format }}") for name, text in files.items()}
    assert run(files, ("KPL010",)).findings == []


def test_a_key_that_is_refused_alone_is_told_once() -> None:
    custom = config_map("coredns-custom", x_override="cache 0\n")
    (finding,) = run({"a.yaml": COREFILE.replace("    cache 30\n", ""), "b.yaml": custom}, ("KPL010",)).findings
    assert (finding.path, underlined(finding)) == ("b.yaml", "0")


def test_a_removed_option_is_told_by_the_rule_about_it() -> None:
    custom = config_map("coredns-custom", x_server="lan {\n    kubernetes {\n        upstream\n    }\n}\n")
    findings = run({"a.yaml": COREFILE, "b.yaml": custom}, ("KPL010", "KPL204")).findings
    assert [(each.code, each.path, underlined(each)) for each in findings] == [("KPL204", "b.yaml", "upstream")]


def test_the_verdict_follows_the_other_config_map() -> None:
    def custom(text: str) -> Any:
        return cluster(b=config_map("coredns-custom", x_override=text)).documents

    (corefile,) = cluster(a=COREFILE).documents
    for text, answer in (("cache 60\n", "refuses"), ("log\n", "loads"), ("cache 60\n", "refuses")):
        assert Cluster([corefile, *custom(text)]).lenient(corefile).judgement.verdict.answer == answer


MOUNT = """\
kind: Deployment
metadata: {name: coredns, namespace: kube-system}
spec:
  template:
    spec:
      containers:
      - {name: coredns, image: coredns, volumeMounts: [{name: custom, mountPath: /etc/coredns/custom/}]}
      volumes: [{name: custom, configMap: {name: coredns-custom}}]
"""
SERVER = {"x_server": "pine.example {\n    whoami\n}\n"}
HOSTS = config_map("extra-hosts", **SERVER)
NOT_LOADED: dict[str, tuple[str, str]] = {
    "misspelt": (config_map("core-dns-custom", **SERVER), ""),
    "misspelt, a letter too many": (config_map("coredns-customs", **SERVER), ""),
    "misspelt, without a namespace": (config_map("corends-custom", "", **SERVER), ""),
    "another name, in the namespace of cluster DNS": (HOSTS, ""),
    "another one is mounted": (HOSTS, MOUNT),
    "another one of another name is mounted": (HOSTS, MOUNT.replace("coredns-custom", "dns-zones")),
}
MAY_BE_LOADED: dict[str, tuple[str, str]] = {
    "another name, in another namespace": (config_map("extra-hosts", "dns", **SERVER), ""),
    "it is mounted": (HOSTS, MOUNT.replace("coredns-custom", "extra-hosts")),
    "mentioned elsewhere": (HOSTS, MOUNT + "      # and extra-hosts\n"),
    "two are mounted": (HOSTS, MOUNT + "---\n" + MOUNT.replace("coredns-custom", "others")),
    "mounted in another namespace": (HOSTS, MOUNT.replace("kube-system", "dns")),
    "a template mounts it": (HOSTS, MOUNT.replace("coredns-custom", "'{{ name }}'")),
    "a prefix may be added": (config_map("custom", **SERVER), MOUNT),
    "several clusters": (config_map("coredns-custom-b", **SERVER), ""),
    "misspelt in an application's namespace": (config_map("coredns-cutsom", "shop", **SERVER), ""),
    "a template": (config_map("coredns-cutsom", **SERVER).replace("whoami", "{{ plugin }}"), ""),
    "the name is a template": (config_map("'{{ name }}'", **SERVER), MOUNT),
    "a Corefile of its own": (config_map("coredns-cutsom", Corefile="import *.server\n", **SERVER), ""),
    "a server of another program": (config_map("coredns-cutsom", x_server="listen 80;\n"), ""),
}


@pytest.mark.parametrize("name", NOT_LOADED)
def test_a_key_that_nobody_reads_is_told(name: str) -> None:
    text, more = NOT_LOADED[name]
    (finding,) = run({"a.yaml": text, "b.yaml": more}, ("KPL237",)).findings
    assert (finding.path, underlined(finding)) == ("a.yaml", "pine.example {")
    assert [each.source.path for each in finding.related] == ["b.yaml"] * bool(more)


@pytest.mark.parametrize("name", MAY_BE_LOADED)
def test_a_key_that_somebody_may_read_is_not(name: str) -> None:
    text, more = MAY_BE_LOADED[name]
    assert run({"a.yaml": text, "b.yaml": more}, ("KPL237",)).findings == []
