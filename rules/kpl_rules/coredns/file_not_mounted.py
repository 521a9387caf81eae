"""KPL264."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Document, Finding, Fix, Good, Related, Rule, Severity, Stop
from kpl.corefiles import Deployed, Directive, Mount, deployed, is_placeholder
from kpl.edits import Text, add_item
from kpl.manifests import Workload
from kpl.words import listed

_CONFIG_MAP = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: coredns, namespace: kube-system}
data:
  Corefile: |
    . {
        errors
        ready
        hosts /etc/coredns/names lan {
            fallthrough
        }
        kubernetes cluster.local
        forward . 10.0.0.1
        cache 30
        loop
        reload
    }
  names: |
    10.0.0.2 db.lan
"""
_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: coredns, namespace: kube-system}
spec:
  template:
    spec:
      dnsPolicy: Default
      containers:
      - name: coredns
        image: registry.k8s.io/coredns/coredns
        volumeMounts:
        - {name: config, mountPath: /etc/coredns}
        - {name: data, mountPath: /data}
      volumes:
      - name: config
        configMap:
          name: coredns
          items:
          - {key: Corefile, path: Corefile}
      - {name: data, emptyDir: {}}
"""
_FIXED = _DEPLOYMENT.replace(
    "          - {key: Corefile, path: Corefile}\n",
    "          - {key: Corefile, path: Corefile}\n          - {key: names, path: names}\n",
)
_EVERYTHING = _DEPLOYMENT.replace("          items:\n          - {key: Corefile, path: Corefile}\n", "")


def _files(line: str = "hosts /etc/coredns/names lan", deployment: str = _DEPLOYMENT) -> dict[str, str]:
    return {
        "coredns.yaml": _CONFIG_MAP.replace("hosts /etc/coredns/names lan", line),
        "deployment.yaml": deployment,
    }


_IN_THE_IMAGE = ("/etc/hosts", "/etc/resolv.conf", "/etc/hostname", "/etc/ssl/", "/var/run/secrets/", "/run/secrets/")
_RESULTS = {
    "hosts": "`hosts` has none of its names",
    "file": "`file` has no data for its zones",
    "tls": "CoreDNS does not start",
}
"""The plugins whose arguments are files, and what happens where one is missing."""


class FileNotMounted(Rule):
    """The Corefile names a file that no volume of the CoreDNS pod has.

    ## Why
    A key of a ConfigMap becomes a file only if the volume includes it: a volume with `items` has exactly the keys that it
    lists. `hosts` and `file` start without their file and answer nothing from it; `tls` prevents CoreDNS from starting.

    ## Fix
    If the ConfigMap has a key with the name of the file, kpl adds it to `items` of the volume.

    ## References
    - https://kubernetes.io/docs/concepts/storage/volumes/#configmap
    - https://coredns.io/plugins/hosts/
    - https://github.com/coredns/coredns/issues/1268
    """

    code = "KPL264"
    name = "file-not-mounted"
    stop = Stop.COREDNS
    severity = Severity.ERROR
    since = "0.1.0"
    needs = "Corefile Workload"
    symptoms = ("names-do-not-resolve",)
    examples = [
        Bad(
            _files(),
            flags=["/etc/coredns/names"],
            says=["the volume at `/etc/coredns` has only `Corefile`", "`hosts` has none of its names"],
            fixed=_files()["coredns.yaml"],
            also={"deployment.yaml": _FIXED},
        ),
        Bad(
            _files("file /zones/lan.db lan"),
            flags=["/zones/lan.db"],
            says=["no volume is mounted there", "`file` has no data for its zones"],
            other=["order-without-meaning"],
        ),
        Bad(
            _files("hosts /etc/coredns/other lan", _EVERYTHING),
            flags=["/etc/coredns/other"],
            says=[
                "the volume at `/etc/coredns` has only `Corefile` and `names`",
                "Add the key `other` to the ConfigMap",
            ],
        ),
        Good(_files(deployment=_FIXED)),
        Good(_files(deployment=_EVERYTHING)),
        Good(_files("hosts /etc/hosts lan")),
        Good(_files("hosts /data/names lan")),
        Good(_files("hosts {$NAMES} lan")),
        Good(_files("hosts names lan")),
        Good(_files(deployment=_DEPLOYMENT.replace("name: coredns\n          items", "name: other\n          items"))),
    ]

    def check(self, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        corefiles = [document for document, _ in cluster.corefiles]
        for document, corefile in cluster.corefiles:
            runs = deployed(document, corefiles, (each for _, each in cluster.of(Workload, clue="coredns")))
            if runs is None:
                continue
            for server in corefile.servers:
                for directive in server.directives:
                    for path in _paths(directive):
                        yield from self._missing(path, directive, document, runs, cluster)

    def _missing(
        self, path: Text, directive: Directive, document: Document, runs: Deployed, cluster: Cluster
    ) -> Iterator[Finding]:
        mount = max(
            (each for each in runs.mounts if path.startswith(f"{each.path}/")),
            key=lambda each: len(each.path),
            default=None,
        )
        where = cluster.document_of(runs.workload)
        if mount is None:
            reason, help_, fix = "no volume is mounted there", "Mount a volume with this file.", None
        else:
            keys = list(document.around or ()) if mount.config_map == document.name else None
            files = list(mount.files.values()) if mount.files is not None else keys
            name = path[len(mount.path) + 1 :]
            if files is None or name in files:
                return
            reason = f"the volume at `{mount.path}` has only {listed([f'`{each}`' for each in files[:5]])}"
            help_ = f"Add the key `{name}` to the ConfigMap."
            fix = None
            if keys is not None and name in keys:
                help_ = f"Add the key `{name}` to `items` of the volume."
                fix = _add(name, mount, where, runs.workload)
        yield self.finding(
            path.span,
            f"`{path}` is not in the container because {reason}, so {_RESULTS[directive.name]}",
            help=help_,
            related=[Related(runs.container.image.span, "CoreDNS runs here", where)] if runs.container.image else [],
            document=document,
            fix=fix,
        )


def _paths(directive: Directive) -> list[Text]:
    """The absolute paths of files that a plugin reads and that the image does not have."""
    words = directive.args[: 3 if directive.name == "tls" else 1] if directive.name in _RESULTS else []
    return [
        word
        for word in words
        if word.startswith("/") and not word.startswith(_IN_THE_IMAGE) and not is_placeholder(word)
    ]


def _add(name: str, mount: Mount, where: Document, workload: Workload) -> Fix | None:
    edit = add_item(workload.text, mount.items, f"{{key: {name}, path: {name}}}") if mount.items is not None else None
    return Fix(f"Add `{name}` to the volume", (), elsewhere=((where, (edit,)),)) if edit is not None else None
