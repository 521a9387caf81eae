"""What a document contributes to its cluster, as a small value that can be sent and kept."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

from kpl.coredns.customized import imports_custom
from kpl.coredns.roles import Role, role_of
from kpl.inputs.document import Document, is_corefile
from kpl.text.span import Span, Text

if TYPE_CHECKING:
    from kpl.inputs.network.settings import NetworkSettings
    from kpl.inputs.objects.references import ValuesFile

COREDNS_RELEASE = "CoreDNS release"
KUBERNETES_RELEASE = "Kubernetes release"
TELL_RELEASES = frozenset(("Workload", "KubeadmCluster", "ClusterSettings"))
"""The kinds of documents that tell releases."""
TELL_DNS = frozenset(("KubeadmCluster", "KubeadmNode", "KubeletConfig", "ClusterSettings"))
"""The kinds of documents that tell the domain of the cluster, or whether nodes have a DNS cache."""

# text: patterns that few runs need are compiled when they are
COREDNS_IMAGE = r"(?:^|/)coredns:v?([0-9]{1,9}\.[0-9]{1,9}\.[0-9]{1,9})(?![0-9])"
KUBE_PROXY_IMAGE = r"(?:^|/)kube-proxy(?:-[a-z0-9]+)?:v?([0-9]{1,9}\.[0-9]{1,9}\.[0-9]{1,9})(?![0-9])"
_IMAGES = ((COREDNS_IMAGE, COREDNS_RELEASE), (KUBE_PROXY_IMAGE, KUBERNETES_RELEASE))
_IMAGE_CLUE = r"coredns:|kube-proxy|kube-router|\$\{"
_KUSTOMIZATION_CLUE = r"patch|aluesFile|values|orefile|\.server\b|\.override\b"
_DOMAIN = r"(?!-)[a-z0-9-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9-]{1,63}(?<!-))*"
_LONGEST_NAME = 253
_ADDRESS_CLUE = r"\bclusterIP"


class Sign(NamedTuple):
    """A thing that a cluster has once: `what` it is, `whose` where there may be several, and which one is shown here."""

    what: str
    whose: str
    shown: str


class Release(NamedTuple):
    """A release of CoreDNS or Kubernetes that runs, or that kubeadm or another installer is told, and the line that says so."""

    what: str
    version: str
    line: int
    runs: bool = True


class Variable(NamedTuple):
    """A variable that Flux fills in, and the line that sets it."""

    name: str
    value: str
    line: int


class ServiceAddress(NamedTuple):
    """A port of a Service at one of its cluster IPs; `service` is ``namespace/name``."""

    service: str
    protocol: str
    address: str
    port: int


class ProxyAnswer(NamedTuple):
    """Whether a program does the work of kube-proxy, and the line that says so."""

    program: str
    replaces: bool
    line: int


class PodNetwork(NamedTuple):
    """A network that pods have their addresses from, as a program's settings say, and the line that does."""

    program: str
    network: str
    line: int


class ClusterDomain(NamedTuple):
    """The domain of the cluster, and the line that sets it."""

    name: str
    line: int


class NodeLocal(NamedTuple):
    """Whether nodes have a DNS cache of their own, and the line that says so."""

    there: bool
    line: int


class Share(NamedTuple):
    """What a document contributes to its cluster, whatever was read to find it out."""

    signs: tuple[Sign, ...] = ()
    releases: tuple[Release, ...] = ()
    variables: tuple[Variable, ...] = ()
    open_images: tuple[str, ...] = ()
    """Images with a variable in them."""
    addresses: tuple[ServiceAddress, ...] = ()
    dns_address: tuple[str, int] | None = None
    """The address of cluster DNS, and the line of the Service's name."""
    role: str = ""
    """Of a Corefile."""
    line: int = 0
    """Of a Corefile: where its text starts."""
    is_corefile: bool = False
    """Whether it holds a Corefile, one that does not parse included."""
    patches: tuple[str, ...] = ()
    """Of a Kustomization, or an object that has patches for one: their paths, empty for those that are written in it."""
    generated: tuple[tuple[str, str, str, str], ...] = ()
    """Of a Kustomization: the Corefiles, parts of them, and values, of which it makes ConfigMaps; path, key, name, namespace."""
    values_files: "tuple[ValuesFile, ...]" = ()
    """The files that it names as values of charts: of a Kustomization from its folder on, of another object from a root on."""
    values_maps: "tuple[ValuesFile, ...]" = ()
    """The ConfigMaps that it names so, instead of their paths."""
    imports_custom: bool = False
    """Whether it is the Corefile of a CoreDNS in which `coredns-custom` is mounted."""
    proxy_answers: tuple[ProxyAnswer, ...] = ()
    pod_networks: tuple[PodNetwork, ...] = ()
    domain: ClusterDomain | None = None
    node_local: NodeLocal | None = None


NOTHING = Share()
_SHARES: WeakKeyDictionary[Document, Share] = WeakKeyDictionary()


def share_of(document: Document) -> Share:
    """The share of `document`, worked out once."""
    share = _SHARES.get(document)
    if share is None:
        is_nothing = document.kind not in _FINDERS and not is_corefile(document)
        # what a template becomes may be for any cluster, and there may be several of it; a written release is that of its file
        is_template = document.unrendered is not None and document.kind != "Workload"
        share = NOTHING if is_nothing or is_template else _find(document)
        if share is not NOTHING and document.is_example:
            share = Share(line=share.line, is_corefile=share.is_corefile)
        _SHARES[document] = share
    return share


def remember(document: Document, share: Share) -> None:
    """The share of a document that is not read yet."""
    _SHARES[document] = share


def line_of(document: Document, span: Span) -> int:
    """The line in the file where `span` of `document` starts."""
    return document.source.position(document.embedding.host_span(span).start)[0]


def _find(document: Document) -> Share:
    finder = _FINDERS.get(document.kind)
    share = finder(document) if finder is not None else NOTHING
    if is_corefile(document):
        share = share._replace(is_corefile=True, imports_custom=imports_custom(document))
    return share


def _digest(text: str) -> str:
    from hashlib import blake2b

    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _corefile(document: Document) -> Share:
    role, text = role_of(document), document.embedding.text
    signs = (Sign("Corefile of cluster DNS", "", _digest(text)),) if role is Role.CLUSTER else ()
    start = len(text) - len(text.lstrip())
    return Share(signs, role=role.value, line=line_of(document, Span(start, start + 1)))


def _kube_proxy(document: Document) -> Share:
    from kpl.proxy.configuration.modes import runs_on_windows

    if document.model.elsewhere or runs_on_windows(document.model):
        return NOTHING
    what = "settings of kube-proxy" if document.model.partial else "KubeProxyConfiguration"
    return Share((Sign(what, document.name, _digest(document.model.written)),))


def _workload(document: Document) -> Share:
    if not document.may_hold(_IMAGE_CLUE) or document.kind != "Workload" or document.model is None:
        return NOTHING
    releases, images, known = [], [], document.unrendered
    for container in getattr(document.model, "containers", ()):
        image = container.image
        if not image or not (known is None or known.is_certain(image.span)):
            continue
        if "${" in image and known is None:
            images.append(str(image))
        for pattern, what in _IMAGES:
            found = re.search(pattern, image)
            if found:
                releases.append(Release(what, found[1], line_of(document, image.span)))
    is_asked = document.may_hold("kube-router") and not document.templated
    answers = _proxy_answers(document) if is_asked else ()
    return Share(_signs(releases), tuple(releases), open_images=tuple(images), proxy_answers=answers)


def _proxy_answers(document: Document) -> tuple[ProxyAnswer, ...]:
    from kpl.inputs.objects.networkpods import network_programs

    return tuple(answer for each in network_programs(document.model) if (answer := _answer(document, each)))


def _network(document: Document) -> Share:
    settings = document.model
    if settings is None or document.templated:
        return NOTHING
    from kpl.proxy.node.addresses import canonical_network

    answer = _answer(document, settings)
    networks = tuple(
        PodNetwork(settings.program, network, line_of(document, word.span))
        for word in settings.pod_networks()
        if (network := canonical_network(word))
    )
    return Share(proxy_answers=(answer,) if answer else (), pod_networks=networks)


def _answer(document: Document, settings: "NetworkSettings") -> ProxyAnswer | None:
    found = settings.replacement()
    return None if found is None else ProxyAnswer(settings.program, found[1], line_of(document, found[0].span))


def _signs(releases: list[Release]) -> tuple[Sign, ...]:
    return tuple(Sign(each.what, "", each.version) for each in releases)


def _kubeadm(document: Document) -> Share:
    model = document.model
    text = document.embedding.text[slice(*model.span)]
    releases = []
    if model.release is not None:
        releases.append(Release(KUBERNETES_RELEASE, str(model.release), line_of(document, model.release.span), False))
    # what kubeadm keeps in a ConfigMap is what somebody wrote, with the defaults
    own = () if document.key else (Sign("ClusterConfiguration of kubeadm", "", _digest(text)),)
    return Share((*own, *_signs(releases)), tuple(releases), domain=_domain(document, model.dns_domain))


def _kubeadm_node(document: Document) -> Share:
    return Share(domain=_domain(document, document.model.cluster_domain))


def _domain(document: Document, word: Text | None) -> ClusterDomain | None:
    """The domain that `word` is; a placeholder is none."""
    name = word.strip(".").lower() if word is not None else ""
    if word is None or len(name) > _LONGEST_NAME or not re.fullmatch(_DOMAIN, name):
        return None
    return ClusterDomain(name, line_of(document, word.span))


def _settings(document: Document) -> Share:
    model = document.model
    if model.elsewhere:
        return NOTHING
    told = ((KUBERNETES_RELEASE, model.release), (COREDNS_RELEASE, model.coredns_release))
    releases = [
        Release(what, str(each), line_of(document, each.span), False) for what, each in told if each is not None
    ]
    named = (Sign(f"cluster of {model.configurator}", "", str(model.name)),) if model.name else ()
    cache, place = model.node_local, model.node_local_span
    # the releases are no signs: files that install several clusters may lie in one folder
    return Share(
        named,
        tuple(releases),
        domain=_domain(document, model.domain),
        node_local=None if place is None else NodeLocal(cache, line_of(document, place)),
    )


def _kubelet(document: Document) -> Share:
    addresses = " ".join(document.model.cluster_dns)
    signs = (Sign("clusterDNS of the kubelet", "", addresses),) if addresses else ()
    return Share(signs, domain=_domain(document, document.model.cluster_domain))


def _flux(document: Document) -> Share:
    model = document.model
    if model is None:
        return NOTHING
    # an object of that name is there once
    sign = Sign("Kustomization of Flux", f"{model.namespace}/{model.name}", model.path)
    variables = (Variable(name, str(value), line_of(document, value.span)) for name, value in model.substitute.items())
    return Share((sign,), variables=tuple(variables), patches=("",) * len(model.patches))


def _kustomization(document: Document) -> Share:
    if not document.may_hold(_KUSTOMIZATION_CLUE):
        return NOTHING
    from kpl.inputs.charts.holders import is_values_file
    from kpl.inputs.corefile.embedded import is_corefile_key

    # it may be no Kustomization, or not parse
    patches = tuple(each.path for each in getattr(document.model, "patches", ()))
    generated = tuple(
        tuple(each)
        for each in getattr(document.model, "generated", ())
        if is_corefile_key(each.key) or is_values_file(each.key)
    )
    values = tuple(getattr(document.model, "values_files", ()))
    found = Share(patches=patches, generated=generated, values_files=values)
    return found if any((patches, generated, values)) else NOTHING


def _application(document: Document) -> Share:
    files = tuple(getattr(document.model, "values_files", ()))
    patches = ("",) * len(getattr(document.model, "patches", ()))
    return Share(values_files=files, patches=patches) if files or patches else NOTHING


def _release(document: Document) -> Share:
    return Share(values_files=tuple(document.model.files), values_maps=tuple(document.model.maps))


def _service(document: Document) -> Share:
    if not document.may_hold(_ADDRESS_CLUE):
        return NOTHING
    service = document.model
    if service is None or document.kind != "Service" or not service.cluster_ip:
        return NOTHING
    name = f"{service.namespace}/{service.name}"
    from kpl.proxy.services.clusterdns import is_cluster_dns_service

    share = Share(addresses=tuple(_addresses(service)))
    if is_cluster_dns_service(name):
        sign = Sign("address of cluster DNS", name, service.cluster_ip)
        dns_address = service.cluster_ip, line_of(document, service.name.span)
        share = share._replace(signs=(sign,), dns_address=dns_address)
    return share


def _addresses(service: object) -> Iterator[ServiceAddress]:
    from kpl.inputs.objects.services import Service

    assert isinstance(service, Service)
    if service.cluster_ip != "None":
        name = f"{service.namespace or 'default'}/{service.name}"
        for address in service.cluster_ips or [service.cluster_ip]:
            for port in service.ports:
                yield ServiceAddress(name, port.protocol, address, port.port or 0)


NETWORK_MODELS = frozenset(
    ("AntreaSettings", "CalicoSettings", "CiliumSettings", "CniSettings", "FlannelSettings", "MetallbSettings")
)
"""Of what other programs set for the network: their shares have no signs, and are asked for by what needs them."""

_FINDERS = {
    **dict.fromkeys(NETWORK_MODELS - {"MetallbSettings"}, _network),
    "Corefile": _corefile,
    "KubeProxyConfig": _kube_proxy,
    "Workload": _workload,
    "KubeadmCluster": _kubeadm,
    "KubeadmNode": _kubeadm_node,
    "ClusterSettings": _settings,
    "KubeletConfig": _kubelet,
    "FluxKustomization": _flux,
    "Kustomization": _kustomization,
    "Application": _application,
    "ReleaseValues": _release,
    "Service": _service,
}
