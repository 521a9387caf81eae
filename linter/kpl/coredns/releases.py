"""What each CoreDNS release knows; see `kpl.coredns.versions` for what the rows mean and where they come from."""

from __future__ import annotations

VERSIONS = """
1.0.0 1.0.1 1.0.2 1.0.3 1.0.4 1.0.5 1.0.6 1.1.0 1.1.1 1.1.2 1.1.3 1.1.4 1.2.0 1.2.1 1.2.2 1.2.3 1.2.4 1.2.5
1.2.6 1.3.0 1.3.1 1.4.0 1.5.0 1.5.1 1.5.2 1.6.0 1.6.1 1.6.2 1.6.3 1.6.4 1.6.5 1.6.6 1.6.7 1.6.8 1.6.9 1.7.0
1.7.1 1.8.0 1.8.1 1.8.2 1.8.3 1.8.4 1.8.5 1.8.6 1.8.7 1.9.0 1.9.1 1.9.2 1.9.3 1.9.4 1.10.0 1.10.1 1.11.0
1.11.1 1.11.3 1.11.4 1.12.0 1.12.1 1.12.2 1.12.3 1.12.4 1.13.0 1.13.1 1.13.2 1.14.0 1.14.1 1.14.2 1.14.3
1.14.4 1.14.5 1.14.6 1.14.7 1.15.0
""".split()

DIRECTIVES: dict[str, tuple[str, ...]] = {
    "acl": ("1.6.4",),
    "any": ("1.5.1",),
    "auto": ("1.0.0",),
    "autopath": ("1.0.0",),
    "azure": ("1.6.2",),
    "bind": ("1.0.0",),
    "bufsize": ("1.6.6",),
    "cache": ("1.0.0",),
    "cancel": ("1.5.0",),
    "chaos": ("1.0.0",),
    "clouddns": ("1.6.3",),
    "debug": ("1.0.0",),
    "dns64": ("1.7.0",),
    "dnssec": ("1.0.0",),
    "dnstap": ("1.0.0",),
    "dynupdate": ("1.15.0",),
    "erratic": ("1.0.0",),
    "errors": ("1.0.0",),
    "etcd": ("1.0.0",),
    "federation": ("1.0.0", "1.6.9"),
    "file": ("1.0.0",),
    "forward": ("1.0.5",),
    "geoip": ("1.8.5",),
    "grpc": ("1.5.0",),
    "grpc_server": ("1.14.0",),
    "header": ("1.8.5",),
    "health": ("1.0.0",),
    "hosts": ("1.0.0",),
    "https": ("1.14.0",),
    "https3": ("1.14.0",),
    "k8s_external": ("1.3.0",),
    "kubernetes": ("1.0.0",),
    "loadbalance": ("1.0.0",),
    "local": ("1.8.1",),
    "log": ("1.0.0",),
    "loop": ("1.2.1",),
    "metadata": ("1.2.0",),
    "minimal": ("1.8.4",),
    "multisocket": ("1.12.0",),
    "nomad": ("1.13.0",),
    "nsid": ("1.0.1",),
    "on": ("1.0.5",),
    "pprof": ("1.0.0",),
    "prometheus": ("1.0.0",),
    "proxy": ("1.0.0", "1.4.0"),
    "proxyproto": ("1.14.2",),
    "quic": ("1.12.2",),
    "ready": ("1.5.0",),
    "reload": ("1.1.0",),
    "reverse": ("1.0.0", "1.1.4"),
    "rewrite": ("1.0.0",),
    "root": ("1.0.0",),
    "route53": ("1.0.5",),
    "secondary": ("1.0.0",),
    "shed": ("1.14.7",),
    "shutdown": ("1.0.0", "1.1.0"),
    "siit": ("1.15.0",),
    "sign": ("1.6.3",),
    "startup": ("1.0.0", "1.1.0"),
    "template": ("1.0.3",),
    "timeouts": ("1.10.1",),
    "tls": ("1.0.0",),
    "trace": ("1.0.0",),
    "transfer": ("1.6.5",),
    "tsig": ("1.9.4",),
    "view": ("1.10.0",),
    "whoami": ("1.0.0",),
}

KEYWORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "acl": {
        "allow": ("1.6.4",),
        "block": ("1.6.4",),
        "drop": ("1.10.1",),
        "filter": ("1.8.2",),
    },
    "auto": {
        "directory": ("1.0.0",),
        "no_reload": ("1.0.0", "1.4.0"),
        "reload": ("1.2.3",),
        "transfer": ("1.5.0", "1.7.1"),
        "upstream": ("1.0.0",),
    },
    "azure": {
        "access": ("1.6.8",),
        "client": ("1.6.2",),
        "environment": ("1.6.2",),
        "fallthrough": ("1.6.2",),
        "refresh": ("1.15.0",),
        "secret": ("1.6.2",),
        "subscription": ("1.6.2",),
        "tenant": ("1.6.2",),
    },
    "bind": {
        "except": ("1.8.4",),
    },
    "cache": {
        "denial": ("1.0.0",),
        "disable": ("1.9.4",),
        "keepttl": ("1.10.1",),
        "prefetch": ("1.0.0",),
        "serve_stale": ("1.6.6",),
        "serve_stale_policy": ("1.14.7",),
        "servfail": ("1.9.4",),
        "success": ("1.0.0",),
    },
    "clouddns": {
        "credentials": ("1.6.3",),
        "endpoint": ("1.15.0",),
        "fallthrough": ("1.6.3",),
        "refresh": ("1.15.0",),
        "upstream": ("1.6.3",),
    },
    "dns64": {
        "allow_ipv4": ("1.8.7",),
        "prefix": ("1.7.0",),
        "translate_all": ("1.7.0",),
    },
    "dnssec": {
        "cache_capacity": ("1.0.0",),
        "key": ("1.0.0",),
    },
    "dnstap": {
        "extra": ("1.11.1",),
        "identity": ("1.9.4",),
        "skipverify": ("1.11.0",),
        "tls": ("1.14.4",),
        "version": ("1.9.4",),
    },
    "dynupdate": {
        "allow": ("1.15.0",),
        "database": ("1.15.0",),
        "file": ("1.15.0",),
        "max_bytes": ("1.15.0",),
        "max_records": ("1.15.0",),
        "max_update_records": ("1.15.0",),
    },
    "erratic": {
        "delay": ("1.0.0",),
        "drop": ("1.0.0",),
        "large": ("1.2.5",),
        "truncate": ("1.0.0",),
    },
    "errors": {
        "consolidate": ("1.2.6",),
        "stacktrace": ("1.9.3",),
    },
    "etcd": {
        "credentials": ("1.4.0",),
        "debug": ("1.0.0",),
        "endpoint": ("1.0.0",),
        "fallthrough": ("1.0.0",),
        "max-lease-ttl": ("1.12.4",),
        "min-lease-ttl": ("1.12.4",),
        "no_apex_fallback": ("1.15.0",),
        "path": ("1.0.0",),
        "stubzones": ("1.0.0",),
        "tls": ("1.0.0",),
        "upstream": ("1.0.0",),
    },
    "file": {
        "fallthrough": ("1.12.2",),
        "no_reload": ("1.0.0", "1.4.0"),
        "reload": ("1.2.3",),
        "reload_by_mtime": ("1.14.4",),
        "transfer": ("1.0.0", "1.7.1"),
        "upstream": ("1.0.0",),
    },
    "forward": {
        "doh_method": ("1.14.5",),
        "except": ("1.0.6",),
        "expire": ("1.0.6",),
        "failfast_all_unhealthy_upstreams": ("1.12.1",),
        "failover": ("1.13.0",),
        "force_tcp": ("1.0.6",),
        "health_check": ("1.0.6",),
        "max_age": ("1.14.3",),
        "max_concurrent": ("1.6.8",),
        "max_connect_attempts": ("1.13.2",),
        "max_fails": ("1.0.6",),
        "max_idle_conns": ("1.14.1",),
        "next": ("1.11.4",),
        "next_on_nodata": ("1.14.4",),
        "policy": ("1.0.6",),
        "prefer_udp": ("1.2.0",),
        "read_timeout": ("1.14.5",),
        "resolver": ("1.14.4",),
        "source_address": ("1.14.6",),
        "tls": ("1.0.6",),
        "tls_servername": ("1.0.6",),
    },
    "geoip": {
        "edns-subnet": ("1.9.2",),
    },
    "grpc": {
        "except": ("1.5.0",),
        "fallthrough": ("1.12.3",),
        "policy": ("1.5.0",),
        "tls": ("1.5.0",),
        "tls_servername": ("1.5.0",),
    },
    "grpc_server": {
        "max_connections": ("1.14.0",),
        "max_streams": ("1.14.0",),
    },
    "header": {
        "query": ("1.9.4",),
        "response": ("1.9.4",),
    },
    "health": {
        "lameduck": ("1.0.5",),
    },
    "hosts": {
        "fallthrough": ("1.0.0",),
        "fallthrough_unsupported": ("1.14.7",),
        "no_reverse": ("1.4.0",),
        "reload": ("1.4.0",),
        "ttl": ("1.4.0",),
    },
    "https": {
        "max_connections": ("1.14.0",),
        "max_streams": ("1.15.0",),
    },
    "https3": {
        "max_connections": ("1.14.7",),
        "max_streams": ("1.14.0",),
    },
    "k8s_external": {
        "apex": ("1.3.0",),
        "fallthrough": ("1.11.0",),
        "headless": ("1.9.4",),
        "ttl": ("1.3.0",),
    },
    "kubernetes": {
        "apiserver_burst": ("1.14.0",),
        "apiserver_max_inflight": ("1.14.0",),
        "apiserver_qps": ("1.14.0",),
        "endpoint": ("1.0.0",),
        "endpoint_pod_names": ("1.0.0",),
        "fallthrough": ("1.0.0",),
        "ignore": ("1.1.3",),
        "kubeconfig": ("1.2.3",),
        "labels": ("1.0.0",),
        "multicluster": ("1.12.2",),
        "namespace_labels": ("1.5.0",),
        "namespaces": ("1.0.0",),
        "noendpoints": ("1.0.6",),
        "pods": ("1.0.0",),
        "resyncperiod": ("1.0.0", "1.5.2"),
        "startup_timeout": ("1.12.3",),
        "tls": ("1.0.0",),
        "transfer": ("1.0.6", "1.7.1"),
        "ttl": ("1.0.0",),
        "upstream": ("1.0.0", "1.6.9"),
        "zonal": ("1.14.7",),
    },
    "loadbalance": {
        "prefer": ("1.12.4",),
        "reload": ("1.10.1",),
    },
    "local": {
        "localhost_prefix": ("1.14.5",),
    },
    "log": {
        "class": ("1.0.0",),
    },
    "nomad": {
        "address": ("1.13.0",),
        "filter": ("1.13.2",),
        "token": ("1.13.0",),
        "ttl": ("1.13.0",),
    },
    "pprof": {
        "block": ("1.5.0",),
    },
    "prometheus": {
        "runtime_metrics": ("1.14.3",),
        "tls": ("1.14.3",),
    },
    "proxyproto": {
        "allow": ("1.14.2",),
        "default": ("1.14.2",),
        "tlv_metadata": ("1.15.0",),
        "udp_session_tracking": ("1.14.3",),
    },
    "quic": {
        "max_connections": ("1.15.0",),
        "max_streams": ("1.12.2",),
        "worker_pool_size": ("1.12.2",),
    },
    "ready": {
        "monitor": ("1.12.2",),
    },
    "route53": {
        "aws_access_key": ("1.0.5",),
        "aws_endpoint": ("1.8.7",),
        "credentials": ("1.2.3",),
        "fallthrough": ("1.2.3",),
        "refresh": ("1.6.2",),
        "upstream": ("1.2.3",),
    },
    "secondary": {
        "catalog": ("1.14.5",),
        "fallthrough": ("1.14.4",),
        "transfer": ("1.0.0",),
        "upstream": ("1.0.0", "1.7.1"),
    },
    "siit": {
        "eam": ("1.15.0",),
        "ipv6_prefix": ("1.15.0",),
    },
    "sign": {
        "directory": ("1.6.3",),
        "key": ("1.6.3",),
    },
    "template": {
        "additional": ("1.0.3",),
        "answer": ("1.0.3",),
        "authority": ("1.0.3",),
        "ederror": ("1.10.1",),
        "expr": ("1.15.0",),
        "fallthrough": ("1.0.3",),
        "match": ("1.0.3",),
        "rcode": ("1.0.3",),
        "upstream": ("1.0.6",),
        "var": ("1.15.0",),
    },
    "timeouts": {
        "idle": ("1.10.1",),
        "maxtcpqueries": ("1.14.7",),
        "read": ("1.10.1",),
        "write": ("1.10.1",),
    },
    "tls": {
        "acme": ("1.14.7",),
        "ca": ("1.14.7",),
        "ca_root": ("1.14.7",),
        "client_auth": ("1.5.1",),
        "email": ("1.14.7",),
        "keylog": ("1.14.3",),
        "resolver": ("1.14.7",),
        "storage": ("1.14.7",),
    },
    "trace": {
        "client_server": ("1.0.0",),
        "datadog_analytics_rate": ("1.8.0",),
        "every": ("1.0.0",),
        "service": ("1.0.0",),
        "zipkin_max_backlog_size": ("1.9.4",),
        "zipkin_max_batch_interval": ("1.9.4",),
        "zipkin_max_batch_size": ("1.9.4",),
    },
    "transfer": {
        "source": ("1.14.5",),
        "to": ("1.6.5",),
    },
    "tsig": {
        "require": ("1.9.4",),
        "require_opcode": ("1.14.3",),
        "secret": ("1.9.4",),
        "secrets": ("1.9.4",),
    },
    "view": {
        "expr": ("1.10.0",),
    },
}

WITHOUT_EFFECT: dict[str, dict[str, str]] = {
    "auto": {"upstream": "1.5.2"},
    "clouddns": {"upstream": "1.6.3"},
    "etcd": {"upstream": "1.5.2", "stubzones": "1.4.0", "debug": "1.0.0"},
    "file": {"upstream": "1.5.2"},
    "kubernetes": {"upstream": "1.5.2"},
    "route53": {"upstream": "1.5.2"},
    "secondary": {"upstream": "1.5.2"},
    "template": {"upstream": "1.5.2"},
}

ORDER = {
    "1.7.0": """
        metadata geoip cancel tls timeouts reload nsid bufsize root bind debug trace ready health pprof prometheus
        errors log dnstap local dns64 acl any chaos loadbalance tsig cache rewrite header dnssec autopath minimal
        template transfer hosts route53 azure clouddns k8s_external kubernetes file auto secondary etcd loop forward
        grpc erratic whoami on sign view
    """.split(),
    "1.11.3": """
        root metadata geoip cancel tls proxyproto quic grpc_server https https3 timeouts multisocket reload nsid
        bufsize bind debug trace ready health pprof prometheus errors log dnstap local dns64 acl any chaos
        loadbalance tsig cache rewrite header dnssec autopath minimal template transfer hosts route53 azure clouddns
        k8s_external kubernetes file auto secondary etcd loop forward grpc erratic whoami on sign view nomad
    """.split(),
    "1.14.3": """
        root metadata geoip cancel tls proxyproto quic grpc_server https https3 timeouts multisocket reload nsid
        bufsize bind debug trace ready health pprof prometheus errors log dnstap local dns64 any chaos loadbalance
        tsig cache rewrite acl header dnssec autopath minimal template transfer hosts route53 azure clouddns
        k8s_external kubernetes file auto secondary etcd loop forward grpc erratic whoami on sign view nomad
    """.split(),
    "1.14.7": """
        root metadata geoip cancel proxyproto quic grpc_server https https3 timeouts multisocket reload nsid bufsize
        bind debug trace ready health pprof shed prometheus errors log dnstap local dns64 siit any chaos loadbalance
        tsig rewrite autopath acl cache header dnssec tls minimal template transfer dynupdate hosts route53 azure
        clouddns k8s_external kubernetes file auto secondary etcd loop forward grpc erratic whoami on sign view nomad
    """.split(),
}
"""The order in which the plugins are set up, from that release on: the lines of core/dnsserver/zdirectives.go.

Names that a later release adds stand in the row of the order that they were added to.
"""
