"""Settings of kube-proxy in other words: the fields that they set, and where they stand."""

from __future__ import annotations

import pytest

from kpl.inputs.objects.kubeproxy import KubeProxyConfig
from kpl.inputs.objects.proxyflags import ALONE, FLAG_FIELDS, LISTS
from kpl.inputs.objects.proxysettings import Setting, flags_in, flags_of, partial_config, settings_of, without_fix
from kpl.inputs.yaml.edits import add_entry, add_item, set_scalar
from kpl.inputs.yaml.tree import Mapping, Node, Scalar, Sequence, compose
from kpl.proxy.configuration.fields import PROXY_FIELDS
from kpl.proxy.configuration.othernames import meant_field
from kpl.proxy.releases import NEWEST_KUBERNETES
from kpl.text.edit import apply_edits


def root(text: str) -> Mapping:
    node = compose(text)[0]
    assert isinstance(node, Mapping)
    return node


def read(args: str) -> KubeProxyConfig | None:
    text = f"args: {args}\n"
    return partial_config(text, settings_of(flags_in(root(text).items("args"), text), text))


def said(config: KubeProxyConfig, *path: str) -> tuple[str, str]:
    """The value at `path`, and what stands at its place."""
    scalar = config.node.scalar(*path)
    assert scalar is not None, path
    return scalar.value, config.text[slice(*scalar.span)]


def plain(node: Node | None) -> object:
    if isinstance(node, Mapping):
        return {key.value: plain(node.get(key.value)) for key in node.keys()}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return node.value if isinstance(node, Scalar) else None


def says(args: str) -> object:
    config = read(args)
    return plain(config.node) if config is not None else None


def test_every_flag_sets_a_field() -> None:
    for flag, path in FLAG_FIELDS.items():
        section, _, name = path.rpartition(".")
        assert name in PROXY_FIELDS[section]
        assert meant_field("", flag, NEWEST_KUBERNETES, None) == path
    assert set(FLAG_FIELDS.values()) > LISTS
    assert {*FLAG_FIELDS} > ALONE - {"cleanup", "init-only"}


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ("[--proxy-mode=ipvs]", {"mode": "ipvs"}),
        ("[proxy-mode=ipvs]", {"mode": "ipvs"}),
        ("[--proxy-mode, ipvs, --v=2]", {"mode": "ipvs"}),
        ("[--proxy-mode=iptables, --proxy-mode=ipvs]", {"mode": "ipvs"}),
        ("[--proxy-mode=]", {"mode": ""}),
        ("[--proxy-mode, --masquerade-all]", {"iptables": {"masqueradeAll": "true"}}),
        ("[--masquerade-all, ipvs]", {"iptables": {"masqueradeAll": "true"}}),
        ("[--proxy-mode, [ipvs], ipvs]", None),
        ("[proxy-mode, ipvs]", None),
        ("[--ipvs-strict-arp=false, --ipvs-scheduler=sh]", {"ipvs": {"strictARP": "false", "scheduler": "sh"}}),
        ("[--masquerade-all=true, --proxy-mode=nftables]", {"nftables": {"masqueradeAll": "true"}, "mode": "nftables"}),
        ("[--iptables-sync-period=2m, --proxy-mode=nftables]", {"mode": "nftables"}),
        ("[--iptables-sync-period=2m, --proxy-mode=ipvs]", {"iptables": {"syncPeriod": "2m"}, "mode": "ipvs"}),
        (
            "['--nodeport-addresses=10.0.0.0/8, fd00::/8,', --nodeport-addresses=127.0.0.0/8]",
            {"nodePortAddresses": ["10.0.0.0/8", "fd00::/8", "127.0.0.0/8"]},
        ),
        ("['--feature-gates=A=true,B=false,C']", {"featureGates": {"A": "true", "B": "false"}}),
        ("[--config=/etc/kube-proxy.yaml, --proxy-mode=ipvs]", None),
        ("[--v=2]", None),
        ("['--nodeport-addresses=,10.0.0.0/8']", {"nodePortAddresses": ["10.0.0.0/8"]}),
        ("[--hostname-override, masquerade-all]", {"hostnameOverride": "masquerade-all"}),
        ("[]", None),
        ("--proxy-mode=ipvs", None),
        ("[&a --proxy-mode=ipvs, &b --proxy-mode, *a, iptables, *b]", {"mode": "ipvs"}),
    ],
)
def test_what_flags_set(args: str, expected: object) -> None:
    assert says(args) == expected


@pytest.mark.parametrize(
    "args", ["[--proxy-mode=ipvs]", '["--proxy-mode=ipvs"]', "['proxy-mode=ipvs']", "[--proxy-mode, ipvs]"]
)
def test_a_part_of_a_word_has_its_own_place_and_can_be_replaced(args: str) -> None:
    config = read(args)
    assert config is not None
    assert config.partial
    assert config.mode == "ipvs"
    assert said(config, "mode") == ("ipvs", "ipvs")
    edit = set_scalar(config.text, config.node.scalar("mode") or Scalar(0, 0, ""), "nftables")
    assert edit is not None
    assert apply_edits(config.text, [edit]) == config.text.replace("ipvs", "nftables")


def test_what_is_written_otherwise_is_not_edited() -> None:
    config = read('["--proxy-mode=ip\\x76s"]')
    assert config is not None
    assert config.mode == "ipvs"
    assert set_scalar(config.text, config.node.scalar("mode") or Scalar(0, 0, ""), "nftables") is None


def test_a_block_is_a_word_too() -> None:
    config = read("\n- >-\n  --nodeport-addresses=10.0.0.0/8,fd00::/8\n")
    assert config is not None
    written = [config.text[slice(*item.span)] for item in config.node.items("nodePortAddresses")]
    assert written == ["10.0.0.0/8", "fd00::/8"]


def test_keys_stand_where_the_flag_is_written() -> None:
    config = read("[--ipvs-strict-arp=true, '--nodeport-addresses=10.0.0.0/8']")
    assert config is not None
    for path, flag in ((("ipvs",), "ipvs-strict-arp"), (("ipvs", "strictARP"), "ipvs-strict-arp")):
        section = config.node.mapping(*path[:-1]) if path[:-1] else config.node
        assert section is not None
        pair = section.pair(path[-1])
        assert pair is not None
        assert config.text[slice(*pair[0].span)] == flag
    assert config.text[slice(*config.node.span)].startswith("ipvs-strict-arp=true")
    assert config.text[slice(*config.node.span)].endswith("10.0.0.0/8")
    assert add_entry(config.text, config.node, "mode: iptables") is None


def test_a_mapping_may_hold_the_flags() -> None:
    text = "proxy-mode: ipvs\n--metrics-bind-address: 0.0.0.0:10249\nipvs-scheduler: [rr, [], sh]\nmap: {}\n"
    config = partial_config(text, settings_of(flags_of(root(text)), text))
    assert config is not None
    assert plain(config.node) == {"mode": "ipvs", "metricsBindAddress": "0.0.0.0:10249", "ipvs": {"scheduler": "sh"}}
    assert flags_of(None) == []


def test_a_value_that_is_not_written_knows_its_place() -> None:
    text = "mode: IPVS\n"
    key, value = root(text).pairs[0]
    config = partial_config(text, [Setting("mode", key.span, without_fix("ipvs", value.span))])
    assert config is not None
    assert said(config, "mode") == ("ipvs", "IPVS")
    assert set_scalar(text, config.node.scalar("mode") or Scalar(0, 0, ""), "nftables") is None


def test_nothing_can_be_added_to_what_is_made() -> None:
    text = "a: b\n"
    key, value = root(text).pairs[0]
    config = partial_config(text, [Setting("ipvs.scheduler", key.span, value)])
    assert config is not None
    section = config.node.mapping("ipvs")
    assert section is not None
    assert add_entry(text, config.node, "mode: iptables") is add_entry(text, section, "strictARP: true") is None
    config = read("\n- nodeport-addresses=10.0.0.0/8\n- feature-gates=A=true\n")
    assert config is not None
    addresses, gates = config.node.get("nodePortAddresses"), config.node.mapping("featureGates")
    assert isinstance(addresses, Sequence)
    assert gates is not None
    assert add_item(config.text, addresses, "::1/128") is add_entry(config.text, gates, "B: true") is None


def test_what_is_written_is_compared_without_its_place() -> None:
    configs = [read(args) for args in ("[--proxy-mode=ipvs]", "[--v=2, --proxy-mode, ipvs]", "[--proxy-mode=iptables]")]
    assert all(configs)
    texts = [config.written for config in configs if config is not None]
    assert texts[0] == texts[1] != texts[2]
    whole = KubeProxyConfig("kind: x\nmode: ipvs # a\n", root("kind: x\nmode: ipvs # a\n"))
    assert whole.written == "kind: x\nmode: ipvs"
    assert partial_config("", []) is None
