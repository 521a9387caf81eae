"""Fields of KubeProxyConfiguration under the names that they have elsewhere."""

from __future__ import annotations

import pytest

from kpl.fix.fixer import fix_texts
from kpl.lint.located import Withheld
from kpl.lint.settings import Settings
from kpl.proxy.configuration.fields import PROXY_FIELDS, fields_in
from kpl.proxy.configuration.othernames import _BY_NAME, is_certainly_meant, meant_field
from kpl.proxy.releases import NEWEST_KUBERNETES
from kpl.text.version import Version
from support import facts, readings, run

NEWEST = NEWEST_KUBERNETES
HEAD = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: iptables\nclusterCIDR: 10.244.0.0/16\n"


def fixed(text: str, unsafe: bool = False) -> tuple[str, list[Withheld]]:
    outcome = fix_texts(readings({"config.yaml": text}), Settings(select=("KPL303",), facts=facts({})), unsafe=unsafe)
    return outcome.texts.get("config.yaml", text), list(outcome.bugs)


def test_every_name_leads_to_a_field() -> None:
    for path in _BY_NAME.values():
        section, _, name = path.rpartition(".")
        assert name in PROXY_FIELDS[section], path
        assert meant_field("", next(each for each, to in _BY_NAME.items() if to == path), NEWEST, None) == path


@pytest.mark.parametrize(
    ("section", "name", "mode", "path"),
    [
        ("", "kubeProxyIPVSConfiguration", None, "ipvs"),
        ("", "KubeProxyIPVSConfiguration", None, "ipvs"),
        ("", "kubeconfigPath", None, "clientConnection.kubeconfig"),
        ("", "masquerade-all", None, "iptables.masqueradeAll"),
        ("", "masqueradeAll", "nftables", "nftables.masqueradeAll"),
        ("", "healthz_bind_address", None, "healthzBindAddress"),
        ("ipvs", "strict-arp", None, "ipvs.strictARP"),
        ("ipvs", "address", None, None),
        ("", "healthzPort", None, None),
        ("", "nonsense", None, None),
    ],
)
def test_which_field_is_meant(section: str, name: str, mode: str | None, path: str | None) -> None:
    assert meant_field(section, name, NEWEST, mode) == path


def test_a_field_that_the_release_lacks_is_not_meant() -> None:
    assert meant_field("", "conntrack-udp-timeout", Version("1.28"), None) is None
    assert "udpTimeout" not in fields_in("conntrack", Version("1.28"))


def test_what_is_certain() -> None:
    assert is_certainly_meant("proxy-mode")
    assert not is_certainly_meant("address")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("kubeconfigPath: /var/lib/kube-proxy/kubeconfig.conf # mounted\n",
         "clientConnection:\n  kubeconfig: /var/lib/kube-proxy/kubeconfig.conf # mounted\n"),
        ("conntrack-max-per-core:  32768\nconntrack:\n  min: 131072 # enough\n",
         "conntrack:\n  min: 131072 # enough\n  maxPerCore: 32768\n"),
        ("ipvs:\n  strict-arp: true\n", "ipvs:\n  strictARP: true\n"),
        ("kubeProxyConntrackConfiguration: {min: 131072}\n", "conntrack: {min: 131072}\n"),
        ("metrics-bind-address: '0.0.0.0:10249'\nprofiling: true\n",
         "metricsBindAddress: '0.0.0.0:10249'\nenableProfiling: true\n"),
        ("nodeport-addresses:\n- 192.0.2.0/24\n", "nodePortAddresses:\n- 192.0.2.0/24\n"),
    ],
)  # fmt: skip
def test_what_the_fix_writes(before: str, after: str) -> None:
    assert fixed(HEAD + before) == (HEAD + after, [])
    assert "KPL303" not in {each.code for each in run({"config.yaml": HEAD + after}).findings}


@pytest.mark.parametrize(
    "text",
    [
        # kube-proxy refuses the value there
        "address: eth0\n",
        "kubeProxyIPVSConfiguration: true\n",
        "ipvs-strict-arp: often\n",
        "metrics-bind-address: nowhere\n",
        # it is set already
        "proxy-mode: nftables\n",
        "ipvs:\n  strictARP: false\n  strict-arp: true\n",
        "ipvs-strict-arp: true\nipvs:\n  strictARP: false\n",
        # what a mapping in flow style has is not moved
        "ipvs-strict-arp: true\nipvs: {scheduler: rr}\n",
        # nor is what belongs to other places too
        "ipvs-scheduler: &it rr\nx: *it\n",
        "ipvs-exclude-cidrs:\n- 192.0.2.0/24\n",
    ],
)
def test_what_no_fix_is_offered_for(text: str) -> None:
    before = HEAD + text
    found = [each for each in run({"config.yaml": before}).findings if each.code == "KPL303"]
    assert found
    assert all(each.fix is None for each in found if each.source.text[slice(*each.span)] != "x")
    assert fixed(before, unsafe=True) == (before, [])


def test_the_address_of_another_program_is_renamed_on_demand() -> None:
    before = f"{HEAD}address: 0.0.0.0\n"
    assert fixed(before) == (before, [])
    assert fixed(before, unsafe=True) == (f"{HEAD}bindAddress: 0.0.0.0\n", [])
