"""KPL101."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Confidence, Edit, Finding, Fix, Good, Related, Rule, Severity, Stop, manifest
from kpl.corefiles import Role, ServerBlock, role_of
from kpl.edits import add_entry, add_item
from kpl.manifests import Sequence, Workload
from kpl.poddns import (
    CLUSTER_POLICIES,
    ENV_CLUE,
    GLIBC,
    HOST_CLUE,
    HostName,
    NameKind,
    TakenName,
    absolute_name,
    dns_policy_of,
    host_names,
    hosts_file,
    is_complete,
    libc_of,
    pod_resolver,
    serving_containers,
    written_ndots,
)

_HEAD = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: cart
  namespace: shop
spec:
  template:
    spec:
      containers:
        - name: cart
"""
_STRIPE = (
    _HEAD
    + """\
          image: shop/cart:3-bookworm
          env:
            - name: STRIPE_API_URL
              value: https://api.stripe.com/v1
"""
)
_NDOTS = """\
      dnsConfig:
        options:
          - name: ndots
            value: "2"
"""
_KAFKA = (
    _HEAD
    + """\
          image: shop/cart:3-alpine3.22
          env:
            - {name: KAFKA_BROKERS, value: "kafka.bus.svc.cluster.local:9092,broker.corp.io:9092"}
            - {name: SMTP_HOST, value: smtp.sendgrid.net}
      dnsPolicy: ClusterFirst
"""
)
_TAKES = (
    _HEAD
    + """\
          image: shop/cart:3-bookworm
          envFrom:
            - {reference}:
                name: cart-env
"""
)
_CONFIG_MAP = """\
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: cart-env
  namespace: shop
data:
  STRIPE_API_URL: https://files.api.stripe.com/v1
  REDIS_URL: redis://redis.shop.svc:6379
"""
_EXTERNAL_SECRET = """\
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: cart
  namespace: shop
spec:
  target:
    name: cart-env
    template:
      data:
        DATABASE_URL: postgres://{{ .user }}:{{ .password }}@db.bus.svc.cluster.local/cart
"""
_POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: cart
  namespace: shop
spec:
  containers:
    - name: cart
      image: shop/cart:3-bookworm
      env:
        - name: STRIPE_API_URL
          value: https://api.stripe.com/v1
"""
_RAY = """\
apiVersion: ray.io/v1
kind: RayCluster
metadata:
  name: train
spec:
  headGroupSpec:
    template:
      spec:
        containers:
          - name: head
            image: shop/ray:2-bookworm
            env:
              - name: S3_ENDPOINT_URL
                value: https://s3.eu-central-1.amazonaws.com
"""
_RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: cart
spec:
  values:
    controllers:
      cart:
        containers:
          app:
            image:
              repository: shop/cart
              tag: 3-bookworm
            env:
              REDIS_HOST: redis.shop.svc.cluster.local
              STRIPE_API_URL: https://api.stripe.com/v1
"""
_GRAFANA = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: dashboards
  namespace: obs
spec:
  chart:
    spec:
      chart: grafana
      sourceRef:
        kind: HelmRepository
        name: grafana-charts
  values:
    env:
      GF_DATABASE_HOST: db.obs.svc.cluster.local:5432
"""
_VPA = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: vpa
spec:
  chart: {spec: {chart: vpa, sourceRef: {kind: HelmRepository, name: fairwinds}}}
  values:
    recommender:
      extraArgs:
        prometheus-address: http://prometheus.obs.svc.cluster.local:9090
"""
_KNATIVE = _HEAD.replace("apps/v1", "serving.knative.dev/v1").replace("Deployment", "Configuration")
_AUTOPATH = """\
.:53 {
    errors
    health {
        lameduck 5s
    }
    ready
    autopath @kubernetes
    kubernetes cluster.local {
        pods verified
    }
    forward . 10.0.0.53
    cache 30 {
        disable success cluster.local
        disable denial cluster.local
    }
    loop
}
"""
_MOST_RELATED = 5


class NdotsSearchCost(Rule):
    """Pods resolve a name with eight queries instead of two, because it has fewer than five dots.

    ## Why
    The kubelet gives a pod that uses the cluster's DNS three search domains and `ndots:5`. For a name with fewer dots,
    a resolver tries every search domain before the name itself, for A and AAAA each: `api.stripe.com` costs 8 queries,
    and 6 of them end in NXDOMAIN. `cart.shop.svc.cluster.local` has four dots and costs the same. With `ndots:2`, each
    costs 2 queries, and `cart` and `cart.shop` still resolve.

    The rule checks the hosts that a manifest, or the values of a chart whose pods kpl knows (those made with bjw-s's
    library `common`, and some like `grafana`), names and a container looks up, except in Jobs and init containers,
    which look them up only once.
    Variables from ConfigMaps, Secrets and templates of ExternalSecrets in the tree count as well; the finding is at the
    name of that object in the pod, where the fix is. The rule is silent if every Corefile for cluster DNS in the tree has
    a working `autopath`, which answers the complete search in one step. With NodeLocal DNSCache the searches end at the
    node, but the pod still sends them. kpl does not recognize a program that looks up hosts without the search list.

    ## Fix
    Adds `ndots` with the value 2 to the pod's `dnsConfig` (3 if the pod also uses a name like `cart.shop.svc`). The fix
    is safe for images built on glibc, which tries the search list if the name itself does not exist. musl (Alpine) does
    not: a `cart.shop.svc` that only the program knows would no longer resolve. The fix is therefore unsafe for musl,
    for images that do not reveal their libc, and for a Pod, whose spec cannot be changed.

    A name of the cluster can be written with a trailing dot instead, `cart.shop.svc.cluster.local.`, unless it is
    compared with a certificate or a Host header.

    ## References
    - https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/
    - https://man7.org/linux/man-pages/man5/resolv.conf.5.html
    - https://wiki.musl-libc.org/functional-differences-from-glibc.html
    - https://github.com/coredns/deployment/blob/master/kubernetes/Scaling_CoreDNS.md
    """

    code = "KPL101"
    name = "ndots-search-cost"
    stop = Stop.RESOLVER
    severity = Severity.WARNING
    confidence = Confidence.MEDIUM
    since = "0.1.0"
    symptoms = ("slow-lookups",)
    clue = f"{ENV_CLUE}\n{HOST_CLUE}"
    examples = [
        Bad(manifest(_STRIPE), flags=["api.stripe.com"], fixed=_STRIPE + _NDOTS,
            says=["each lookup sends 8 queries, 6 of them", "it sends 2\n", "in the pod's `dnsConfig`.\n"]),
        Bad(manifest(_KAFKA), flags=["kafka.bus.svc.cluster.local"], fixed=_KAFKA + _NDOTS, safe=False,
            says=["Or write `kafka.bus.svc.cluster.local.` with a trailing dot"]),
        Bad(
            manifest(_STRIPE + "      dnsConfig:\n        options:\n        - name: timeout\n          value: '2'\n"),
            flags=["api.stripe.com"],
            fixed=_STRIPE
            + "      dnsConfig:\n        options:\n        - name: timeout\n          value: '2'\n"
            + '        - name: ndots\n          value: "2"\n',
        ),
        Bad(
            manifest(_STRIPE + "            - name: REDIS_URL\n              value: redis://redis.shop.svc:6379\n            - "
                     "name: OTEL_EXPORTER_OTLP_ENDPOINT\n              value: http://otel.obs.svc.cluster.local:4317\n"),
            flags=["otel.obs.svc.cluster.local"],
            fixed=_STRIPE + "            - name: REDIS_URL\n              value: redis://redis.shop.svc:6379\n            - "
                     "name: OTEL_EXPORTER_OTLP_ENDPOINT\n              value: http://otel.obs.svc.cluster.local:4317\n"
                     + _NDOTS.replace('"2"', '"3"'),
            says=["with `ndots:3` it sends 2"],
        ),
        # the spec of a Pod cannot be changed
        Bad(
            manifest(_POD),
            flags=["api.stripe.com"],
            fixed=_POD + _NDOTS.replace("      ", "  ", 1).replace("\n    ", "\n"),
            safe=False,
        ),
        Bad(manifest(_STRIPE), {"node_local_dns": True}, flags=["api.stripe.com"], fixed=_STRIPE + _NDOTS,
            says=["NodeLocal DNSCache answers the extra queries"]),
        # the names are in a ConfigMap or in the Secret that an ExternalSecret makes
        Bad(
            manifest(_TAKES.format(reference="configMapRef") + _CONFIG_MAP),
            flags=["cart-env"],
            fixed=_TAKES.format(reference="configMapRef") + _NDOTS.replace('"2"', '"3"') + _CONFIG_MAP,
            says=["`files.api.stripe.com` of the ConfigMap `cart-env` has fewer than 5 dots, so each lookup sends 8 queries"],
        ),
        Bad(
            manifest(_TAKES.format(reference="secretRef") + _EXTERNAL_SECRET),
            flags=["cart-env"],
            fixed=_TAKES.format(reference="secretRef") + _NDOTS + _EXTERNAL_SECRET,
            says=["`db.bus.svc.cluster.local` of the Secret `cart-env`"],
        ),
        # of another namespace, a Secret of that name, or a name that the container replaces
        Good(manifest(_TAKES.format(reference="configMapRef") + _CONFIG_MAP.replace("namespace: shop", "namespace: bus"))),
        Good(manifest(_TAKES.format(reference="secretRef") + _CONFIG_MAP)),
        Good(
            manifest(
                _TAKES.format(reference="configMapRef")
                + "          env: [{name: STRIPE_API_URL, value: 'http://stripe:80'}]\n"
                + _CONFIG_MAP
            )
        ),
        # for an init container that takes the same variables
        Good(manifest(_TAKES.format(reference="configMapRef")
                      + _CONFIG_MAP.split("data:")[0] + "data:\n  INIT_POSTGRES_HOST: db.bus.svc.cluster.local\n")),
        # a pod of a custom resource
        Bad(
            manifest(_RAY),
            flags=["s3.eu-central-1.amazonaws.com"],
            fixed=_RAY + _NDOTS.replace("      ", "        ", 1).replace("\n      ", "\n        "),
        ),
        # the values of a chart whose pods are known
        Bad(
            manifest(_RELEASE),
            flags=["redis.shop.svc.cluster.local"],
            fixed=_RELEASE + "        pod:\n" + _NDOTS.replace("      ", "          ", 1).replace("\n      ", "\n          "),
            says=["with `ndots:2` it sends 2 (in the pod of `controllers.cart`)\n"],
        ),
        Good(manifest(f"{_RELEASE}    defaultPodOptions:\n{_NDOTS}")),
        # other values may set it
        Good(manifest(f"{_RELEASE}  valuesFrom: [{{kind: ConfigMap, name: dns}}]\n")),
        # a chart that sets nothing itself, with and without a value for it
        Bad(
            manifest(_GRAFANA),
            flags=["db.obs.svc.cluster.local"],
            fixed=_GRAFANA + _NDOTS.replace("      ", "    ", 1).replace("\n      ", "\n    "),
            safe=False,
        ),
        Bad(
            manifest(_VPA),
            flags=["prometheus.obs.svc.cluster.local"],
            says=["it sends 2 (in the pod of `recommender`)\n"],
        ),
        # runs once
        Good(manifest(_GRAFANA.replace("chart: grafana", "chart: app-template\n      version: 1.5.1")
                      .replace("grafana-charts", "bjw-s") + "    controller: {type: cronjob}\n")),
        # another chart may set it
        Good(manifest(_RELEASE.replace("controllers:", "workloads:") + "    dnsPolicy: ClusterFirst\n")),
        # filled in by the chart
        Good(manifest(_RELEASE.replace("redis.shop.svc.cluster.local", "'{{ .Release.Name }}-redis.shop.svc.cluster.local'")
                      .replace("https://api.stripe.com", "https://{{ .Values.api }}.example.com"))),
        # Knative refuses `dnsConfig` unless the cluster allows it
        Good(manifest(_STRIPE.replace(_HEAD, _KNATIVE))),
        Good(manifest(_STRIPE + _NDOTS)),
        # whatever the placeholder becomes
        Good(manifest(_STRIPE + _NDOTS.replace('"2"', "${NDOTS}"))),
        Good(manifest(_STRIPE + "      dnsConfig: ${DNS}\n")),
        Good({"pod.yaml": _STRIPE, "Corefile": _AUTOPATH}),
        # asks the node's DNS, with the node's ndots
        Good(manifest(_STRIPE + "      dnsPolicy: Default\n")),
        Good(manifest(_STRIPE + "      hostNetwork: true\n")),
        # the cluster sets it
        Good(manifest(_STRIPE), facts={"ndots": 2}),
        Good(manifest(_STRIPE + "      hostAliases: [{ip: 10.0.0.7, hostnames: [api.stripe.com]}]\n")),
        # nobody looks these up: a browser follows them, or they are compared
        Good(
            manifest(
                _HEAD
                + "          image: shop/cart:3\n          args: [--domain, www.shop.co.uk, '--cors-allowed-origins=https://eu.shop.co.uk']\n"
                + "          env:\n            - name: OAUTH_CALLBACK_URL\n              value: https://login.shop.co.uk/done\n"
                + "            - name: CART_URL\n              value: https://cart.shop.co.uk\n"
            )
        ),
        # one dot: ndots 2 would not change what it costs
        Good(manifest(f"{_HEAD}          image: shop/cart:3\n          args: ['--redis-addr=redis.cache:6379']\n")),
        # the last dot says that the name is a whole one
        Good(manifest(f"{_HEAD}          image: shop/cart:3\n          args: ['--redis-addr=redis.cache.svc.cluster.local.']\n")),
        # looks it up once
        Good(manifest(_STRIPE + "      restartPolicy: Never\n")),
        # a patch: its base may set ndots
        Good(manifest(_STRIPE.replace("          image: shop/cart:3-bookworm\n", ""))),
        # an `autopath` that does not work, and one that does not answer all
        Bad(
            {"pod.yaml": _STRIPE, "Corefile": _AUTOPATH.replace("verified", "insecure")},
            flags=["api.stripe.com"],
            fixed=_STRIPE + _NDOTS,
            other=["autopath-without-verified-pods"],
        ),
        Bad(
            {
                "pod.yaml": _STRIPE,
                "Corefile": _AUTOPATH + _AUTOPATH.replace(".:53", "lan:53").replace("    autopath @kubernetes\n", ""),
            },
            flags=["api.stripe.com"],
            fixed=_STRIPE + _NDOTS,
            other=["absent-autopath", "forward-outside-zone"],
        ),
    ]  # fmt: skip

    def check(self, workload: Workload, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if dns_policy_of(workload) not in CLUSTER_POLICIES or not is_complete(workload) or _autopath(cluster):
            return
        if written_ndots(workload) is not None or _says_ndots(workload):
            return
        libc = libc_of(workload, cluster.facts.libc)
        resolver = pod_resolver(workload, cluster.cluster_domain, libc or GLIBC, cluster.facts.ndots)
        if resolver is None:
            return
        taken = {id(each.host): each for each in _taken(workload, cluster)}
        hosts = [*_hosts(workload, cluster.cluster_domain), *(each.host for each in taken.values())]
        wanted = max([2, *(host.name.count(".") + 1 for host in hosts if host.kind is NameKind.PARTIAL)])
        better = resolver.with_ndots(wanted)
        costs: dict[str, tuple[HostName, int, int]] = {}
        for host in hosts:
            if host.kind in (NameKind.CLUSTER, NameKind.EXTERNAL):
                exists = absolute_name(host.name, host.kind, workload.namespace, cluster.cluster_domain)
                now, then = resolver.queries(host.name, exists), better.queries(host.name, exists)
                if then < now:
                    costs.setdefault(host.name, (host, now, then))
        if not costs:
            return
        (first, now, then), *others = costs.values()
        edit = _add_ndots(workload, wanted)
        where = f" (in the pod of `{workload.role}`)" if workload.role else ""
        safe = libc == GLIBC and workload.kind != "Pod"
        source = taken.get(id(first))
        related = [
            Related(
                host.name.span,
                f"`{host.name}` also sends {now} queries, and {then} with `ndots:{wanted}`",
                taken[id(host)].document if id(host) in taken else None,
            )
            for host, now, then in others[:_MOST_RELATED]
        ]
        if source is not None:
            related.insert(
                0, Related(first.name.span, f"`{first.name}` is the value of `{first.key}`", source.document)
            )
        yield self.finding(
            first.name.span if source is None else source.reference.name.span,
            f"`{first.name}`{_origin(source)} has fewer than {resolver.ndots} dots, so each lookup sends {now} queries, "
            f"{now - then} of them for names that do not exist; with `ndots:{wanted}` it sends {then}{where}",
            help=_help(first, wanted, cluster.node_local_dns),
            fix=Fix(f"Set `ndots` to {wanted}", (edit,), safe=safe) if edit is not None else None,
            related=related,
        )


def _hosts(workload: Workload, cluster_domain: str) -> list[HostName]:
    aliases = hosts_file(workload)
    return [
        host
        for container in serving_containers(workload)
        for host in host_names(workload, container, cluster_domain)
        if host.name.lower() not in aliases and not _is_of_start(host)
    ]


def _taken(workload: Workload, cluster: Cluster) -> list[TakenName]:
    aliases = hosts_file(workload)
    names = cluster.taken_names(workload, serving_containers(workload))
    return [each for each in names if each.host.name.lower() not in aliases and not _is_of_start(each.host)]


def _is_of_start(host: HostName) -> bool:
    """Whether the name is for an init container, though others take the same variables."""
    return host.key.upper().startswith("INIT_")


def _origin(source: TakenName | None) -> str:
    return "" if source is None else f" of the {source.reference.kind} `{source.reference.name}`"


def _says_ndots(workload: Workload) -> bool:
    """Whether the pod means to set ndots, or a placeholder may: another rule looks at how it is written."""
    config = workload.pod.get("dnsConfig")
    if config is None:
        return False
    return workload.dns_config is None or any(
        name is None or "ndots" in name.value for name, _, _ in workload.dns_options()
    )


def _autopath(cluster: Cluster) -> bool:
    """Whether every Corefile for cluster DNS in the tree has an `autopath` that works."""
    found = [
        server
        for document, corefile in cluster.corefiles
        if role_of(document) is Role.CLUSTER
        for server in corefile.servers
        if server.has("kubernetes")
    ]
    return bool(found) and all(server.has("autopath") and _verifies_pods(server) for server in found)


def _verifies_pods(server: ServerBlock) -> bool:
    kubernetes = server.get("kubernetes")
    pods = kubernetes.get("pods") if kubernetes is not None else None
    return pods is not None and pods.args == ["verified"]


def _help(first: HostName, wanted: int, node_local_dns: bool) -> str:
    help_ = f'Set the option `ndots` to "{wanted}" in the pod\'s `dnsConfig`.'
    if first.kind is NameKind.CLUSTER:
        help_ += (
            f" Or write `{first.name}.` with a trailing dot, unless it is compared with a certificate or a Host header."
        )
    if node_local_dns:
        help_ += " NodeLocal DNSCache answers the extra queries on the node, but the pod still sends them."
    return help_


def _add_ndots(workload: Workload, ndots: int) -> Edit | None:
    text, config = workload.text, workload.dns_config
    lines = ("- name: ndots", f'  value: "{ndots}"')
    if config is None:
        block = ("dnsConfig:", "  options:", *(f"    {line}" for line in lines))
        return workload.added_field(*block, after="dnsPolicy")
    found = config.get("options")
    if found is None:
        return add_entry(text, config, "options:", *(f"  {line}" for line in lines))
    return add_item(text, found, lines[0][2:], lines[1][2:]) if isinstance(found, Sequence) else None
