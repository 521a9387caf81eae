"""kube-proxy's verdict, against what the real one says: recorded in recorded_verdicts.json by tests/oracle/record_kube_proxy.py."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpl.proxy.configuration.verdict import dropped_fields, judge_kube_proxy
from kpl.proxy.configuration.verdict.gates import gates_of
from kpl.proxy.releases import BETA_KUBERNETES, NEWEST_KUBERNETES, OLDEST_KUBE_PROXY
from kpl.text.version import Version
from kpl.verdict import Verdict
from support import ROOT, SHARED

CASES = json.loads((Path(__file__).parent / "recorded_verdicts.json").read_text(encoding="utf-8"))
HEAD = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n"
CORPUS = SHARED / "conformance" / "kube_proxy_verdicts.jsonl"
RELEASES = (
    "1.20.15 1.23.17 1.24.17 1.25.16 1.28.15 1.29.15 1.30.4 1.31.0 1.32.2 1.33.13 1.34.4 1.35.4 1.36.3 1.37.2".split()
)


def judge(text: str, version: str = str(NEWEST_KUBERNETES)) -> Verdict:
    return judge_kube_proxy(text, Version(version))


@pytest.mark.parametrize("case", CASES, ids=[str(number) for number in range(len(CASES))])
def test_as_recorded(case: dict[str, Any]) -> None:
    for version, error in case["answers"].items():
        verdict = judge(case["config"], version)
        if isinstance(error, str):
            assert verdict.answer == "refuses", version
            if verdict.message is not None or version != "1.20.15":
                assert verdict.message == error
            assert verdict.span is None or 0 <= verdict.span.start <= verdict.span.end <= len(case["config"])
        else:
            assert verdict == Verdict("loads"), version
            assert bool(dropped_fields(case["config"], Version(version))) == (error is False), version


@pytest.mark.skipif(not CORPUS.exists(), reason="the recorded verdicts are not here")
@pytest.mark.parametrize("version", RELEASES)
def test_conformance(version: str) -> None:
    """Every verdict and nearly every message of the corpus, in every release that it has."""
    seen: Counter[str] = Counter()
    wrong = []
    for line in CORPUS.read_text(encoding="utf-8").rstrip("\n").split("\n"):
        row = json.loads(line)
        said = row if version == "1.37.2" else row.get("by_version", {}).get(version, row)
        verdict = judge(row["config"], version)
        if verdict.answer != ("loads" if said["loads"] else "refuses"):
            wrong.append(row["id"])
        elif not said["loads"]:
            seen["refused"] += 1
            seen["same"] += (verdict.phase, verdict.message) == (said.get("phase"), (said.get("error") or ""))
    assert wrong == []
    if version in ("1.33.13", "1.37.2"):
        assert seen["same"] / seen["refused"] >= 0.97


@pytest.mark.parametrize(
    ("lines", "underlined"),
    [
        ("mode: ipvz\n", "ipvz"),
        ("conntrack:\n  min: -5\n", "-5"),
        ("iptables:\n  syncPeriod: 5\n", "5"),
        ("iptables:\n  syncPeriod: 500ms\n", "500ms"),
        ("iptables:\n  minSyncPeriod: 1h\n", "1h"),
        ("nodePortAddresses:\n- 10.0.0.0/8\n- nope\n", "nope"),
        ("featureGates:\n  AllAlpha: false\n  NoSuchGate: true\n", "NoSuchGate"),
        ("logging:\n  vmodule:\n  - verbosity: 1\n", "verbosity: 1"),
        ("detectLocalMode: BridgeInterface\ndetectLocal: {}\n", "detectLocal"),
        ("a: *b\n", "*"),
    ],
)
def test_what_is_underlined(lines: str, underlined: str) -> None:
    text = HEAD + lines
    span = judge(text).span
    assert span is not None
    assert text[slice(*span)] == underlined


RANGE = "KubeProxyConfiguration.KubeProxyLinuxConfiguration.OOMScoreAdj: Invalid value: {}: must be within the range [-1000, 1000]"
NOT_NEGATIVE = "must be greater than or equal to 0"
SIX = "fde4:8dba:82e1::/48"


@pytest.mark.parametrize(
    ("lines", "release", "said"),
    [
        # the boundaries of pkg/proxy/apis/config/validation/validation.go
        ("iptables: {masqueradeBit: 0}", "1.37", None),
        ("iptables: {masqueradeBit: 31}", "1.37", None),
        ("iptables: {masqueradeBit: 32}", "1.37", "must be within the range [0, 31]"),
        ("iptables: {masqueradeBit: -1}", "1.37", "must be within the range [0, 31]"),
        ("mode: nftables\nnftables: {masqueradeBit: 32}", "1.37", "must be within the range [0, 31]"),
        ("mode: iptables\nnftables: {masqueradeBit: 32}", "1.37", None),
        ("oomScoreAdj: -1000", "1.37", None),
        ("oomScoreAdj: 1000", "1.37", None),
        ("oomScoreAdj: -1001", "1.37", RANGE.format(-1001)),
        ("oomScoreAdj: 1001", "1.37", RANGE.format(1001)),
        ("oomScoreAdj: 1001", "1.30", "KubeProxyConfiguration.OOMScoreAdj: Invalid value: 1001"),
        ("clientConnection: {burst: 0}", "1.37", None),
        ("clientConnection: {burst: -1}", "1.37", NOT_NEGATIVE),
        ("conntrack: {maxPerCore: 0, min: 0}", "1.37", None),
        ("conntrack: {maxPerCore: -1}", "1.37", NOT_NEGATIVE),
        ("conntrack: {tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}", "1.37", None),
        ("conntrack: {tcpCloseWaitTimeout: -1s}", "1.37", NOT_NEGATIVE),
        ("conntrack: {udpTimeout: -1s}", "1.37", NOT_NEGATIVE),
        ("conntrack: {udpStreamTimeout: -1s}", "1.37", NOT_NEGATIVE),
        ("configSyncPeriod: 0s", "1.37", None),  # which means the default
        ("configSyncPeriod: -1s", "1.37", "must be greater than 0"),
        ("udpIdleTimeout: -1s", "1.25", "must be greater than 0"),
        ("udpIdleTimeout: -1s", "1.26", None),
        ("iptables: {syncPeriod: 1s, minSyncPeriod: 1s}", "1.37", None),
        ("iptables: {syncPeriod: 1s, minSyncPeriod: 2s}", "1.37", "must be greater than or equal to"),
        ("iptables: {syncPeriod: -1s}", "1.37", "must be greater than 0"),
        ("iptables: {minSyncPeriod: -1s}", "1.37", NOT_NEGATIVE),
        ("mode: ipvs\niptables: {syncPeriod: 1s, minSyncPeriod: 2s}", "1.37", None),
        ("mode: ipvs\niptables: {syncPeriod: 1s, minSyncPeriod: 2s}", "1.30", "must be greater than or equal to"),
        ("mode: ipvs\nipvs: {syncPeriod: 1s, minSyncPeriod: 2s}", "1.37", "must be greater than or equal to"),
        ("mode: ipvs\nipvs: {tcpTimeout: 0s}", "1.37", None),
        ("mode: ipvs\nipvs: {tcpTimeout: -1s}", "1.37", NOT_NEGATIVE),
        ("mode: ipvs\nipvs: {tcpFinTimeout: -1s}", "1.37", NOT_NEGATIVE),
        ("mode: ipvs\nipvs: {udpTimeout: -1s}", "1.37", NOT_NEGATIVE),
        ("mode: iptables\nipvs: {udpTimeout: -1s}", "1.37", None),
        ("mode: ipvs\nipvs: {excludeCIDRs: [10.0.0.0/8, 10.0.0.1]}", "1.37", "ExcludeCidrs[1]"),
        # modes
        ("mode: userspace", "1.25", None),
        ("mode: userspace", "1.26", "must be iptables,ipvs or blank"),
        ("mode: nftables", "1.28", "must be iptables, ipvs or blank"),
        ("mode: nftables", "1.29", "must be iptables, ipvs or blank"),
        ("mode: nftables\nfeatureGates: {NFTablesProxyMode: true}", "1.29", None),
        ("mode: nftables\nfeatureGates: {NFTablesProxyMode: false}", "1.31", "must be iptables, ipvs or blank"),
        ("mode: nftables", "1.31", None),
        ("mode: ''", "1.37", None),
        # addresses
        ("bindAddress: 1.2.3", "1.37", "not a valid textual representation of an IP address"),
        ("bindAddress: '::'", "1.37", None),
        ("metricsBindAddress: 127.0.0.1", "1.37", None),
        ("metricsBindAddress: 127.0.0.1:1", "1.37", None),
        ("metricsBindAddress: 127.0.0.1:65535", "1.37", None),
        ("metricsBindAddress: 127.0.0.1:65536", "1.37", "must be a valid port"),
        ("metricsBindAddress: 127.0.0.1:0", "1.37", "must be a valid port"),
        ("metricsBindAddress: 127.0.0.1:http", "1.37", "must be a valid port"),
        ("metricsBindAddress: localhost:1", "1.37", "must be a valid IP"),
        ("healthzBindAddress: localhost", "1.37", "must be IP:port"),
        ("healthzBindAddress: ''", "1.37", None),
        # networks
        ("clusterCIDR: 10.0.0.0/8", "1.30", None),
        ("clusterCIDR: 10.0.0.0", "1.30", "must be a valid CIDR block"),
        (f"clusterCIDR: '10.0.0.0/8,{SIX}'", "1.30", None),
        ("clusterCIDR: '10.0.0.0/8,11.0.0.0/8'", "1.30", "must be a valid DualStack CIDR"),
        (f"clusterCIDR: '10.0.0.0/8,{SIX},11.0.0.0/8'", "1.30", "only one CIDR allowed or a valid DualStack CIDR"),
        (f"clusterCIDR: '10.0.0.0/8,{SIX}'", "1.37", None),
        ("clusterCIDR: '10.0.0.0/8,11.0.0.0/8'", "1.37", "must be a either a single CIDR or dual-stack pair of CIDRs"),
        (f"clusterCIDR: '10.0.0.0/8,{SIX},11.0.0.0/8'", "1.37", "must be a either a single CIDR or dual-stack pair"),
        ("clusterCIDR: x", "1.37", "ClusterCIDRs[0]"),
        ("clusterCIDR: x\ndetectLocalMode: NodeCIDR", "1.37", None),
        ("clusterCIDR: x\ndetectLocalMode: NodeCIDR", "1.30", "must be a valid CIDR block"),
        ("clusterCIDR: ''", "1.30", None),
        ("portRange: 1-65535", "1.30", None),
        ("portRange: 9000+5", "1.30", None),
        ("portRange: 9000-1", "1.30", "must be a valid port range"),
        ("portRange: 1-65536", "1.30", "must be a valid port range"),
        ("portRange: 1-2+3", "1.30", "must be a valid port range"),
        ("portRange: 9000-1", "1.31", None),
        ("nodePortAddresses: [10.0.0.0/8]", "1.37", None),
        ("nodePortAddresses: [10.0.0.1]", "1.36", "must be a valid CIDR"),
        ("nodePortAddresses: [primary]", "1.30", "must be a valid CIDR"),
        ("nodePortAddresses: [primary]", "1.31", None),
        ("nodePortAddresses: [primary, 10.0.0.0/8]", "1.36", "can't use both 'primary' and CIDRs"),
        ("nodePortAddresses: [primary, 10.0.0.0/8, localhost, all]", "1.37", None),
        ("nodePortAddresses: [all, all]", "1.37", 'Duplicate value: "all"'),
        ("nodePortAddresses: [localhost]", "1.36", "must be a valid CIDR"),
        # what else there is
        ("showHiddenMetricsForVersion: '1.36'", "1.37", None),
        ("showHiddenMetricsForVersion: '1.37'", "1.37", "only the previous minor version is allowed"),
        ("showHiddenMetricsForVersion: '1.35'", "1.37", "only the previous minor version is allowed"),
        ("showHiddenMetricsForVersion: '1.34'", "1.35", None),
        ("showHiddenMetricsForVersion: '1.33'", "1.35", "Only the previous minor version is allowed"),
        ("detectLocalMode: Nowhere", "1.27", None),
        ("detectLocalMode: Nowhere", "1.28", 'Unsupported value: "Nowhere"'),
        ("detectLocalMode: BridgeInterface", "1.23", None),
        ("detectLocalMode: BridgeInterface", "1.24", 'InterfaceName: Invalid value: "": must not be empty'),
        ("detectLocalMode: BridgeInterface\ndetectLocal: {bridgeInterface: br0}", "1.37", None),
        ("detectLocalMode: InterfaceNamePrefix\ndetectLocal: {bridgeInterface: br0}", "1.37", "InterfacePrefix"),
        # logging
        ("logging: {format: json}", "1.37", None),
        ("logging: {format: xml}", "1.37", "Unsupported log format"),
        ("logging: {format: xml}", "1.27", None),
        ("logging: {verbosity: 2147483647}", "1.37", None),
        ("logging: {verbosity: 2147483648}", "1.37", "Must be <= 2147483647"),
        ("logging: {vmodule: [{filePattern: a, verbosity: 1}]}", "1.37", None),
        ("logging: {vmodule: [{filePattern: 'a=b', verbosity: 1}]}", "1.37", "must not contain equal sign or comma"),
        ("logging: {vmodule: [{filePattern: 'a,b', verbosity: 1}]}", "1.37", "must not contain equal sign or comma"),
        ("logging: {vmodule: [{verbosity: 1}]}", "1.37", "File pattern must not be empty"),
        ("logging: {vmodule: [{filePattern: a, verbosity: 2147483648}]}", "1.37", "Must be <= 2147483647"),
        ("logging: {format: json, vmodule: [{filePattern: a, verbosity: 1}]}", "1.37", "Only supported for text"),
        ("logging: {flushFrequency: -1s}", "1.35", "Must be greater than zero"),
        ("logging: {options: {text: {infoBufferSize: 1}}}", "1.37", "Feature LoggingAlphaOptions is disabled"),
        ("logging: {options: {text: {infoBufferSize: 0}}}", "1.37", None),
        (
            "featureGates: {LoggingAlphaOptions: true}\nlogging: {options: {text: {infoBufferSize: 1}}}",
            "1.37",
            None,
        ),
    ],
)
def test_the_boundaries_of_what_kube_proxy_takes(lines: str, release: str, said: str | None) -> None:
    verdict = judge(f"{HEAD}{lines}\n", release)
    assert verdict.answer == ("loads" if said is None else "refuses"), verdict.message
    assert (said or "") in (verdict.message or "")


@pytest.mark.parametrize(
    ("members", "release", "answer"),
    [
        # encoding/json leaves a string alone that is null the second time, json-iterator emptied it
        ('"mode": "ebpf", "mode": null', "1.37", "refuses"),
        ('"mode": "ebpf", "mode": null', "1.23", "refuses"),
        ('"mode": "ebpf", "mode": null', "1.22", "loads"),
        ('"clientConnection": {"burst": -1, "burst": null}', "1.37", "refuses"),
        ('"clientConnection": {"burst": -1, "burst": null}', "1.22", "refuses"),
        # a pointer, a list or a map becomes nil
        ('"iptables": {"masqueradeBit": 99, "masqueradeBit": null}', "1.37", "loads"),
        ('"oomScoreAdj": 5000, "oomScoreAdj": null', "1.22", "loads"),
        ('"nodePortAddresses": ["x"], "nodePortAddresses": null', "1.37", "loads"),
        ('"featureGates": {"X": true}, "featureGates": null', "1.37", "loads"),
        ('"mode": null, "mode": "ebpf"', "1.37", "refuses"),
    ],
)
def test_a_field_that_is_null_the_second_time(members: str, release: str, answer: str) -> None:
    head = '"apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration"'
    assert judge(f"{{{head}, {members}}}", release).answer == answer


def test_nothing_to_underline() -> None:
    assert judge(HEAD + "detectLocalMode: BridgeInterface\n").span is None


def test_the_line_that_yaml_tells() -> None:
    verdict = judge(HEAD + "a: b\nc:d\n")
    assert verdict.message == "failed to decode: yaml: line 5: could not find expected ':'"
    assert verdict.inner_line == 5
    assert judge("a: &").inner_line is None


def test_phases() -> None:
    phases = [
        judge(HEAD + line).phase for line in ("mode: 5", "featureGates: {X: true}", "logging: {format: x}", "mode: x")
    ]
    assert phases == ["decode", "featureGates", "logging", "validate"]
    assert judge(HEAD + "logging: {flushFrequency: -1s}", "1.30").phase == "logging"


def test_dropped_fields() -> None:
    text = HEAD + "nope: 1\niptables:\n  Mode: x\n  syncPeriod: 1s\n  syncPeriod: 2s\n"
    found = [
        (each.path, text[slice(*each.span)], each.span.start, each.message)
        for each in dropped_fields(text, Version("1.37"))
    ]
    assert found == [
        ("iptables.syncPeriod", "syncPeriod", text.index("syncPeriod"), 'line 7: key "syncPeriod" already set in map'),
        ("iptables.Mode", "Mode", text.index("Mode"), 'unknown field "iptables.Mode"'),
        ("nope", "nope", text.index("nope"), 'unknown field "nope"'),
    ]
    assert dropped_fields(text, Version("1.23"))[1].message == 'unknown field "Mode"'
    assert dropped_fields(HEAD + "mode: 5\n", Version("1.37")) == ()


def test_releases_outside_of_the_known_ones_count_as_the_nearest() -> None:
    config = HEAD + "nftables: {nope: 1}\nudpIdleTimeout: -1s\n"
    assert judge(config, "1.10") == judge(config, str(OLDEST_KUBE_PROXY))
    assert judge(config, "1.99") == judge(config, str(NEWEST_KUBERNETES))
    assert judge(config, "1.10") != judge(config, "1.99")


def test_every_release_of_a_beta_is_judged_as_the_beta() -> None:
    config = HEAD + "conntrack: {min: -1}\n"
    beta = judge(config, str(BETA_KUBERNETES))
    assert beta.message == "conntrack.min: Invalid value: -1: must be greater than or equal to 0"
    assert [judge(config, version) for version in ("1.38", "1.38.4", "1.38.0-rc.1")] == [beta] * 3


def test_the_judges_are_those_of_the_known_releases() -> None:
    listed = (ROOT / "tests" / "oracle" / "kube-proxy" / "releases").read_text(encoding="utf-8").split()
    released = [Version(each) for each in listed if "-" not in each]
    assert released == sorted(released)
    assert (released[0].minor, released[-1].minor) == (OLDEST_KUBE_PROXY.minor, NEWEST_KUBERNETES.minor)
    assert [each for each in listed if "-" in each] == [str(BETA_KUBERNETES)]
    assert set(gates_of(BETA_KUBERNETES.minor).known) != set(gates_of(NEWEST_KUBERNETES.minor).known)


def test_releases_in_between() -> None:
    assert judge(HEAD + "featureGates: {MinimizeIPTablesRestore: true}", "1.25").answer == "refuses"
    assert judge(HEAD + "featureGates: {MinimizeIPTablesRestore: true}", "1.26").answer == "loads"
    assert judge(HEAD + "mode: ipvs\nipvs: {scheduler: mh}", "1.26").answer == "refuses"
    assert judge(HEAD + "mode: ipvs\nipvs: {scheduler: mh}", "1.27").answer == "loads"
    assert judge(HEAD + "featureGates: {LoggingAlphaOptions: true}", "1.27").answer == "loads"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (HEAD + "a: " + "[" * 500 + "]" * 500, "nesting deeper than 200 levels"),
        (HEAD + "a: [" + "1," * 1000 + "1]", "more than 1000 values"),
        (
            HEAD + "logging: {options: {text: {infoBufferSize: '" + "9" * 5000 + "'}}}",
            "a number of more than 4000 digits",
        ),
    ],
)
def test_what_is_too_big_is_left_open(text: str, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kpl.proxy.configuration.verdict.yaml_values.MAX_VALUES", 1000)
    verdict = judge(text)
    assert verdict.answer == "depends"
    assert [(need.kind, need.name) for need in verdict.needs] == [("size", what)]
    assert dropped_fields(text, Version("1.37")) == ()


@given(
    st.text(alphabet=st.sampled_from(list("ab:-?{}[],'\"\\#&*!|>%@\n\t\r ~.0159\u2028é\x00\ud800yn"))), st.booleans()
)
def test_any_text_gets_a_verdict(text: str, with_head: bool) -> None:
    config = HEAD + text if with_head else text
    verdict = judge(config)
    assert verdict.answer in ("loads", "refuses")
    assert verdict.message or verdict.answer == "loads"
    assert verdict.span is None or 0 <= verdict.span.start <= verdict.span.end <= len(config)
