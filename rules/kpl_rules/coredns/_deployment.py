"""The manifests of CoreDNS that examples of rules share."""

from __future__ import annotations

_CONFIG_MAP = """\
apiVersion: v1
kind: ConfigMap
metadata: {{name: coredns, namespace: kube-system}}
data:
  Corefile: |
    . {{
        errors
        health {{
            {lameduck}
        }}
        ready
        kubernetes cluster.local
        forward . {upstream}
        cache 30
        loop
        reload
    }}
"""
_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: coredns, namespace: kube-system}}
spec:
  template:
    metadata:
      labels: {{k8s-app: kube-dns}}
    spec:
      {field}
      containers:
      - name: coredns
        image: registry.k8s.io/coredns/coredns
        volumeMounts: [{{name: config, mountPath: /etc/coredns}}]
      volumes: [{{name: config, configMap: {{name: coredns}}}}]
"""


def coredns_files(
    lameduck: str, field: str = "dnsPolicy: Default", upstream: str = "/etc/resolv.conf"
) -> dict[str, str]:
    """CoreDNS with a line of `health`, a field of its pod, and an upstream."""
    if not field.startswith("dnsPolicy"):
        field = f"dnsPolicy: Default\n      {field}"
    deployment = _DEPLOYMENT.format(field=field)
    return {"coredns.yaml": _CONFIG_MAP.format(lameduck=lameduck, upstream=upstream), "deployment.yaml": deployment}
