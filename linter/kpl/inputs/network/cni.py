"""The configurations of CNI plugins, which the container runtime reads on a node, and those of flannel.

Sources: https://www.cni.dev/docs/spec/#configuration-format, https://www.cni.dev/plugins/current/, and
https://github.com/flannel-io/flannel/blob/master/Documentation/configuration.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kpl.inputs.document import Document
from kpl.inputs.network.settings import IN_CONFIG_MAPS, NetworkSettings, Shape, in_keys, settings_of
from kpl.inputs.reader import Clue, FileKind, FileReader, Leaves, ObjectKind, ObjectReader, Place, Takes
from kpl.inputs.yaml.tree import Mapping, YamlError, compose
from kpl.text.embedding import Embedding
from kpl.text.source import Source


class CniSettings(NetworkSettings):
    """A list of CNI plugins; its parts are the plugins, in the order in which they run."""

    program = "CNI"
    pods = ("subnet",)


class FlannelSettings(NetworkSettings):
    """The network of flannel."""

    program = "flannel"
    pods = ("Network", "IPv6Network")


_PLUGIN = Shape(
    {
        # bridge, which flannel runs with what `delegate` says
        "bridge": "bridge delegate.bridge",
        "isGateway": "isGateway delegate.isGateway",
        "isDefaultGateway": "isDefaultGateway delegate.isDefaultGateway",
        "ipMasq": "ipMasq delegate.ipMasq",
        "ipMasqBackend": "ipMasqBackend delegate.ipMasqBackend",
        "mtu": "mtu delegate.mtu",
        "hairpinMode": "hairpinMode delegate.hairpinMode",
        "promiscMode": "promiscMode delegate.promiscMode",
        # portmap
        "portMappings": "capabilities.portMappings",
        "snat": "snat",
        "masqAll": "masqAll",
        "markMasqBit": "markMasqBit",
        "externalSetMarkChain": "externalSetMarkChain",
        "conditionsV4": "conditionsV4",
        "conditionsV6": "conditionsV6",
        "backend": "backend",
        # bandwidth
        "ingressRate": "ingressRate",
        "ingressBurst": "ingressBurst",
        "egressRate": "egressRate",
        "egressBurst": "egressBurst",
        # how addresses are given: host-local
        "ipam": "ipam.type",
        "subnet": "ipam.subnet ipam.ranges.*.*.subnet",
        "rangeStart": "ipam.rangeStart ipam.ranges.*.*.rangeStart",
        "rangeEnd": "ipam.rangeEnd ipam.ranges.*.*.rangeEnd",
        "gateway": "ipam.gateway ipam.ranges.*.*.gateway",
    },
    kind="type",
)
_LIST = Shape({"cniVersion": "cniVersion", "disableCheck": "disableCheck"}, {"plugins.*": _PLUGIN})
_NETWORK = Shape(
    {
        "Network": "Network",
        "SubnetLen": "SubnetLen",
        "IPv6Network": "IPv6Network",
        "EnableIPv4": "EnableIPv4",
        "EnableIPv6": "EnableIPv6",
        "EnableNFTables": "EnableNFTables",
        "backend": "Backend.Type",
        "Port": "Backend.Port",
        "MTU": "Backend.MTU",
        "VNI": "Backend.VNI",
        "DirectRouting": "Backend.DirectRouting",
    }
)

_EXAMPLE = (
    '{"cniVersion": "1.0.0", "name": "pods", "plugins": [\n'
    '  {"type": "bridge", "hairpinMode": true, "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.1.0.0/24"}]]}},\n'
    '  {"type": "portmap", "snat": false}\n]}\n'
)


def plugins(text: str, node: Mapping) -> CniSettings | None:
    """The plugins that `node` lists, or the one that it is."""
    name = node.text("name") or ""
    if node.items("plugins"):
        found = settings_of(CniSettings, text, node, _LIST, "conflist", name)
    elif node.text("type") and node.text("cniVersion"):
        found = settings_of(CniSettings, text, node, Shape(_LIST.words), "conf", name)
        found.parts = (settings_of(CniSettings, text, node, _PLUGIN, node.text("type") or ""),)
    else:
        return None
    return found


def flannel(text: str, node: Mapping) -> FlannelSettings | None:
    """The network that flannel makes of `node`."""
    found = settings_of(FlannelSettings, text, node, _NETWORK)
    return found if found.words else None


_FILES: dict[str, Callable[[str, Mapping], NetworkSettings | None]] = {
    "cni-conf.json": plugins,
    "net-conf.json": flannel,
}


class ConflistReader(FileReader):
    """Reads CNI plugins and lists of them, which nodes have in ``/etc/cni/net.d``: ``10-pods.conflist``, ``87-bridge.conf``."""

    kind = FileKind(
        word="CNI configuration",
        model="CniSettings",
        names=r"\.conflist$|^\d{1,3}-[\w.-]+\.conf$",
        shares_names=False,
        lines=(r'"(?:plugins|cniVersion)"[ \t]*:',),
        rank=130,
        tells=True,
    )
    examples = (
        Takes(_EXAMPLE, {"kind": "conflist", "name": "pods"}, "10-pods.conflist"),
        Takes('{"cniVersion": "0.3.1",\n"type": "bridge"}\n', {"kind": "conf"}, "bridge.conflist"),
        Takes('{"cniVersion": "0.3.1",\n"type": "bridge"}\n', {"kind": "conf"}, "10-bridge.conf"),
        Leaves('{"cniVersion": "0.3.1",\n"type": "bridge"}\n', "bridge.conf"),
        Leaves("net.ipv4.ip_forward = 1\n", "99-kubernetes.conf"),
        Leaves('{"cniVersion": "1.0.0", "plugins": []}\n', "empty.conflist"),
        Leaves('{"cniVersion": "1.0.0", "plugins": [\n', "broken.conflist"),
        Leaves('["cniVersion", "plugins"]\n', "other.conflist"),
        Leaves(_EXAMPLE, "10-pods.txt"),
    )

    def read(self, source: Source) -> Iterator[Document]:
        """The list of plugins that `source` is."""
        model = self.parse(source.text)
        if model is not None:
            yield Document(source, model, Embedding(source.text, source.newline), model.name)

    def parse(self, text: str) -> CniSettings | None:
        """The list of plugins that `text` is."""
        try:
            root = next(iter(compose(text)), None)
        except YamlError:
            return None
        return plugins(text, root) if isinstance(root, Mapping) else None


class CniConfigMapReader(ObjectReader):
    """Reads the CNI plugins and the network of flannel in ConfigMaps, such as ``kube-flannel-cfg``, and in the files of these."""

    kind = ObjectKind(
        models=("CniSettings", "FlannelSettings"),
        kinds=("ConfigMap",),
        file_names=("cni-conf.json", "net-conf.json"),
        clues=(Clue(("-conf.json", "cni_network_config"), IN_CONFIG_MAPS),),
        tells=True,
    )
    examples = (
        Takes(
            "kind: ConfigMap\nmetadata: {name: kube-flannel-cfg}\ndata:\n  cni-conf.json: |\n"
            '    {"name": "cbr0", "plugins": [{"type": "flannel", "delegate": {"hairpinMode": true}}]}\n'
            '  net-conf.json: |\n    {"Network": "10.244.0.0/16", "Backend": {"Type": "vxlan"}}\n',
            {"kind": "conflist", "name": "cbr0"},
            kinds=("CniSettings", "FlannelSettings"),
        ),
        Takes('kind: ConfigMap\ndata:\n  cni_network_config: \'{"plugins": [{"type": "portmap", "snat": true}]}\'\n'),
        Takes(
            '{"Network": "10.244.0.0/16", "Backend": {"Type": "vxlan"}}\n',
            {"words": {"Network": ("10.244.0.0/16",), "backend": ("vxlan",)}},
            "net-conf.json",
            ("FlannelSettings",),
        ),
        Takes(
            '{"cniVersion": "1.0.0", "name": "cbr0", "plugins": [{"type": "portmap", "snat": true}]}\n',
            {"kind": "conflist", "name": "cbr0"},
            "cni-conf.json",
            ("CniSettings",),
        ),
        Leaves('{"Network": "10.244.0.0/16"}\n', "net.json"),
        Leaves('[{"Network": "10.244.0.0/16"}]\n', "net-conf.json"),
        Leaves("{}\n", "net-conf.json"),
        Leaves("kind: ConfigMap\ndata: {cni-conf.json: '{}', net-conf.json: '[]', cni_network_config: none}\n"),
        Leaves('kind: Secret\ndata:\n  net-conf.json: \'{"Network": "10.244.0.0/16"}\'\n'),
    )

    def read(self, node: Mapping, place: Place) -> Iterator[Document]:
        """The settings in the ConfigMap `node`, or those that the file is."""
        read = _FILES.get(place.file_name) if node.pair("kind") is None else None
        if read is not None:
            model = read(place.embedding.text, node)
            if model is not None:
                yield place.document(node, model)
            return
        yield from in_keys(
            node, place, {"cni-conf.json": plugins, "net-conf.json": flannel, "cni_network_config": plugins}
        )
