"""KPL303."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import Bad, Cluster, Edit, Finding, Fix, Good, Rule, Severity, Stop, Version, manifest
from kpl.corefiles import is_placeholder
from kpl.edits import add_entry, remove_entry
from kpl.kubeproxy import (
    PROXY_FIELDS,
    ZERO_COUNTS,
    KubeProxyConfig,
    field_path,
    fields_called,
    fields_in,
    is_certainly_meant,
    is_zero,
    meant_field,
)
from kpl.manifests import Mapping, Scalar
from kpl.words import closest

_HEAD = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n"
_PATCH = (
    "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nkubeadmConfigPatches:\n- |\n  kind: KubeProxyConfiguration\n"
)
_TAIL = "mode: iptables\nclusterCIDR: 10.244.0.0/16\n"
_ON_ONE_LINE = re.compile(r"[\w-]+:[ \t]+[^\s&*!][^\r\n]*")
"""A key and its value, without an anchor or a tag."""


class UnknownOrRemovedField(Rule):
    """This release of kube-proxy has no such field, so it ignores the setting and uses the default.

    ## Why
    kube-proxy first decodes its configuration strictly. If that fails because of an unknown field, it logs a line and
    decodes the file again with a lenient decoder, which drops the field. kube-proxy then starts with the default
    instead of the configured value. Names are case-sensitive: `clusterCidr` is dropped as well.

    Fields come and go with the releases: `conntrack.max` was removed in 1.15, `resourceContainer` in 1.16 and
    `udpIdleTimeout` in 1.26; `iptables.localhostNodePorts` was added in 1.26, `logging` in 1.28, `nftables` and
    `conntrack.tcpBeLiberal` in 1.29. A configuration that kubeadm wrote has every field of the release that wrote it.

    If the value is empty or zero, nothing is lost: a removed or unknown field is then reported as info, and a field of
    a later release is not reported.

    ## Fix
    Removes a field that was removed from kube-proxy, which changes nothing. Corrects a name that differs from a field
    of the same section by one typo or by case; with two typos the fix is unsafe. Renames a field that has another name
    elsewhere (a flag of kube-proxy such as `proxy-mode`, a Go type such as `kubeProxyIPVSConfiguration`, a field of
    Kubernetes 1.8 such as `kubeconfigPath`) and moves it to its section, if kube-proxy accepts the value there and the
    field is not set. `address`, a field of the kubelet, becomes `bindAddress` in an unsafe fix.

    ## References
    - https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/
    - https://github.com/kubernetes/kube-proxy/blob/master/config/v1alpha1/types.go
    - https://github.com/kubernetes/kubernetes/blob/master/cmd/kube-proxy/app/options.go
    """

    code = "KPL303"
    name = "unknown-or-removed-field"
    stop = Stop.PROXY
    severity = Severity.WARNING
    since = "0.1.0"
    symptoms = ("setting-without-effect",)
    in_templates = True
    examples = [
        Bad(
            manifest(f"{_HEAD}{_TAIL}udpIdleTimeout: 250ms\n"),
            flags=["udpIdleTimeout"],
            fixed=f"{_HEAD}{_TAIL}",
        ),
        Bad(
            manifest(f"{_HEAD}conntrack:\n  max: null\n  min: 262144\nresourceContainer: /kube-proxy\n{_TAIL}"),
            flags=["max", "resourceContainer"],
            fixed=f"{_HEAD}conntrack:\n  min: 262144\n{_TAIL}",
            severities=[Severity.INFO, Severity.WARNING],
        ),
        Bad(
            manifest(f"{_HEAD}mode: iptables\nclusterCidr: 10.244.0.0/16 # the pods\n"),
            flags=["clusterCidr"],
            fixed=f"{_HEAD}mode: iptables\nclusterCIDR: 10.244.0.0/16 # the pods\n",
        ),
        Bad(
            manifest(f"{_HEAD}{_TAIL}iptables:\n  minSyncPeroid: 1s\n"),
            flags=["minSyncPeroid"],
            fixed=f"{_HEAD}{_TAIL}iptables:\n  minSyncPeriod: 1s\n",
        ),
        # two slips
        Bad(
            manifest(f"{_HEAD}{_TAIL}metricBindAdress: 0.0.0.0:10249\n"),
            flags=["metricBindAdress"],
            fixed=f"{_HEAD}{_TAIL}metricsBindAddress: 0.0.0.0:10249\n",
            safe=False,
        ),
        # the field exists elsewhere; the right one is there already; nothing is near
        Bad(
            manifest(f"{_HEAD}{_TAIL}udpTimeout: 1m\n"),
            flags=["udpTimeout"],
            says=["Move it to `ipvs.udpTimeout` or `conntrack.udpTimeout`."],
        ),
        Bad(manifest(f"{_HEAD}{_TAIL}clusterCidr: 10.0.0.0/8\n"), flags=["clusterCidr"]),
        Bad(manifest(f"{_HEAD}{_TAIL}proxyFlavour: fast\n"), flags=["proxyFlavour"], says=["Remove it.\n"]),
        # the names that fields have elsewhere
        Bad(
            manifest(
                f"{_HEAD}mode: ipvs\nclusterCIDR: 10.244.0.0/16\nkubeProxyIPVSConfiguration:\n  strictARP: true\n"
            ),
            {"kubernetes": "1.30"},
            flags=["kubeProxyIPVSConfiguration"],
            fixed=f"{_HEAD}mode: ipvs\nclusterCIDR: 10.244.0.0/16\nipvs:\n  strictARP: true\n",
        ),
        Bad(
            manifest(f"{_HEAD}{_TAIL}address: 0.0.0.0\n"),
            flags=["address"],
            fixed=f"{_HEAD}{_TAIL}bindAddress: 0.0.0.0\n",
            safe=False,
        ),
        Bad(
            manifest(f"{_HEAD}proxy-mode: iptables # the default\ncluster-cidr: 10.244.0.0/16\n"),
            flags=["proxy-mode", "cluster-cidr"],
            fixed=f"{_HEAD}mode: iptables # the default\nclusterCIDR: 10.244.0.0/16\n",
        ),
        Bad(
            manifest(f"{_HEAD}{_TAIL}masquerade-all: true # for the overlay\n"),
            flags=["masquerade-all"],
            fixed=f"{_HEAD}{_TAIL}iptables:\n  masqueradeAll: true # for the overlay\n",
        ),
        Bad(
            manifest(f"{_HEAD}{_TAIL}iptables-sync-period: 1m\niptables:\n  minSyncPeriod: 1s\n"),
            flags=["iptables-sync-period"],
            fixed=f"{_HEAD}{_TAIL}iptables:\n  minSyncPeriod: 1s\n  syncPeriod: 1m\n",
        ),
        # two that make the same section, one after the other
        Bad(
            manifest(f"{_HEAD}mode: ipvs\nclusterCIDR: 10.244.0.0/16\nipvs-scheduler: rr\nipvs-strict-arp: true\n"),
            {"kubernetes": "1.30"},
            flags=["ipvs-scheduler", "ipvs-strict-arp"],
            fixed=f"{_HEAD}mode: ipvs\nclusterCIDR: 10.244.0.0/16\nipvs:\n  scheduler: rr\n  strictARP: true\n",
        ),
        # it is set, or kube-proxy refuses the value
        Bad(
            manifest(f"{_HEAD}{_TAIL}address: 10.0.0.1\nbindAddress: 0.0.0.0\n"),
            flags=["address"],
            says=["Remove it: `bindAddress` is already set."],
        ),
        Bad(manifest(f"{_HEAD}{_TAIL}address: eth0\n"), flags=["address"]),
        # a later release has it
        Bad(
            manifest(f"{_HEAD}{_TAIL}conntrack:\n  tcpBeLiberal: true\n"),
            {"kubernetes": "1.28"},
            flags=["tcpBeLiberal"],
        ),
        Good(manifest(f"{_HEAD}{_TAIL}conntrack:\n  tcpBeLiberal: true\n"), {"kubernetes": "1.29"}),
        # a part of a configuration, which another program completes
        Good(manifest(f"{_PATCH}  apiVersion: kubeproxy.config.k8s.io/v1alpha1\n  proxyFlavour: fast\n")),
        # nothing is lost
        Good(manifest(f"{_HEAD}{_TAIL}conntrack:\n  tcpBeLiberal: false\n"), {"kubernetes": "1.28"}),
        Good(manifest(f"{_HEAD}{_TAIL}udpIdleTimeout: 250ms\n"), {"kubernetes": "1.25"}),
        # kubeadm's settings in the same file tell the release
        Good(
            manifest(
                "apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\nkubernetesVersion: v1.25.3\n"
                f"---\n{_HEAD}{_TAIL}udpIdleTimeout: 250ms\n"
            )
        ),
        Good(manifest(f"{_HEAD}{_TAIL}portRange: ''\nconfigSyncPeriod: 15m0s\n")),
        Good(manifest(f"{_HEAD}{_TAIL}logging:\n  format: text\n  options:\n    json:\n      infoBufferSize: '0'\n")),
        # what stands there is not known yet
        Good(manifest(f'{_HEAD}{_TAIL}"{{{{ .Values.extraKey }}}}": 1\n')),
        # nothing is lost: zero, and not where zero counts
        Bad(
            manifest(f"{_HEAD}{_TAIL}masquerade-all: false\n"),
            flags=["masquerade-all"],
            fixed=f"{_HEAD}{_TAIL}iptables:\n  masqueradeAll: false\n",
            severities=[Severity.INFO],
        ),
        Bad(
            manifest(f"{_HEAD}{_TAIL}proxyFlavour: ''\n"),
            flags=["proxyFlavour"],
            severities=[Severity.INFO],
            says=["Remove it.\n"],
        ),
        Bad(
            manifest(f"{_HEAD}{_TAIL}udpIdleTimeout: 0s\n"),
            flags=["udpIdleTimeout"],
            fixed=f"{_HEAD}{_TAIL}",
            severities=[Severity.INFO],
        ),
        Bad(
            manifest(f"{_HEAD}{_TAIL}bindAdress: 0.0.0.0\nbindAddress: 0.0.0.0\n"),
            flags=["bindAdress"],
            says=["Remove it: `bindAddress` is already set."],
        ),
    ]

    def check(self, config: KubeProxyConfig, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if config.partial or not (config.node.text("apiVersion") or "").startswith("kubeproxy.config.k8s.io/"):
            return
        release = cluster.kubernetes_version_for(config)
        yield from self._section(config, "", config.node, cluster)
        for name in PROXY_FIELDS:
            section = config.node.get(name) if name in fields_in("", release) else None
            if isinstance(section, Mapping) and not section.shared:
                yield from self._section(config, name, section, cluster)

    def _section(self, config: KubeProxyConfig, section: str, node: Mapping, cluster: Cluster) -> Iterator[Finding]:
        release = cluster.kubernetes_version_for(config)
        known = fields_in(section, release)
        made: set[str] = set()
        mode = config.mode  # which is looked for in all fields
        for key, value in node.pairs:
            if not isinstance(key, Scalar) or key.value in known or key.value == "<<" or is_placeholder(key.value):
                continue
            field = PROXY_FIELDS[section].get(key.value)
            path = field_path(section, key.value)
            lost = not is_zero(value)
            if field is None:
                meant = meant_field(section, key.value, release, mode)
                if meant is not None and key.value.lower() != meant.lower():
                    yield self._named_otherwise(config, node, key, path, meant, made, cluster)
                else:
                    yield self._unknown(config, section, node, key, lost, release)
            elif field.gone(release):
                edit = _removal(config, node, key)
                yield self.finding(
                    key.span,
                    f"`{path}` was removed in Kubernetes {field.removed}, so kube-proxy ignores it",
                    help=f"Remove it (it set {field.did}).",
                    fix=Fix(f"Remove `{path}`", (edit,)) if edit else None,
                    severity=None if lost else Severity.INFO,
                    in_templates=cluster.kubernetes_version_known,
                )
            elif lost or path in ZERO_COUNTS:
                yield self.finding(
                    key.span,
                    f"`{path}` was added in Kubernetes {field.added}, so kube-proxy {release} ignores it",
                    help=f"Remove it until the cluster runs Kubernetes {field.added} or later.",
                    in_templates=cluster.kubernetes_version_known,
                )

    def _named_otherwise(
        self,
        config: KubeProxyConfig,
        node: Mapping,
        key: Scalar,
        path: str,
        meant: str,
        made: set[str],
        cluster: Cluster,
    ) -> Finding:
        """A field under the name that it has elsewhere; `made` are the names that fixes of this mapping write already."""
        value = node.get(key.value)
        there = _written(config, meant)
        edits = () if there else _moved(config, node, key, meant, made)
        if edits and cluster.proxy_takes(config, edits):
            made.add(meant.partition(".")[0])
        else:
            edits = ()
        fix = None
        if edits:
            fix = Fix(f"Rename `{path}` to `{meant}`", edits, safe=is_certainly_meant(key.value))
        lost = value is None or not is_zero(value) or meant in ZERO_COUNTS
        return self.finding(
            key.span,
            f"`{path}` is not a field of kube-proxy, so kube-proxy ignores it; the field is `{meant}`",
            help=f"Remove it: `{meant}` is already set." if there else f"Rename it to `{meant}`.",
            fix=fix,
            severity=None if lost else Severity.INFO,
        )

    def _unknown(
        self, config: KubeProxyConfig, section: str, node: Mapping, key: Scalar, lost: bool, release: Version
    ) -> Finding:
        elsewhere = fields_called(key.value, release)
        near = None if elsewhere else closest(key.value, fields_in(section, release))
        meant = near[0] if near else ""
        fix = None
        if near and node.pair(meant) is None:
            edit = _renamed(config, key, meant)
            fix = Fix(f"Rename `{key.value}` to `{meant}`", (edit,), safe=near[1] < 2) if edit else None
        if elsewhere:
            help_ = f"Move it to {' or '.join(f'`{path}`' for path in elsewhere)}."
        elif near:
            help_ = f"Rename it to `{meant}`." if fix else f"Remove it: `{meant}` is already set."
        else:
            help_ = "Remove it."
        counts = any(path in ZERO_COUNTS for path in (*elsewhere, field_path(section, meant)))
        return self.finding(
            key.span,
            f"`{field_path(section, key.value)}` is not a field of kube-proxy, so kube-proxy ignores it",
            help=help_,
            fix=fix,
            severity=None if lost or counts else Severity.INFO,
        )


def _removal(config: KubeProxyConfig, node: Mapping, key: Scalar) -> Edit | None:
    edit = remove_entry(config.text, node, key)
    return None if edit is None or "#" in config.text[edit.start : edit.end] else edit


def _renamed(config: KubeProxyConfig, key: Scalar, name: str) -> Edit | None:
    start, end = key.span
    written = config.text[start:end]
    return Edit(start, end, written.replace(key.value, name)) if key.value in written and not key.shared else None


def _written(config: KubeProxyConfig, path: str) -> bool:
    section, _, name = path.rpartition(".")
    node = config.node.get(section) if section else config.node
    return isinstance(node, Mapping) and node.pair(name) is not None


def _moved(config: KubeProxyConfig, node: Mapping, key: Scalar, path: str, made: set[str]) -> tuple[Edit, ...]:
    """The edits that give a key the name `path`, in the section that it belongs to; none where that cannot be exact."""
    section, _, name = path.rpartition(".")
    if path.partition(".")[0] in made or key.shared or node.shared or node.flow:
        return ()
    if not section or node is config.node.get(section):
        edit = _renamed(config, key, name)
        return (edit,) if edit else ()
    value = node.get(key.value)
    if not isinstance(value, Scalar) or value.shared or value.style in ("|", ">") or value.start == value.end:
        return ()
    written = config.text[value.start : value.end]
    if not _ON_ONE_LINE.fullmatch(config.text[key.start : value.end]) or not config.text.startswith(
        key.value, key.start
    ):
        return ()
    target = node.get(section)
    if target is None:
        indent = " " * (key.start - config.text.rfind("\n", 0, key.start) - 1)
        return (Edit(key.start, value.end, f"{section}:\n{indent}  {name}: {written}"),)
    taken = _removal(config, node, key)
    added = add_entry(config.text, target, f"{name}: {written}") if isinstance(target, Mapping) else None
    return (taken, added) if taken and added else ()
