"""Generates a tree of Kubernetes manifests: the same files for the same number."""

from __future__ import annotations

import random
from pathlib import Path

_WORKLOAD = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  namespace: {namespace}
  labels:
    app.kubernetes.io/name: {name}
spec:
  replicas: {replicas}
  selector:
    matchLabels:
      app.kubernetes.io/name: {name}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: {name}
    spec:
      containers:
        - name: {name}
          image: registry.example/{name}:{replicas}.0.1
          env:
            - name: UPSTREAM_URL
              value: http://{other}.{namespace}.svc.cluster.local:8080
            - name: LOG_LEVEL
              value: info
          resources:
            requests:
              cpu: 100m
              memory: 128Mi
---
apiVersion: v1
kind: Service
metadata:
  name: {name}
  namespace: {namespace}
spec:
  selector:
    app.kubernetes.io/name: {name}
  ports:
    - port: 8080
"""

_DASHBOARD = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {name}-dashboard
data:
  dashboard.json: |
{lines}
"""


_SERVER = """\
{zone}:53 {{
    errors
    health {{
        lameduck 5s
    }}
    cache 30 {{
        success 9984 30
        denial 9984 5
    }}
    rewrite name regex (.*)\\.internal\\.{zone} {{1}}.{zone} answer auto
    forward . 10.{high}.{low}.53 {{
        max_concurrent 1000
        policy sequential
    }}
    reload
    loadbalance
}}
"""


def corefile(blocks: int, first: int = 0) -> str:
    """A Corefile of `blocks` server blocks, the same one for the same numbers."""
    numbers = range(first, first + blocks)
    return "".join(
        _SERVER.format(zone=f"zone-{number}.example.org", high=number // 250, low=number % 250) for number in numbers
    )


def write_corefiles(folder: Path, files: int) -> None:
    """`files` small Corefiles, a hundred in a folder."""
    for number in range(files):
        path = folder / f"{number // 100}" / f"zone-{number}" / "Corefile"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(corefile(1, number), encoding="utf-8")


def write_tree(folder: Path, files: int) -> None:
    """`files` files below `folder`: of ten, six hold a workload with its Service, three a dashboard, one secrets."""
    chance = random.Random(files)
    for number in range(files):
        namespace = f"team-{number % 17}"
        name = f"app-{number}"
        kind = number % 10
        if kind < 6:
            values = {
                "name": name,
                "namespace": namespace,
                "replicas": chance.randint(1, 9),
                "other": f"app-{number // 2}",
            }
            text = _WORKLOAD.format(**values)
        elif kind < 9:
            lines = "\n".join(f'    {{"id": {i}, "title": "panel {chance.random():.6f}"}},' for i in range(300))
            text = _DASHBOARD.format(name=name, lines=lines)
        else:
            text = f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: {name}\nstringData:\n  token: {chance.random()}\n"
        path = folder / namespace / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
