"""KPL237."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from kpl import Bad, Cluster, Confidence, Document, Finding, Good, Related, Rule, Severity, Stop, files, manifest
from kpl.corefiles import is_corefile, is_placeholder
from kpl.edits import Text, first_line
from kpl.words import closest

_CUSTOM = "coredns-custom"
_HOME = "kube-system"
_FOLDER = "/etc/coredns/custom"
_SUFFIXES = (".server", ".override")
_WORD = re.compile(r"[\w.-]+")
_OTHER_CLUSTER = re.compile(rf"{_CUSTOM}[-.\d]")


def _config_map(name: str, key: str = "x.server") -> str:
    text = "    pine.example {\n        errors\n        whoami\n    }\n"
    return f"kind: ConfigMap\nmetadata:\n  name: {name}\n  namespace: kube-system\ndata:\n  {key}: |\n{text}"


_DEPLOYMENT = """\
kind: Deployment
metadata: {name: coredns, namespace: kube-system}
spec:
  template:
    spec:
      containers:
      - name: coredns
        image: coredns/coredns:1.14.7
        volumeMounts:
        - {name: custom, mountPath: /etc/coredns/custom}
      volumes:
      - {name: custom, configMap: {name: coredns-custom, optional: true}}
"""


class CustomKeyNotLoaded(Rule):
    """No pod mounts the ConfigMap of a `*.server` or `*.override` key, so CoreDNS never reads it.

    ## Why
    The Corefile of AKS, k3s, Gardener and vCluster imports `custom/*.server` and `custom/*.override`, and their
    Deployment mounts one ConfigMap there: `coredns-custom`, in the namespace of CoreDNS. The volume is optional, so a
    ConfigMap with another name causes no error: its zones are resolved as if it did not exist.

    The rule reports a ConfigMap in the namespace `kube-system` whose name is not `coredns-custom`, a misspelling of it
    without a namespace too, `coredns-custom` in another namespace or with a key that no import matches, and any ConfigMap if
    the run has the Deployment and it mounts another one. It is silent about a name that anything else in the run mentions.

    ## Fix
    There is no automatic fix. Move the key to the ConfigMap that is mounted, or rename its ConfigMap.

    ## References
    - https://learn.microsoft.com/azure/aks/coredns-custom
    - https://github.com/k3s-io/k3s/blob/v1.34.1%2Bk3s1/manifests/coredns.yaml
    - https://github.com/gardener/gardener/blob/master/docs/usage/networking/custom-dns-config.md
    """

    code = "KPL237"
    name = "custom-key-not-loaded"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    symptoms = ("names-do-not-resolve",)
    needs = "CustomKey"
    examples = [
        Bad(manifest(_config_map("coredns-cutsom")), flags=["pine.example {"]),
        Bad(
            files(**{"hosts.yaml": _config_map("extra-hosts"), "coredns.yaml": _DEPLOYMENT}),
            flags=["pine.example {"],
        ),
        Good(files(**{"hosts.yaml": _config_map("coredns-custom"), "coredns.yaml": _DEPLOYMENT})),
        # no file of the run mentions it
        Bad(
            manifest(_config_map("extra-hosts")),
            flags=["pine.example {"],
            says=["AKS, k3s, Gardener and vCluster mount only `coredns-custom`", "Or rename the ConfigMap"],
        ),
        Bad(manifest(_config_map("extra-hosts", "x.override")), flags=["pine.example {"], other=["corefile-refused"]),
        # who mounts it there, nobody knows
        Good(manifest(_config_map("extra-hosts").replace("kube-system", "dns"))),
        Good(manifest(_config_map("extra-hosts").replace("  namespace: kube-system\n", ""))),
        Good(
            files(
                **{
                    "hosts.yaml": _config_map("extra-hosts"),
                    "values.yaml": "extraVolume: extra-hosts\ndnsPolicy: Default\n",
                }
            )
        ),
        # it holds the Corefile too
        Good(
            manifest(
                _config_map("extra-hosts")
                + "  Corefile: |\n    import x.server\n    . {\n        errors\n        whoami\n    }\n"
            )
        ),
        # not where the Deployment is
        Bad(
            manifest(_config_map("coredns-custom").replace("kube-system", "default")),
            flags=["pine.example {"],
            says=["mount it only from `kube-system`", "Set `namespace: kube-system`."],
        ),
        Good(manifest(_config_map("coredns-custom").replace("  namespace: kube-system\n", ""))),
        Good(
            files(
                **{
                    "custom.yaml": _config_map("coredns-custom").replace("kube-system", "dns"),
                    "coredns.yaml": _config_map("coredns", "Corefile").replace("kube-system", "dns"),
                }
            )
        ),
        # no import matches the key
        Bad(
            manifest(_config_map("coredns-custom", "Corefile")),
            flags=["pine.example {"],
            says=["CoreDNS never reads `Corefile`", "end it in `.server`"],
        ),
        Good(manifest(_config_map("coredns-custom", "Corefile") + "  x.server: |\n    import custom/Corefile\n")),
        # the custom configuration of several clusters
        Good(manifest(_config_map("coredns-custom-1"))),
    ]

    def check(self, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        keys = [each for each in reversed(cluster.documents) if _is_custom_key(each)]
        yield from self._other_keys(keys)
        maps = {id(each.around): each for each in keys if each.key.endswith(_SUFFIXES)}
        mounted = dict[str, list[tuple[Document, Text]]]()
        for home, name in _mounted(cluster) if maps else ():
            mounted.setdefault(home.namespace, []).append((home, name))
        if any(is_placeholder(name) for each in mounted.values() for _, name in each):
            return
        found = [(first, *reason) for first in maps.values() if (reason := _reason(first, mounted)) is not None]
        homes = {each.namespace for each, _ in cluster.corefiles if each.name != _CUSTOM}
        found += [
            (first, f"AKS, k3s, Gardener and vCluster mount it only from `{_HOME}`", f"Set `namespace: {_HOME}`.", [])
            for first in maps.values()
            if first.name == _CUSTOM and first.namespace not in ("", _HOME, *homes) and not mounted
        ]
        mentions = _words(cluster) if found else Counter[str]()
        for document, why, help_, related in found:
            # the name of the ConfigMap itself is one
            if mentions[document.name] > 1:
                continue
            yield self.finding(
                first_line(document.embedding.text),
                f"`{document.key}` is in the ConfigMap `{document.name}`, but {why}, so CoreDNS never reads it",
                help=help_,
                related=related,
                document=document,
                confidence=None if related or closest(document.name, [_CUSTOM]) else Confidence.MEDIUM,
            )

    def _other_keys(self, keys: list[Document]) -> Iterator[Finding]:
        """Keys of the mounted ConfigMap that no import matches, and no other key names."""
        for document in keys:
            if document.key.endswith(_SUFFIXES) or document.name != _CUSTOM:
                continue
            texts = (text for key, text in (document.around or {}).items() if key != document.key)
            if not any(document.key in text or "import" in text for text in texts):
                yield self.finding(
                    first_line(document.embedding.text),
                    f"AKS, k3s, Gardener and vCluster import only the keys `*.server` and `*.override` of `{_CUSTOM}`, so CoreDNS "
                    f"never reads `{document.key}`",
                    help="Rename the key: end it in `.server` for server blocks, or in `.override` for lines of a block.",
                    document=document,
                )


def _is_custom_key(document: Document) -> bool:
    """Whether this is a key for the folder of imports, in a ConfigMap whose name is known."""
    for_import = document.key.endswith(_SUFFIXES) or document.name == _CUSTOM
    is_key = for_import and is_corefile(document) and document.around is not None
    return is_key and bool(document.name) and not document.templated and not is_placeholder(document.name)


def _reason(
    document: Document, mounted: dict[str, list[tuple[Document, Text]]]
) -> tuple[str, str, list[Related]] | None:
    """Why nobody reads the ConfigMap, what to do, and where that is written; None where somebody may."""
    if any(key.lower().startswith("corefile") for key in document.around or ()):
        return None
    here = mounted.get(document.namespace, [])
    if len(here) == 1:
        home, name = here[0]
        # kustomize may put a prefix before names
        if name.endswith(document.name):
            return None
        related = [Related(name.span, "mounted here", home)]
        return f"CoreDNS mounts `{name}` at `{_FOLDER}`", f"Move the key to the ConfigMap `{name}`.", related
    close = closest(document.name, [_CUSTOM])
    if mounted or document.name == _CUSTOM or _OTHER_CLUSTER.match(document.name):
        return None
    reason = f"AKS, k3s, Gardener and vCluster mount only `{_CUSTOM}`"
    if close is not None and document.namespace in ("", "kube-system"):
        return reason, f"Rename the ConfigMap to `{_CUSTOM}`.", []
    # an own Deployment of CoreDNS may mount it, mostly in another namespace
    if document.namespace == "kube-system":
        return reason, f"Move the key to the ConfigMap `{_CUSTOM}`. Or rename the ConfigMap.", []
    return None


def _mounted(cluster: Cluster) -> Iterator[tuple[Document, Text]]:
    """The workloads that mount a ConfigMap in the folder of imports, and its name."""
    # a run without such a key, which is nearly every one, has no use for the models
    from kpl.manifests import Mapping, Workload

    for document, workload in cluster.of(Workload, "mountPath"):
        volumes = [each for each in workload.pod.items("volumes") if isinstance(each, Mapping)]
        names = {str(each.text("name")): each.text("configMap", "name") for each in volumes}
        for container in workload.containers:
            for mount in container.node.items("volumeMounts"):
                if isinstance(mount, Mapping) and (mount.text("mountPath") or "").rstrip("/") == _FOLDER:
                    name = names.get(str(mount.text("name")))
                    if name is not None:
                        yield document, name


def _words(cluster: Cluster) -> Counter[str]:
    """How often each word is in the files of the run."""
    sources = {id(each.source): each.source for each in cluster.documents}
    return Counter(word for each in sources.values() for word in _WORD.findall(each.text))
