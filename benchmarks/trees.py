"""Generates trees of Kubernetes manifests: the same files for the same number."""

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
              value: http://{other}{domain}:8080
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
                "domain": f".{namespace}.svc.cluster.local",
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


_FLUX = """\
---
# yaml-language-server: $schema=https://schemas.example.org/kustomization-kustomize-v1.json
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: &app {name}
  namespace: &namespace {namespace}
spec:
  commonMetadata:
    labels:
      app.kubernetes.io/name: *app
  dependsOn:
    - name: storage
      namespace: storage
  interval: 1h
  path: ./apps/{namespace}/{name}/app
  prune: true
  sourceRef:
    kind: GitRepository
    name: flux-system
    namespace: flux-system
  targetNamespace: *namespace
  timeout: 5m
  wait: false
"""

_KUSTOMIZATION = """\
---
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: {namespace}
resources:
  - ./externalsecret.yaml
  - ./helmrelease.yaml
  - ./ocirepository.yaml
"""

_SECRET = """\
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: {name}
spec:
  secretStoreRef:
    kind: ClusterSecretStore
    name: vault
  target:
    name: {name}-secret
    template:
      data:
        API_KEY: "{{{{ .API_KEY }}}}"
        POSTGRES_HOST: postgres-rw.database.svc.cluster.local
  dataFrom:
    - extract:
        key: {name}
"""

_REPOSITORY = """\
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata:
  name: {name}
spec:
  interval: 15m
  layerSelector:
    mediaType: application/vnd.cncf.helm.chart.content.v1.tar+gzip
    operation: copy
  ref:
    tag: 4.{number}.0
  url: oci://registry.example.org/charts/app-template
"""

_RELEASE = """\
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: {name}
spec:
  chartRef:
    kind: OCIRepository
    name: {name}
  interval: 1h
  values:
    controllers:
      {name}:
        annotations:
          reloader.stakater.com/auto: "true"
        containers:
          app:
            image:
              repository: registry.example.org/{name}
              tag: 1.{number}.0
            env:
              TZ: Europe/Zurich
              API_URL: http://{name}-api.{namespace}{domain}:8080
            probes:
              liveness: &probes
                enabled: true
                spec:
                  httpGet:
                    path: /healthz
                    port: 8080
              readiness: *probes
            resources:
              requests:
                cpu: 10m
              limits:
                memory: 512Mi
    service:
      app:
        ports:
          http:
            port: 8080
    route:
      app:
        hostnames: ["{name}.example.org"]
        parentRefs:
          - name: internal
            namespace: network
"""

_RULES = """\
---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: {name}
spec:
  groups:
    - name: {name}.rules
      rules:
        - alert: {name}-down
          annotations:
            summary: "{name} has been unavailable for 5 minutes"
          expr: absent(up{{job="{name}"}} == 1)
          for: 5m
          labels:
            severity: critical
"""

_COREDNS = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: coredns
  namespace: kube-system
data:
  Corefile: |
    .:53 {
        errors
        health {
            lameduck 5s
        }
        ready
        kubernetes cluster.local in-addr.arpa ip6.arpa {
            pods insecure
            fallthrough in-addr.arpa ip6.arpa
            ttl 30
        }
        prometheus :9153
        forward . /etc/resolv.conf {
            max_concurrent 1000
        }
        cache 30
        loop
        reload
        loadbalance
    }
"""


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def write_gitops_tree(folder: Path, files: int) -> None:
    """`files` files as a GitOps repository with Flux has them: six an app, of which kpl checks the one with containers.

    Every fiftieth app is a Deployment with its Service instead of a chart; each twentieth looks up a name that costs queries.
    """
    _write(folder / "apps" / "kube-system" / "coredns" / "configmap.yaml", _COREDNS)
    for number in range((files - 1) // 6):
        name, namespace = f"app-{number}", f"team-{number % 17}"
        words = {"name": name, "namespace": namespace, "number": number, "replicas": 1, "other": f"app-{number // 2}"}
        words["domain"] = ".svc.cluster.local" if number % 20 == 0 else ""
        app = folder / "apps" / namespace / name
        _write(app / "ks.yaml", _FLUX.format(**words))
        for file, text in (
            ("kustomization.yaml", _KUSTOMIZATION),
            ("externalsecret.yaml", _SECRET),
            ("ocirepository.yaml", _REPOSITORY),
            ("prometheusrule.yaml", _RULES),
            ("helmrelease.yaml", _WORKLOAD if number % 50 == 49 else _RELEASE),
        ):
            _write(app / "app" / file, text.format(**words))


def write_values_tree(folder: Path, files: int) -> None:
    """`files` HelmReleases with values of 250 to 500 lines, of which each twentieth looks up a name that costs queries."""
    for number in range(files):
        words = {"name": f"app-{number}", "namespace": f"team-{number % 17}", "number": number}
        words["domain"] = ".svc.cluster.local" if number % 20 == 0 else ""
        sections = "".join(
            f"    section{key}:\n      # What {key} is for: see the chart's own page.\n"
            f"      enabled: {str(key % 3 == 0).lower()}\n      annotations: {{}}\n"
            f'      existingSecret: ""\n      pullPolicy: IfNotPresent\n      nodeSelector: {{}}\n'
            f"      extraArgs:\n        - --level={key}\n        - --name={words['name']}\n"
            for key in range(25 + number % 25)
        )
        _write(folder / words["namespace"] / f"{words['name']}.yaml", _RELEASE.format(**words) + sections)


def write_workloads_tree(folder: Path, files: int) -> None:
    """`files` files with 10,000 workloads for 6,000 of them: two in two of three files, one in the others.

    Each has a Service. Those of every twentieth file look up a name that costs queries.
    """
    for number in range(files):
        namespace = f"team-{number % 17}"
        parts = []
        for place in range(2 if number % 3 else 1):
            name = f"app-{number}-{place}"
            words = {"name": name, "namespace": namespace, "replicas": 1 + number % 9, "other": f"app-{number // 2}-0"}
            words["domain"] = f".{namespace}.svc.cluster.local" if number % 20 == 0 else ""
            parts.append(_WORKLOAD.format(**words))
        _write(folder / namespace / f"app-{number}.yaml", "---\n".join(parts))


_APP_RELEASE = """\
---
# yaml-language-server: $schema=https://schemas.example.org/helmrelease-helm-v2.json
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: &app {name}
  namespace: {namespace}
spec:
  chartRef:
    kind: OCIRepository
    name: app-template
  interval: 1h
  values:
    defaultPodOptions:
      securityContext:
        runAsNonRoot: true
        runAsUser: 1000
{dns}    controllers:
      {name}:
        annotations:
          reloader.stakater.com/auto: "true"
        initContainers:
          init-db:
            image:
              repository: registry.example.org/postgres-init
              tag: "{number}"
            envFrom: &envFrom
              - secretRef:
                  name: {name}-secret
        containers:
          app:
            image:
              repository: registry.example.org/{name}
              tag: 1.{number}.0
            env:
              TZ: Europe/Zurich
              API_URL: http://{other}.{namespace}{domain}:8080
              PROXY_URL: http://proxy.network{domain}:3128
            envFrom: *envFrom
            probes:
              liveness: &probes
                enabled: true
                custom: true
                spec:
                  httpGet:
                    path: /healthz
                    port: &port 8080
                  periodSeconds: 10
                  timeoutSeconds: 1
                  failureThreshold: 3
              readiness: *probes
              startup:
                enabled: true
                spec:
                  failureThreshold: 30
                  periodSeconds: 10
            securityContext:
              allowPrivilegeEscalation: false
              readOnlyRootFilesystem: true
              capabilities: {{drop: ["ALL"]}}
            resources:
              requests:
                cpu: 10m
              limits:
                memory: 512Mi
    service:
      app:
        type: LoadBalancer
        externalTrafficPolicy: Local
        ports:
          http:
            port: *port
    route:
      app:
        hostnames: ["{{{{ .Release.Name }}}}.example.org"]
        parentRefs:
          - name: internal
            namespace: network
        rules:
          - backendRefs:
              - identifier: app
                port: *port
    persistence:
      config:
        existingClaim: *app
      tmp:
        type: emptyDir
"""


def write_releases_tree(folder: Path, files: int) -> None:
    """`files` HelmReleases whose values hold pods, as the charts of home clusters take them.

    Each fifth one sets the DNS of its pods, each twentieth one looks up a name that costs queries.
    """
    for number in range(files):
        name, namespace = f"app-{number}", f"team-{number % 17}"
        words = {"name": name, "namespace": namespace, "number": number, "other": f"app-{number // 2}"}
        words["domain"] = ".svc.cluster.local" if number % 20 == 0 else ""
        words["dns"] = "      dnsConfig:\n        options:\n          - name: ndots\n            value: '1'\n" * (
            number % 5 == 0
        )
        _write(folder / "apps" / namespace / name / "app" / "helmrelease.yaml", _APP_RELEASE.format(**words))


_CHART = {
    "deployment.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "NAME.fullname" . }}
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "NAME.labels" . | nindent 4 }}
spec:
  {{- if not .Values.autoscaling.enabled }}
  replicas: {{ .Values.replicaCount }}
  {{- end }}
  selector:
    matchLabels:
      {{- include "NAME.selectorLabels" . | nindent 6 }}
  template:
    metadata:
      {{- with .Values.podAnnotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      labels:
        {{- include "NAME.selectorLabels" . | nindent 8 }}
    spec:
      {{- with .Values.imagePullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      serviceAccountName: {{ include "NAME.serviceAccountName" . }}
      {{- if .Values.hostNetwork }}
      hostNetwork: true
      dnsPolicy: ClusterFirstWithHostNet
      {{- else }}
      dnsPolicy: {{ .Values.dnsPolicy }}
      {{- end }}
      {{- with .Values.dnsConfig }}
      dnsConfig:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: {{ .Chart.Name }}
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
          imagePullPolicy: {{ .Values.image.pullPolicy }}
          env:
            - name: API_URL
              value: http://{{ include "NAME.fullname" . }}-api.{{ .Release.Namespace }}.svc.cluster.local:8080
            {{- range $key, $value := .Values.env }}
            - name: {{ $key }}
              value: {{ $value | quote }}
            {{- end }}
          ports:
            - name: http
              containerPort: {{ .Values.service.targetPort }}
          resources:
            {{- toYaml .Values.resources | nindent 12 }}
""",
    "service.yaml": """\
{{- if .Values.service.enabled }}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "NAME.fullname" . }}
  labels:
    {{- include "NAME.labels" . | nindent 4 }}
spec:
  type: {{ .Values.service.type }}
  {{- if and (eq .Values.service.type "ClusterIP") .Values.service.clusterIP }}
  clusterIP: {{ .Values.service.clusterIP }}
  {{- end }}
  ports:
    - port: {{ .Values.service.port }}
      targetPort: http
      name: http
  selector:
    {{- include "NAME.selectorLabels" . | nindent 4 }}
{{- end }}
""",
    "serviceaccount.yaml": """\
{{- if .Values.serviceAccount.create -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "NAME.serviceAccountName" . }}
  labels:
    {{- include "NAME.labels" . | nindent 4 }}
{{- end }}
""",
    "networkpolicy.yaml": """\
{{- if .Values.networkPolicy.enabled }}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "NAME.fullname" . }}
spec:
  podSelector:
    matchLabels:
      {{- include "NAME.selectorLabels" . | nindent 6 }}
  policyTypes: [Egress]
  egress:
    - to:
        - namespaceSelector: {}
      ports:
        - {port: 53, protocol: UDP}
    {{- with .Values.networkPolicy.extraEgress }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}
""",
    "_helpers.tpl": """\
{{- define "NAME.fullname" -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "NAME.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
""",
}


def write_templates_tree(folder: Path, files: int) -> None:
    """`files` templates of charts, five in each, all of which Helm has to render before anything is sure."""
    for number in range(files):
        name, text = list(_CHART.items())[number % len(_CHART)]
        chart = f"chart-{number // len(_CHART)}"
        _write(folder / "charts" / chart / "templates" / name, text.replace("NAME", chart))
