"""Hostile inputs of every kind, each of any size: what is repeated, and what stands around it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import NamedTuple

from samples import config_map, indented

Make = Callable[[int], str]


class Shape(NamedTuple):
    """A file called `path`; `make` writes it in about as many characters as it is told."""

    path: str
    make: Make


def repeated(before: str, unit: str, after: str = "") -> Make:
    """`unit` as often as there is room; ``@`` in it is a number, another one each time."""

    def make(size: int) -> str:
        count = max((size - len(before) - len(after)) // len(unit), 1)
        units = (unit.replace("@", str(number)) for number in range(count)) if "@" in unit else [unit] * count
        return before + "".join(units) + after

    return make


BLOCK = ". {\n    forward . 192.0.2.1\n"
_COREFILES = {
    "keys": ("", "a@.example ", "{\n    log\n}\n"),
    "networks": ("", "10.@.0.0/15 ", "{\n    log\n}\n"),
    "arguments": (". {\n    log", " a", "\n}\n"),
    "upstreams": (". {\n    forward .", " 192.0.2.@", "\n}\n"),
    "unknown plugins": (". {\n", "    plug@ x\n", "}\n"),
    "known plugins": (". {\n", "    errors\n", "}\n"),
    "forwards": (". {\n", "    forward a@.example 192.0.2.1\n", "}\n"),
    "hosts plugins": (". {\n", "    hosts {\n        192.0.2.1 a@.example\n        fallthrough\n    }\n", "}\n"),
    "hosts entries": (". {\n    hosts {\n", "        192.0.2.1 a@.example\n", "        fallthrough\n    }\n}\n"),
    "rewrites": (". {\n", "    rewrite name regex (.*)a@.example {1}.b\n", "}\n"),
    "proxies": (". {\n", "    proxy . 192.0.2.@\n", "}\n"),
    "properties": (f"{BLOCK}    kubernetes cluster.local {{\n", "        pods insecure\n", "    }\n}\n"),
    "removed properties": ("lan {\n    file db.lan {\n", "        no_reload\n", "    }\n}\n"),
    "transfers": ("lan {\n    file db.lan {\n", "        transfer to 192.0.2.1\n", "    }\n}\n"),
    "unknown properties": (". {\n    forward . 192.0.2.1 {\n", "        option@ x\n", "    }\n}\n"),
    "blocks": ("", "a@.example:53 {\n    kubernetes cluster.local\n    forward . 192.0.2.1\n}\n", ""),
    "blocks on one line": ("", "a@.example { log }\n", ""),
    "blocks that bind": ("", "a@.example {\n    bind 192.0.2.@\n    log\n}\n", ""),
    "snippets": ("(s) {\n    log\n}\n", "a@.example {\n    import s\n}\n", ""),
    "imports": (BLOCK, "    import *.conf\n", "}\n"),
    "imported files": (BLOCK, "    import f@\n", "}\n"),
    "files of options": (". {\n", "    kubernetes a@ {\n        kubeconfig /k@ x\n    }\n", "}\n"),
    "comments": (BLOCK, "    # a\n", "}\n"),
    "glued comments": (f"{BLOCK}    log", " a#b", "\n}\n"),
    "closing braces": ("", "}\n", ""),
    "closing braces behind a block": (f"{BLOCK}}}\n", "}\n", ""),
    "opening braces": (BLOCK, "{\n", "}\n"),
    "open variables": (f"{BLOCK}    log ", "{$", "\n}\n"),
    "variables": (f"{BLOCK}    log", " {$A@}", "\n}\n"),
    "variables with defaults": (f"{BLOCK}    log ", "{$A:", "\n}\n"),
    "open percent variables": (f"{BLOCK}    log ", "{%", "\n}\n"),
    "percent variables in a comment": (f"# {{{{ x }}}}\n{BLOCK}    # ", "{%", "\n}\n"),
    "open actions": (f"{BLOCK}    log ", "{{", "\n}\n"),
    "open shell variables": (f"{BLOCK}    log ", "${", "\n}\n"),
    "open shell commands": (f"{BLOCK}    log ", "$(", "\n}\n"),
    "pillars": (f"{BLOCK}    log ", "__A", "\n}\n"),
    "variables in a key": ("", "{$", " {\n    log\n}\n"),
    "quotes": (f"{BLOCK}    log", ' "a"', "\n}\n"),
    "open quotes": (f"{BLOCK}    log ", '"\\', "\n}\n"),
    "backslashes": (f'{BLOCK}    log "', "\\\\", '"\n}\n'),
    "apostrophes": (f"{BLOCK}    log", " 'a", "\n}\n"),
    "blank lines": (BLOCK, "\n", "    log\n}\n"),
    "blank lines with spaces": (BLOCK, "  \n", "    log\n}\n"),
    "spaces": (f"{BLOCK}    log", " ", "x\n}\n"),
    "tabs": (f"{BLOCK}    log", "\t", "x\n}\n"),
    "tabs and spaces": (f"{BLOCK}    log", " \t", "\n}\n"),
    "carriage returns": (BLOCK, "\r", "\n}\n"),
    "lines of carriage returns": (BLOCK, "\r\n", "}\n"),
    "a long word": (f"{BLOCK}    log ", "a", "\n}\n"),
    "a long name": (f"{BLOCK}    log ", "a.", "\n}\n"),
    "brackets of a pattern": (". {\n    template IN A {\n        match ", "(a|", "\n    }\n}\n"),
    "actions of an answer": (". {\n    template IN A {\n        answer ", "{{.Name}}", "\n    }\n}\n"),
    "an expression": ("a {\n    view v {\n        expr ", "1+", "1\n    }\n    log\n}\n"),
    "suppressions": ("", "# kpl: ignore[KPL201]\n", f"{BLOCK}}}\n"),
    "suppressions of the file": ("", "# kpl: ignore-file[KPL201]\n", f"{BLOCK}}}\n"),
    "suppressions in their places": ("", f"a@.example {{\n    # kpl: ignore[KPL201]\n{BLOCK[4:]}}}\n", ""),
    "suppressions behind lines": (BLOCK, "    log # kpl: ignore[KPL217]\n", "}\n"),
    "names of a suppression": ("# kpl: ignore[", "KPL@,", f"]\n{BLOCK}}}\n"),
}
_EMBEDDED = (
    "blocks",
    "hosts entries",
    "properties",
    "closing braces behind a block",
    "percent variables in a comment",
    "open variables",
    "blank lines",
    "spaces",
    "tabs and spaces",
    "comments",
    "suppressions",
    "suppressions behind lines",
)


def _in_block(text: str) -> str:
    return config_map("|\n" + indented(text, 4))


def _in_double_quotes(text: str) -> str:
    return config_map(json.dumps(text) + "\n")


def _in_single_quotes(text: str) -> str:
    return config_map("'" + text.replace("'", "''").replace("\n", "\n\n    ") + "'\n")


_SCALARS: dict[str, Callable[[str], str]] = {
    "block": _in_block,
    "double quotes": _in_double_quotes,
    "single quotes": _in_single_quotes,
}


def _corefiles() -> Iterator[tuple[str, Shape]]:
    for name, parts in _COREFILES.items():
        yield f"Corefile: {name}", Shape("Corefile", repeated(*parts))
    for name in _EMBEDDED:
        for style, write in _SCALARS.items():
            yield f"Corefile in {style}: {name}", Shape("cm.yaml", _written(repeated(*_COREFILES[name]), write))


def _written(make: Make, write: Callable[[str], str]) -> Make:
    return lambda size: write(make(size))


_VALUES = "servers:\n- zones:\n  - zone: .\n  port: 53\n  plugins:\n"
_KUBERNETES = "  - name: kubernetes\n    parameters: cluster.local\n    configBlock: |-\n"
_CHARTS = {
    "plugins": (_VALUES, "  - name: forward\n    parameters: . 192.0.2.1\n"),
    "blocks": (_VALUES, f"{_KUBERNETES}      pods insecure\n"),
    "lines": (_VALUES + _KUBERNETES, "      pods insecure\n"),
    "blank lines": (_VALUES + _KUBERNETES, "\n", "      x\n"),
    "servers": ("servers:\n", f"- zones:\n  - zone: a@.\n  plugins:\n{_KUBERNETES}      pods insecure\n"),
    "spaces": (_VALUES + '  - name: forward\n    parameters: ".', " ", '192.0.2.1"\n'),
}
_RELEASE = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: r}\nspec:\n  values:\n    controllers:\n"
_CONTROLLER = (
    "      c@:\n        containers:\n          a:\n            image: {repository: i, tag: '1'}\n"
    "            env: {A_URL: http://a@.b.svc.cluster.local}\n"
)
_CONTENT = "apiVersion: helm.cattle.io/v1\nkind: HelmChart\nmetadata: {name: r}\nspec:\n  valuesContent: |\n"
_RELEASES = {
    "controllers": (_RELEASE, _CONTROLLER),
    "controllers with options": (f"{_RELEASE}      x: {{pod: {{dnsPolicy: a}}}}\n", _CONTROLLER),
    "variables": (_RELEASE + _CONTROLLER.replace("@", "").rpartition("{")[0] + "\n", "              A@_URL: b.c.svc\n"),
    "pods in a text": (_CONTENT, "    p@: {dnsPolicy: clusterFirst}\n"),
    "a path": (_CONTENT, "    ? p@\n    : {dnsPolicy: clusterFirst}\n"),
    "a long key": (f"{_CONTENT}    ", "a", ":\n      dnsPolicy: clusterFirst\n"),
    "lines": (_CONTENT, "\n", "    dnsPolicy: clusterFirst\n"),
    "sources": (
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: r}\nspec:\n  sources:\n",
        "  - helm: {values: 'dnsPolicy: clusterFirst', valueFiles: [a]}\n",
    ),
    "charts": ("kind: Kustomization\nhelmCharts:\n", "- valuesInline: {dnsPolicy: clusterFirst}\n"),
}
_PROXY = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n"
_PROXIES = {
    "unknown fields": (_PROXY, "k@: 1\n"),
    "a field again and again": (_PROXY, "mode: ipvs\n"),
    "gates": (f"{_PROXY}featureGates:\n", "  G@: true\n"),
    "addresses": (f"{_PROXY}nodePortAddresses:\n", "- 10.0.@.0/24\n"),
    "items": (f"{_PROXY}x: [", "a,", "]\n"),
    "documents": ("", f"---\n{_PROXY}mode: ipvs\n"),
    "broken documents": ("", f"---\n{_PROXY}x: [\n"),
    "spaces": (f'{_PROXY}mode: "', " ", '"\n'),
    "blank lines": (_PROXY, "\n"),
    "aliases": (f"{_PROXY}x: &a 1\n", "a@: *a\n"),
}
_KIND = "apiVersion: kind.x-k8s.io/v1alpha4\nkind: Cluster\n"
_EKSCTL = "apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\naddons:\n"
_INSTALLERS = {
    "arguments": ("kube-proxy-arg:\n", "- ipvs-scheduler=a@\n"),
    "addresses in one argument": ('kube-proxy-arg: "nodeport-addresses=', "10.0.@.0/24,", '"\n'),
    "aliases of addresses": (f"kube-proxy-arg: [&a nodeport-addresses={'10.0.0.0/8,' * 99}", ", *a", "]\n"),
    "networks": ("cluster-domain: a\ncluster-cidr: '", "10.0.@.0/24,", "'\n"),
    "aliases of networks": (f"cluster-domain: a\ncluster-cidr: [&a '{'10.0.0.0/8,' * 99}'", ", *a", "]\n"),
    "variables": ("", "kube_proxy_@: 1\n"),
    "nodes": (f"{_KIND}nodes:\n", "- image: kindest/node:v1.@.0\n"),
    "patches": (f"{_KIND}kubeadmConfigPatches:\n", "- '{kind: KubeProxyConfiguration, mode: ipvs}'\n"),
    "aliases of a patch": (f"{_KIND}kubeadmConfigPatches:\n- &a '{{kind: KubeProxyConfiguration, x: [{'a, ' * 99}]}}'\n", "- *a\n"),
    "documents in a patch": (f"{_KIND}kubeadmConfigPatches:\n- |\n", "  ---\n  kind: KubeProxyConfiguration\n  mode: ipvs\n"),
    "addons": (_EKSCTL, "- {name: kube-proxy, configurationValues: 'mode: ipvs'}\n"),
    "a long addon": (f"{_EKSCTL}- name: kube-proxy\n  configurationValues: |\n", "    a@: 1\n"),
    "patches of Talos": ("talosVersion: a\nnodes: []\npatches:\n", "- 'cluster: {proxy: {mode: ipvs}}'\n"),
}  # fmt: skip
_CALICO = "apiVersion: operator.tigera.io/v1\nkind: Installation\nmetadata: {name: default}\nspec: {calicoNetwork: "
_KEYS = "kind: ConfigMap\nmetadata: {name: cilium-config}\ndata:\n"
_NETWORKS = {
    "pools": (f"{_CALICO}{{ipPools: [", "{cidr: 10.@.0.0/16},", "]}}\n"),
    "aliases of pools": (f"{_CALICO}{{x: &a {{cidr: 10.0.0.0/16}}, ipPools: [", "*a,", "]}}\n"),
    "lists instead of pools": (f"{_CALICO}{{ipPools: [", "[{}],", "]}}\n"),
    "keys of a ConfigMap": (f"{_KEYS}  kube-proxy-replacement: 'true'\n", "  k@: v\n"),
    "pools of the agent": (f"{_KEYS}  cluster-pool-ipv4-cidr: [", "10.@.0.0/16,", "]\n"),
    "addresses in a key": (f"{_KEYS}  config: |\n    address-pools:\n", "    - {addresses: [192.0.2.@/32]}\n"),
    "plugins in a key": (f'{_KEYS}  cni-conf.json: \'{{"plugins": [', '{"type": "portmap"},', "]}'\n"),
    "brackets in a key": (f"{_KEYS}  net-conf.json: '", "[", "'\n"),
}
_CONFLISTS = {
    "plugins": ('{"cniVersion": "1.0.0", "plugins": [', '{"type": "portmap", "snat": true},\n', "]}\n"),
    "ranges": ('{"cniVersion": "1.0.0", "plugins": [{"ipam": {"ranges": [', '[{"subnet": "10.@.0.0/24"}],', "]}}]}\n"),
    "open brackets": ('{"cniVersion": "1.0.0", "plugins": ', "[", "\n"),
}
_POD = (
    "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: s}\nspec:\n  containers:\n  - {name: c, image: alpine}\n"
)
_PODS = _POD.replace("name: p,", "name: p@,").replace(
    "  cont", "  hostNetwork: true\n  dnsPolicy: ClusterFirst\n  cont"
)
_TAKES = _POD.replace(
    "{name: c, image: alpine}", "name: c\n    image: alpine\n    envFrom:\n    - configMapRef: {name: m}\n"
)
_MAP = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: m, namespace: s}\ndata:\n"
_BROKEN = "kind: Pod\ncontainers:\n# "
_YAML = {
    "pods": ("", f"---\n{_PODS}"),
    "containers": (_POD, "  - {name: c@, image: a}\n"),
    "options": (f"{_POD}  dnsConfig:\n    options:\n", "    - {name: ndots, value: 5}\n"),
    "unknown options": (f"{_POD}  dnsConfig:\n    options:\n", "    - {name: some-option-@}\n"),
    "searches": (f"{_POD}  dnsConfig:\n    searches:\n", "    - a@.example\n"),
    "arguments": (f"{_POD}    args:\n".replace("  - {name: c, image: alpine}", "  - name: c"), "    - --a=b.c.svc\n"),
    "flow": (f"{_POD}  x: [", "a,", "]\n"),
    "images in flow": (f"{_POD}  x: [", "{image: a:1},", "]\n"),
    "separators": (_POD, "---\n"),
    "broken documents": ("", "---\nkind: Pod\ncontainers: [\n"),
    "comments": (_POD, "# a\n"),
    "suppressions": (_POD, "# kpl: ignore[KPL101]\n"),
    "references": (f"{_MAP[4:]}  API_URL: http://b.c.svc\n---\n{_TAKES}", "    - configMapRef: {name: m}\n"),
    "variables": (f"{_TAKES}{_MAP}", "  A@_URL: http://b@.svc.cluster.local\n"),
    "pods and variables": ("", f"---\n{_TAKES}{_MAP}  A_URL: http://b.svc.cluster.local\n"),
    "open percent tags": (_BROKEN, "{%", "\nx: [\n"),
    "open actions": (_BROKEN, "{{", "\nx: [\n"),
    "open percent braces": (_BROKEN, "%{", "\nx: [\n"),
    "lines of SOPS": ("", "sops:\n", f"# xENC[\n{_POD}"),
    "words of SOPS": (f"sops:\n{_POD}# ", "xENC[", "\n"),
    "words that open nothing": ("# ", "a.server ", f"\n{_POD}"),
}

_ACTION = f"{_POD}  {{{{- toYaml .a | nindent 2 }}}}\n"
_TEMPLATES = {
    "values": (_ACTION, "  x@: {{ .x }}\n"),
    "values on one line": (f"{_ACTION}  x: ", "{{ .x }}", "\n"),
    "lines of actions": (_ACTION, "  {{ .x }}\n"),
    "conditions": (_ACTION, "  {{ if .x }}\n  a@: b\n  {{ else }}\n  c@: d\n  {{ end }}\n"),
    "nested conditions": (_ACTION, "  {{ if .x }}\n  {{ else }}\n", ""),
    "a condition in each document": ("", f"{{{{ if .x }}}}\n---\n{_PODS}{{{{ else }}}}\n---\n{_PODS}{{{{ end }}}}\n"),
    "options in conditions": (
        f"{_ACTION}  dnsConfig:\n    options:\n",
        "    {{ if .x }}\n    - {name: some-option-@}\n    {{ end }}\n    - {name: other-option-@}\n",
    ),
    "keys before blank lines": (_ACTION, "  x@: {{ .x }}\n\n\n"),
    "branches": (f"{_ACTION}  {{{{ if .x }}}}\n", "  {{ else if .y }}\n  a: b\n", "  {{ end }}\n"),
    "statements of Jinja": (_ACTION, "  {% for a in b %}\n  a@: b\n  {% endfor %}\n"),
    "raw text of Jinja": (f"{_ACTION}  x: '", "{% raw %}", "'\n"),
    "open strings": (f"{_ACTION}  x: '", '{{ \\" }} ', "'\n"),
    "open raw strings": (f"{_ACTION}  x: '", "{{ `", "'\n"),
    "open comments": (f"{_ACTION}  x: '", "{{/* ", "'\n"),
    "open braces": (f"{_ACTION}  x: '", "${", "'\n"),
    "lines of a Corefile": (
        f"{config_map('|')}\n    {{{{ .x }}}}\n    . {{\n".replace("metadata:", "{{ .x }}\nmetadata:"),
        "        {{ if .x }}\n        cache 30s\n        {{ end }}\n        cache 10s\n",
        "    }\n",
    ),
    "fields of kube-proxy": (f"{_PROXY}{{{{ .x }}}}\n", "{{ if .x }}\nk@: 1\n{{ end }}\nl@: 2\n"),
}


def _pod(number: int) -> dict[str, object]:
    options = [{"name": "ndots", "value": 5}, {"name": "single-request-reopen"}]
    spec = {"hostNetwork": True, "containers": [{"name": "c", "image": "alpine"}], "dnsConfig": {"options": options}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"p{number}"}, "spec": spec}


def _service(number: int) -> dict[str, object]:
    spec = {"clusterIP": f"10.96.{number // 256}.{number % 256}", "ports": [{"port": 80}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": f"s{number}"}, "spec": spec}


def _slice(number: int) -> dict[str, object]:
    metadata = {"name": f"s{number}", "labels": {"kubernetes.io/service-name": f"s{number}"}}
    endpoints = [{"addresses": [f"10.0.{number // 256}.{number % 256}"]}]
    kind = {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4"}
    return {**kind, "metadata": metadata, "endpoints": endpoints, "ports": [{"port": 80}]}


def _list(*makers: Callable[[int], dict[str, object]]) -> Make:
    def make(size: int) -> str:
        count = max(size // sum(len(json.dumps(maker(99))) for maker in makers), 1)
        items = [maker(number) for number in range(count) for maker in makers]
        return json.dumps({"apiVersion": "v1", "kind": "List", "items": items}, separators=(",", ":"))

    return make


_TABLE = "*nat\n:PREROUTING ACCEPT [0:0]\n:KUBE-SERVICES - [0:0]\n:KUBE-NODEPORTS - [0:0]\n"
_NFT = "table ip kube-proxy {\n"
_COMMANDS = "add table ip kube-proxy\nadd set ip kube-proxy x { "
_DUMPS: dict[str, dict[str, tuple[str, ...]]] = {
    "d.iptables": {
        "Services": (_TABLE, '-A KUBE-SERVICES -d 10.96.0.@/32 -m comment --comment "n/s@ cluster IP" -j KUBE-SVC-@\n'),
        "chains": (_TABLE, ":KUBE-SVC-@ - [0:0]\n", "COMMIT\n"),
        "a rule again and again": (_TABLE, "-A KUBE-SERVICES -j KUBE-NODEPORTS\n", "COMMIT\n"),
        "tables": ("", "*nat\n:KUBE-SERVICES - [0:0]\nCOMMIT\n"),
        "shapes": (_TABLE, "-A KUBE-SERVICES --x@ y -j RETURN\n", "COMMIT\n"),
        "blank lines": (_TABLE, "\n", "COMMIT\n"),
        "spaces": (f"{_TABLE}-A KUBE-SERVICES", " ", "-j RETURN\nCOMMIT\n"),
        "suppressions": (_TABLE, "# kpl: ignore[KPL404]\n", "COMMIT\n"),
    },
    "d.nft": {
        "chains": (_NFT, "\tchain service-ABCDEFGH-n/s@/tcp/h {\n\t\tip daddr 10.96.0.1 goto x\n\t}\n", "}\n"),
        "elements": (f"{_NFT}\tmap service-ips {{\n\t\telements = {{ ", "10.96.0.1 . tcp . @ : goto x,\n", "}\n\t}\n}\n"),
        "tables": ("", f"{_NFT}}}\n"),
        "open braces": (_NFT, "{"),
        "shapes": (f"{_NFT}\tchain services {{\n", "\t\tx@ y accept\n", "\t}\n}\n"),
        "spaces": (_NFT, " "),
        "types of a command": (_COMMANDS, "type type ", "\n"),
        "spaces of a command": (f"{_COMMANDS}type filter hook a priority", " ", "\n"),
        "hooks of a command": (_COMMANDS.replace("add set", "add chain"), "type filter hook a priority b ", "\n"),
        "commands": ("add table ip kube-proxy\n", "add rule ip kube-proxy services ip daddr 10.96.0.@ jump x\n"),
    },
    "d.ipvs": {
        "Services": ("IP Virtual Server version 1.2.1 (size=4096)\n", "TCP  10.96.0.1:@ rr\n  -> 10.0.0.1:80 Masq 1 0 0\n"),
        "real servers": ("TCP  10.96.0.1:80 rr\n", "  -> 10.0.0.1:@ Masq 1 0 0\n"),
    },
    "d.ipset": {
        "members": ("create KUBE-CLUSTER-IP hash:ip,port family inet\n", "add KUBE-CLUSTER-IP 10.96.0.1,tcp:@\n"),
        "sets": ("", "create K@ hash:ip,port family inet\n"),
    },
    "d.conntrack": {
        "connections": ("", "udp 17 10 src=10.0.0.1 dst=10.96.0.10 sport=@ dport=53 [UNREPLIED] src=10.96.0.10 dst=10.0.0.1 sport=53 dport=@ use=1\n"),
        "counters": ("cpu=0 found=0 ", "x@=1 ", "\n"),
    },
    "ip_vs_conn": {
        "connections": ("", "TCP 14:59 ESTABLISHED 10.0.0.1:@ 10.96.0.1:443 10.0.0.2:6443\n"),
        "words": ("TCP 14:59 NONE a:1 b:2 c:3\nTCP 14:59 NONE", " a:@", "\n"),
    },
    "d.txt": {
        "kinds in turn": ("", "cpu=0 found=@ invalid=0\ncreate K@ hash:ip,port family inet\nTCP 10.96.0.1:@ rr\n"),
        "headings": ("create K hash:ip,port family inet\ncpu=0 found=0 invalid=0\n", "$ command @\n"),
        "a line": ("create K hash:ip,port family inet\ncpu=0 found=0 invalid=0\n", "-@.=/", "\n"),
        "spaces": ("create K hash:ip,port family inet\ncpu=0 found=0 invalid=0\n", " ", "\n"),
    },
    "resolv.conf": {
        "nameservers": ("", "nameserver 192.0.2.1\n"),
        "searches": ("nameserver 192.0.2.1\nsearch", " a@.example", "\n"),
        "options": ("nameserver 192.0.2.1\n", "options some-option-@\n"),
        "blank lines": ("nameserver 192.0.2.1\n", "\n"),
    },
}  # fmt: skip


def _elements(size: int) -> str:
    table = {"table": {"family": "ip", "name": "kube-proxy", "handle": 1}}
    elements = [[{"concat": ["10.96.0.1", "tcp", port]}, {"goto": {"target": "x"}}] for port in range(size // 65)]
    kind = {"family": "ip", "table": "kube-proxy", "name": "service-ips", "handle": 2, "map": "verdict"}
    types = ["ipv4_addr", "inet_proto", "inet_service"]
    return json.dumps({"nftables": [table, {"map": {**kind, "type": types, "elem": elements}}]})


_DOCUMENT = "kind: Pod\nmetadata: {name: p@}\nspec: {dnsPolicy: clusterFirst, dnsConfig: {options: [{name: ndots, value: 2}]}}\nEOF\n"
_HOSTS: dict[str, dict[str, tuple[str, ...]]] = {
    "main.tf": {
        "manifests": ("", f"a = <<EOF\n{_DOCUMENT}"),
        "Corefiles": ("data = {\n", "  Corefile = <<EOF\n. {\n    forward . 192.0.2.1\n}\nEOF\n", "}\n"),
        "heredocs that nothing closes": ("kind:\n", "a = <<E@\n"),
        "heredocs on a line": ("kind:\na = ", "<<E "),
        "functions around a heredoc": ("kind:\na = ", "f(", "<<EOF\nkind: Pod\nEOF\n"),
        "openings in a heredoc": ("a = <<EOF\nkind: ", "${", "\nEOF\n"),
        "placeholders in a heredoc": ("a = <<EOF\nkind: Service\nmetadata: {name: ", "${a}", "}\nEOF\n"),
    },
    "run.sh": {
        "manifests": ("", f"kubectl apply -f - <<EOF\n{_DOCUMENT}"),
        "files": ("cat ", ">a", "<<EOF\nkind: Pod\nEOF\n"),
        "variables": ("cat <<EOF\nkind: Service\nmetadata: {name: ", "$a", "}\nEOF\n"),
        "tabs": ("cat <<-EOF\nkind: Service\n", "\t", "\nEOF\n"),
    },
    "kustomization.yaml": {
        "patches": (
            "patches:\n",
            "- patch: |\n    kind: Pod\n    metadata: {name: p@}\n    spec: {dnsConfig: {options: [{name: ndots, value: 2}]}}\n",
        ),
        "operations": (
            "patches:\n- patch: |\n",
            "    - {op: add, path: /spec/template/spec/dnsConfig/options/-, value: {name: ndots, value: 2}}\n",
        ),
        "literals": ("configMapGenerator:\n- literals:\n", "  - 'Corefile=. { forward . 192.0.2.1 }'\n"),
    },
}


def shapes() -> dict[str, Shape]:
    """All of them by their names."""
    made = dict(_corefiles())
    for kind, path, parts in (
        ("chart values", "values.yaml", _CHARTS),
        ("release", "r.yaml", _RELEASES),
        ("KubeProxyConfiguration", "kp.yaml", _PROXIES),
        ("YAML", "o.yaml", _YAML),
        ("installers", "i.yaml", _INSTALLERS),
        ("network settings", "n.yaml", _NETWORKS),
        ("conflist", "n.conflist", _CONFLISTS),
        ("template", "t.yaml", _TEMPLATES),
    ):
        made |= {f"{kind}: {name}": Shape(path, repeated(*each)) for name, each in parts.items()}
    made["JSON: pods"] = Shape("o.json", _list(_pod))
    made["JSON: Services and EndpointSlices"] = Shape("o.json", _list(_service, _slice))
    made["JSON of nft: elements"] = Shape("d.json", _elements)
    for path, dumps in (_DUMPS | _HOSTS).items():
        made |= {f"{path}: {name}": Shape(path, repeated(*each)) for name, each in dumps.items()}
    return made


def settings_files() -> dict[str, Make]:
    """Files ``.kpl.yaml``."""
    return {
        "selectors": repeated("select:\n", "- KPL201\n"),
        "overrides": repeated("overrides:\n", "- {paths: ['a@/**'], ignore: [KPL201]}\n"),
        "paths": repeated("exclude:\n", "- a@/**\n"),
        "variables": repeated("cluster:\n  coredns-environment:\n", "    A@: b\n"),
        "comments": repeated("", "# a\n"),
    }
