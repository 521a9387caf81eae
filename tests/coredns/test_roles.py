from __future__ import annotations

import pytest

from kpl.coredns.roles import Role, is_cluster_block, role_of
from kpl.inputs.corefile.model import Corefile
from support import readings

_CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata:\n  {key}: |\n    {line}\n"


def _role(text: str, path: str = "Corefile") -> Role:
    return role_of(readings({path: text})[0].documents[0])


@pytest.mark.parametrize(
    ("text", "role"),
    [
        (".:53 {\n  kubernetes cluster.local\n}\n", Role.CLUSTER),
        ("lan {\n  file /zones/lan\n}\ncluster.local {\n  kubernetes\n}\n", Role.CLUSTER),
        ("(k8s) {\n  kubernetes cluster.local\n}\n. {\n  import k8s\n}\n", Role.CLUSTER),
        (".:53 {\n  kubernetes {{ .Values.domain }} {\n    pods insecure\n  }\n}\n", Role.CLUSTER),
        # these ask the API server from somewhere else
        (". {\n  kubernetes cluster.local {\n    endpoint https://10.0.0.1:6443\n  }\n}\n", Role.STANDALONE),
        (". {\n  kubernetes cluster.local {\n    kubeconfig /k/config admin\n  }\n}\n", Role.STANDALONE),
        (". {\n  forward . 9.9.9.9\n}\n", Role.STANDALONE),
        ("(k8s) {\n  kubernetes cluster.local\n}\n. {\n  forward . 9.9.9.9\n}\n", Role.STANDALONE),
        ("cluster.local:53 {\n  bind 169.254.20.10 10.96.0.10\n  forward . 10.96.0.11\n}\n", Role.NODE_LOCAL),
        (".:53 {\n  bind __PILLAR__LOCAL__DNS__\n  forward . __PILLAR__UPSTREAM__SERVERS__\n}\n", Role.NODE_LOCAL),
        (".:53 {\n  # not bind 169.254.20.10\n  forward . 9.9.9.9\n}\n", Role.STANDALONE),
        (".:53 {\n  forward . 169.254.169.253\n}\n", Role.STANDALONE),
    ],
)
def test_role_of_a_corefile(text: str, role: Role) -> None:
    assert _role(text) is role


def test_fragments() -> None:
    assert _role("log\nerrors\n", "log.override") is Role.FRAGMENT
    assert _role("corp.example:53 {\n  forward . 10.0.0.53\n}\n", "corp.server") is Role.FRAGMENT


@pytest.mark.parametrize(
    ("name", "key", "line", "role"),
    [
        ("coredns-custom", "log.override", "log", Role.FRAGMENT),
        ("coredns-custom", "corp.server", "corp.example:53 { \n      forward . 10.0.0.53\n    }", Role.FRAGMENT),
        ("node-local-dns", "Corefile", ".:53 {\n      forward . 10.96.0.11\n    }", Role.NODE_LOCAL),
        ("nodelocaldns", "Corefile", ".:53 {\n      forward . 10.96.0.11\n    }", Role.NODE_LOCAL),
        ("coredns", "Corefile", ".:53 {\n      kubernetes cluster.local\n    }", Role.CLUSTER),
    ],
)
def test_role_in_a_config_map(name: str, key: str, line: str, role: Role) -> None:
    assert _role(_CONFIG_MAP.format(name=name, key=key, line=line), "cm.yaml") is role


def test_the_block_of_the_cluster() -> None:
    text = ".:53 {\n  forward . 9.9.9.9\n}\ncluster.local:53 {\n  kubernetes\n}\n"
    corefile = readings({"Corefile": text})[0].documents[0].model
    assert isinstance(corefile, Corefile)
    assert [is_cluster_block(server) for server in corefile.servers] == [False, True]
