"""The setup functions of the plugins that hold records (kubernetes, hosts, file, ...); answers recorded from CoreDNS."""

from __future__ import annotations

import pytest

from coredns_messages import argument, at
from kpl.coredns.judge import Circumstances, Judgement, judge_corefile
from kpl.coredns.plugins.auto import Auto
from kpl.coredns.plugins.autopath import Autopath
from kpl.coredns.plugins.dnssec import Dnssec
from kpl.coredns.plugins.etcd import Etcd, parse_ttl
from kpl.coredns.plugins.file import File, ZoneFile
from kpl.coredns.plugins.hosts import Hosts
from kpl.coredns.plugins.k8s_external import External
from kpl.coredns.plugins.kubernetes import Kubernetes
from kpl.coredns.plugins.secondary import Secondaries, Secondary
from kpl.coredns.plugins.sign import Signed
from kpl.coredns.plugins.transfer import Transfer
from kpl.golang.values import GoError
from kpl.text.version import Version
from kpl.verdict import Need

SECOND = 10**9


def corefile(directive: str, options: str, zone: str = ".") -> str:
    block = f" {{\n{options}\n}}" if options else ""
    return f"{zone} {{\n{directive}{block}\n}}\n"


def judge(release: str, text: str) -> Judgement:
    return judge_corefile(text, Circumstances(Version(release), {}))


def twice(line: int, message: str) -> str:
    return f"plugin/transfer: {at(line, message)}"


def syntax(function: str) -> str:
    return f'strconv.{function}: parsing "x": invalid syntax'


def no_url(server: str) -> str:
    return rf'{CLIENT}"host must be a URL or a host:port pair: \"{server}\""'


K8S = "kubernetes cluster.local"
CLIENT = "failed to create kubernetes notification controller: "
NOT_SERVED = "is not authoritative for the multicluster zone a.org. (authoritative zones: [cluster.local.])"
POD_MODES = "must be one of: disabled, verified, insecure"
NOT_SECONDARY = "can't use `transfer from` when not being a secondary"
TTL_FORMAT = "invalid TTL format, use format like '30', '30s', '5m', '1h', or '2h30m'"
TTL_LARGE = "TTL too large, maximum is 4294967295 seconds"
PANIC = "panic: runtime error: index out of range [0] with length 0"

RECORDED = [
    # kubernetes
    ("1.14.7", K8S, "pods verified", None),
    ("1.14.7", K8S, "pods", argument(3, "pods")),
    ("1.14.7", K8S, "pods a", f"wrong value for pods: a,  {POD_MODES}"),
    ("1.14.7", K8S, "pods a b", argument(3, "b")),
    ("1.14.7", K8S, "endpoint_pod_names", None),
    ("1.14.7", K8S, "endpoint_pod_names x", argument(3, "x")),
    ("1.14.7", K8S, "namespaces", argument(3, "namespaces")),
    ("1.14.7", K8S, "namespaces a b", None),
    ("1.14.7", K8S, "ttl", argument(3, "ttl")),
    ("1.14.7", K8S, "ttl x", syntax("Atoi")),
    ("1.14.7", K8S, "ttl 0 9", None),
    ("1.14.7", K8S, "ttl 3601", at(3, "ttl must be in range [0, 3600]: 3601")),
    ("1.14.7", K8S, "ttl -1", at(3, "ttl must be in range [0, 3600]: -1")),
    ("1.14.7", K8S, "noendpoints", None),
    ("1.14.7", K8S, "noendpoints x", argument(3, "x")),
    ("1.14.7", K8S, "zonal", None),
    ("1.14.7", K8S, "zonal x", argument(3, "x")),
    ("1.14.7", K8S, "zonal\nnoendpoints", at(5, "zonal requires the endpoint cache; remove noendpoints")),
    ("1.14.7", K8S, "ignore", None),
    ("1.14.7", K8S, "ignore x", "unable to parse ignore value: 'x'"),
    ("1.14.7", K8S, "ignore empty_service x", None),
    ("1.14.7", K8S, "fallthrough", None),
    ("1.14.7", K8S, "bogus", at(3, "unknown property 'bogus'")),
    ("1.14.7", K8S, "tls", argument(3, "tls")),
    ("1.14.7", K8S, 'tls "" "" ""', None),
    ("1.14.7", K8S, "endpoint", argument(3, "endpoint")),
    ("1.14.7", K8S, "endpoint 10.0.0.1:8080", None),
    ("1.14.7", K8S, 'endpoint ""', None),
    ("1.14.7", K8S, "kubeconfig", argument(3, "kubeconfig")),
    ("1.14.7", K8S, 'kubeconfig ""', None),
    ("1.14.7", K8S, 'kubeconfig "" admin', 'context "admin" does not exist'),
    ("1.14.7", K8S, "kubeconfig a b c", argument(3, "c")),
    ("1.14.7", K8S, "multicluster", None),
    ("1.14.7", K8S, "multicluster a.org", at(4, NOT_SERVED)),
    ("1.14.7", K8S, "multicluster cluster.local", None),
    ("1.14.7", K8S, "startup_timeout", argument(3, "startup_timeout")),
    ("1.14.7", K8S, "startup_timeout x", 'failed to parse startup_timeout: x, time: invalid duration "x"'),
    ("1.14.7", K8S, "startup_timeout 1s", None),
    ("1.14.7", K8S, "apiserver_qps", argument(3, "apiserver_qps")),
    ("1.14.7", K8S, "apiserver_qps x", at(3, f'invalid apiserver_qps "x": {syntax("ParseFloat")}')),
    ("1.14.7", K8S, "apiserver_qps -1", at(3, "apiserver_qps must be >= 0")),
    ("1.14.7", K8S, "apiserver_qps 2.5", None),
    ("1.14.7", K8S, "apiserver_burst x", at(3, f'invalid apiserver_burst "x": {syntax("Atoi")}')),
    ("1.14.7", K8S, "apiserver_burst -1", at(3, "apiserver_burst must be >= 0")),
    ("1.14.7", K8S, "apiserver_burst 1", None),
    ("1.14.7", K8S, "apiserver_max_inflight x", at(3, f'invalid apiserver_max_inflight "x": {syntax("Atoi")}')),
    ("1.14.7", K8S, "apiserver_max_inflight -1", at(3, "apiserver_max_inflight must be >= 0")),
    ("1.14.7", K8S, "apiserver_max_inflight 1 2", argument(3, "2")),
    ("1.12.1", K8S, "multicluster a.org", at(3, "unknown property 'multicluster'")),
    ("1.12.1", K8S, "startup_timeout 1s", at(3, "unknown property 'startup_timeout'")),
    ("1.12.1", K8S, "apiserver_qps 1", at(3, "unknown property 'apiserver_qps'")),
    ("1.12.1", K8S, "zonal", at(3, "unknown property 'zonal'")),
    ("1.7.0", K8S, 'kubeconfig ""', argument(3, "")),
    ("1.7.0", K8S, "transfer to * 10.0.0.1", None),
    ("1.7.0", K8S, "transfer to x", "must specify an IP address: `x'"),
    ("1.7.0", K8S, "transfer from 10.0.0.1", NOT_SECONDARY),
    ("1.7.0", K8S, "transfer", argument(3, "transfer")),
    ("1.7.0", K8S, "transfer bogus", None),
    ("1.8.6", K8S, "transfer to *", at(3, "unknown property 'transfer'")),
    ("1.14.7", K8S, "endpoint https://[::1", no_url("https://[::1")),
    ("1.14.7", K8S, "endpoint a/b", no_url("a/b")),
    ("1.14.7", K8S, "endpoint http:///a", no_url("http:///a")),
    ("1.14.7", K8S, "endpoint [::1", CLIENT + r'''"parse \"http://[::1\": missing ']' in host"'''),
    ("1.14.7", K8S, 'endpoint "" x\ntls "" a ""', None),
    ("1.14.7", "kubernetes a..b", "", "non-reverse zone name must be used"),
    ("1.7.0", "kubernetes a..b", "", None),
    ("1.14.7", "kubernetes 10.0.0.0/8 a.org", "", None),
    ("1.14.7", "kubernetes cluster.local {\n}\nkubernetes", "", "this plugin can only be used once per Server Block"),
    ("1.14.7", K8S, "labels", argument(3, "labels")),
    ("1.14.7", K8S, "namespace_labels", argument(3, "namespace_labels")),
    (
        "1.14.7",
        K8S,
        "namespace_labels team=a\nnamespaces b",
        at(5, "namespaces and namespace_labels cannot both be set"),
    ),
    ("1.14.7", K8S, "namespace_labels team=a", None),
    # k8s_external
    ("1.14.7", "k8s_external", "", None),
    ("1.14.7", "k8s_external", "ttl", argument(3, "ttl")),
    ("1.14.7", "k8s_external", "ttl x", syntax("Atoi")),
    ("1.14.7", "k8s_external", "ttl 3601", at(3, "ttl must be in range [0, 3600]: 3601")),
    ("1.14.7", "k8s_external", "ttl 60 x", None),
    ("1.14.7", "k8s_external", "apex", argument(3, "apex")),
    ("1.14.7", "k8s_external", "apex a b", None),
    ("1.14.7", "k8s_external", "headless", None),
    ("1.14.7", "k8s_external", "headless x", at(3, "unknown property 'x'")),
    ("1.14.7", "k8s_external", "fallthrough", None),
    ("1.14.7", "k8s_external", "bogus", at(3, "unknown property 'bogus'")),
    ("1.9.3", "k8s_external", "headless", at(3, "unknown property 'headless'")),
    ("1.10.1", "k8s_external", "headless", None),
    ("1.10.1", "k8s_external", "fallthrough", at(3, "unknown property 'fallthrough'")),
    ("1.11.3", "k8s_external", "fallthrough", None),
    ("1.14.7", "k8s_external a..b", "", None),
    # autopath
    ("1.14.7", "autopath", "", "no resolv-conf specified"),
    ("1.14.7", "autopath @kubernetes", "", None),
    ("1.14.7", "autopath a.org @erratic", "", None),
    ("1.14.7", 'autopath ""', "", 'failed to parse "": open : no such file or directory'),
    ("1.8.6", 'autopath ""', "", "panic: runtime error: index out of range [0] with length 0"),
    ("1.14.7", "autopath .", "", None),
    ("1.14.7", "autopath @x {\n}\nautopath", "", "no resolv-conf specified"),
    # etcd
    ("1.14.7", "etcd", "", None),
    ("1.14.7", "etcd", "stubzones\ndebug", None),
    ("1.14.7", "etcd", "fallthrough", None),
    ("1.14.7", "etcd", "path", argument(3, "path")),
    ("1.14.7", "etcd", "path a", None),
    ("1.14.7", "etcd", "endpoint", argument(3, "endpoint")),
    ("1.14.7", "etcd", "endpoint a b", None),
    ("1.14.7", "etcd", "upstream a", None),
    ("1.14.7", "etcd", "tls", None),
    ("1.14.7", "etcd", "tls a b c d", "maximum of three arguments allowed for TLS config, found 4"),
    ("1.14.7", "etcd", "credentials", argument(3, "credentials")),
    ("1.14.7", "etcd", "credentials a", at(3, "credentials requires 2 arguments, username and password")),
    ("1.14.7", "etcd", "credentials a b c", at(3, "credentials requires 2 arguments, username and password")),
    ("1.14.7", "etcd", 'credentials "" a', None),
    ("1.14.7", "etcd", "min-lease-ttl", argument(3, "min-lease-ttl")),
    ("1.14.7", "etcd", "min-lease-ttl 30", None),
    ("1.14.7", "etcd", "min-lease-ttl x", at(3, f"invalid min-lease-ttl value: {TTL_FORMAT}")),
    ("1.14.7", "etcd", 'min-lease-ttl ""', None),
    ("1.14.7", "etcd", "min-lease-ttl -1s", at(3, "invalid min-lease-ttl value: TTL must be non-negative")),
    ("1.14.7", "etcd", "max-lease-ttl 4294967296", at(3, f"invalid max-lease-ttl value: {TTL_LARGE}")),
    ("1.14.7", "etcd", "max-lease-ttl 1h x", at(3, "unknown property 'x'")),
    ("1.14.7", "etcd", "max-lease-ttl", argument(3, "max-lease-ttl")),
    ("1.14.7", "etcd", "bogus", at(3, "unknown property 'bogus'")),
    ("1.14.7", "etcd", "endpoint unix:/a", None),
    ("1.14.7", "etcd", "endpoint unixs:/a%20b", None),
    ("1.12.1", "etcd", "max-lease-ttl 1", at(3, "unknown property 'max-lease-ttl'")),
    ("1.8.6", "etcd", 'endpoint "%zz"', None),
    ("1.14.7", "etcd {\n}\netcd {\nbogus\n}", "", None),
    # hosts
    ("1.14.7", "hosts", "", None),
    ("1.14.7", "hosts", "10.0.0.1 a b", None),
    ("1.14.7", "hosts", "fallthrough", None),
    ("1.14.7", "hosts", "fallthrough\n10.0.0.1 a", at(4, "unknown property '10.0.0.1'")),
    ("1.14.7", "hosts", "fallthrough a..b\n10.0.0.1 a", None),
    ("1.14.7", "hosts", "fallthrough_unsupported", at(4, "fallthrough_unsupported requires fallthrough")),
    ("1.14.7", "hosts", "fallthrough_unsupported x", argument(3, "x")),
    ("1.14.7", "hosts", "fallthrough_unsupported\nfallthrough", None),
    ("1.14.7", "hosts", "no_reverse", None),
    ("1.14.7", "hosts", "ttl", at(3, "ttl needs a time in second")),
    ("1.14.7", "hosts", "ttl x", at(3, "ttl needs a number of second")),
    ("1.14.7", "hosts", "ttl 0", at(3, "ttl provided is invalid")),
    ("1.14.7", "hosts", "ttl 65536", at(3, "ttl provided is invalid")),
    ("1.14.7", "hosts", "ttl 60", None),
    ("1.14.7", "hosts", "reload", at(3, "reload needs a duration (zero seconds to disable)")),
    ("1.14.7", "hosts", "reload 1s 2s", at(3, "reload needs a duration (zero seconds to disable)")),
    ("1.14.7", "hosts", "reload x", at(3, "invalid duration for reload 'x'")),
    ("1.14.7", "hosts", "reload -1s", at(3, "invalid negative duration for reload '-1s'")),
    ("1.14.7", "hosts", "reload 0s", None),
    ("1.14.7", "hosts /nowhere a.org", "", None),
    ("1.14.7", "hosts {\n}\nhosts", "", "this plugin can only be used once per Server Block"),
    ("1.7.0", "hosts", "fallthrough a..b\n10.0.0.1 a", at(4, "unknown property '10.0.0.1'")),
    ("1.12.1", "hosts", "fallthrough\nfallthrough_unsupported", at(4, "unknown property 'fallthrough_unsupported'")),
    # file
    ("1.14.7", "file", "", argument(2, "file")),
    ("1.14.7", "file /nowhere", "", None),
    ("1.14.7", "file /nowhere", "reload", "reload duration value is expected"),
    ("1.14.7", "file /nowhere", "reload x", 'plugin/file: time: invalid duration "x"'),
    ("1.14.7", "file /nowhere", "reload 1s x", None),
    ("1.14.7", "file /nowhere", "reload_by_mtime", None),
    ("1.14.7", "file /nowhere", "upstream a", None),
    ("1.14.7", "file /nowhere", "fallthrough", None),
    ("1.14.7", "file /nowhere", "transfer to *", at(3, "unknown property 'transfer'")),
    ("1.14.7", "file /nowhere", "bogus", at(3, "unknown property 'bogus'")),
    ("1.7.0", "file /nowhere", "reload", "panic: runtime error: index out of range [0] with length 0"),
    ("1.7.0", "file /nowhere", "transfer to *", None),
    ("1.7.0", "file /nowhere", "transfer from 10.0.0.1", NOT_SECONDARY),
    ("1.7.0", "file /nowhere", "transfer to x", "must specify an IP address: `x'"),
    ("1.7.0", "file /nowhere", "fallthrough", at(3, "unknown property 'fallthrough'")),
    ("1.8.6", "file /nowhere", "reload", "panic: runtime error: index out of range [0] with length 0"),
    ("1.8.6", "file /nowhere", "transfer to *", at(3, "unknown property 'transfer'")),
    ("1.12.1", "file /nowhere", "fallthrough", at(3, "unknown property 'fallthrough'")),
    ("1.12.1", "file /nowhere", "reload_by_mtime", at(3, "unknown property 'reload_by_mtime'")),
    ("1.14.7", "file /", "", 'failed to parse file "/" for origin . with error read /: is a directory'),
    ("1.12.1", "file /", "", 'file "/" has no SOA record for origin .'),
    ("1.7.0", "file /", "", 'file "/" has no SOA record for origin .'),
    ("1.14.7", 'file ""', "", 'failed to parse file "" for origin . with error read .: is a directory'),
    ("1.7.0", 'file ""', "", None),
    ("1.14.7", "file / a..b", "", None),
    ("1.14.7", "file /nowhere {\n}\nfile /", "", None),
    # auto
    ("1.14.7", "auto", "", None),
    ("1.14.7", "auto", "directory", argument(3, "directory")),
    ("1.14.7", "auto", "directory /nowhere", None),
    ("1.14.7", "auto {\ndirectory /nowhere (.*) {1}\n}", "", None),
    ("1.14.7", "auto", "directory /nowhere (.*)", argument(3, "(.*)")),
    ("1.14.7", "auto", "directory /nowhere a b", at(3, "Need at least one sub expression")),
    ("1.14.7", "auto", "directory /nowhere ( b", "error parsing regexp: missing closing ): `(`"),
    ("1.14.7", "auto", "directory /nowhere (.*) {1} x", argument(3, "x")),
    ("1.14.7", "auto", "reload", "reload duration value is expected"),
    ("1.14.7", "auto", "reload x", 'plugin/file: time: invalid duration "x"'),
    ("1.14.7", "auto", "reload -1s", "plugin/file: invalid duration"),
    ("1.14.7", "auto", "reload 0", None),
    ("1.14.7", "auto", "upstream a", None),
    ("1.14.7", "auto", "transfer to *", at(3, "unknown property 'transfer'")),
    ("1.14.7", "auto", "bogus", at(3, "unknown property 'bogus'")),
    ("1.7.0", "auto", "reload", "panic: runtime error: index out of range [0] with length 0"),
    ("1.7.0", "auto", "reload -1s", None),
    ("1.7.0", "auto", "transfer to * 10.0.0.1", None),
    ("1.7.0", "auto", "transfer from a", NOT_SECONDARY),
    ("1.8.6", "auto", "transfer to *", at(3, "unknown property 'transfer'")),
    ("1.8.6", "auto", "reload", "panic: runtime error: index out of range [0] with length 0"),
    # secondary
    ("1.14.7", "secondary", "", at(2, "secondary zones require a transfer from property")),
    ("1.14.7", "secondary", "transfer", argument(3, "transfer")),
    ("1.14.7", "secondary", "transfer from", argument(3, "from")),
    ("1.14.7", "secondary", "transfer from *", "can't use '*' in transfer from"),
    ("1.14.7", "secondary", "transfer from a", "must specify an IP address: `a'"),
    ("1.14.7", "secondary", "transfer from 10.0.0.1 [fd00::1]:54", None),
    ("1.14.7", "secondary", "transfer to *", at(3, "unknown property to")),
    ("1.14.7", "secondary", "transfer from 10.0.0.1\ncatalog", None),
    ("1.14.7", "secondary", "transfer from 10.0.0.1\ncatalog a.org", None),
    ("1.14.7", "secondary", "catalog a..b", 'invalid catalog member zone "a..b"'),
    ("1.14.7", "secondary", "fallthrough\ntransfer from 10.0.0.1", None),
    ("1.14.7", "secondary", "upstream", at(3, "unknown property 'upstream'")),
    ("1.14.7", "secondary", "bogus", at(3, "unknown property 'bogus'")),
    ("1.12.1", "secondary", "", None),
    ("1.12.1", "secondary", "fallthrough", at(3, "unknown property 'fallthrough'")),
    ("1.12.1", "secondary", "catalog", at(3, "unknown property 'catalog'")),
    ("1.7.0", "secondary", "", None),
    ("1.7.0", "secondary", "transfer to * 10.0.0.1", None),
    ("1.7.0", "secondary", "transfer from 10.0.0.1", None),
    ("1.7.0", "secondary", "transfer from *", "can't use '*' in transfer from"),
    ("1.7.0", "secondary", "transfer bogus", None),
    ("1.7.0", "secondary", "upstream a", None),
    ("1.8.6", "secondary", "upstream a", at(3, "unknown property 'upstream'")),
    # transfer
    ("1.14.7", "transfer", "", twice(2, "'to' is required")),
    ("1.14.7", "transfer", "to", argument(3, "to")),
    ("1.14.7", "transfer", "to *", None),
    ("1.14.7", "transfer", "to 10.0.0.1 [fd00::1]:54 *", None),
    ("1.14.7", "transfer", "to a", "must specify an IP address: `a'"),
    ("1.14.7", "transfer", "source 10.0.0.1\nto *", None),
    ("1.14.7", "transfer", "source", argument(3, "source")),
    ("1.14.7", "transfer", "source a", twice(3, 'invalid source address "a"')),
    ("1.14.7", "transfer", "source 10.0.0.1\nsource 10.0.0.2", twice(4, "source already specified")),
    ("1.14.7", "transfer", "bogus", twice(3, 'unknown property "bogus"')),
    ("1.8.6", "transfer", "bogus", twice(3, 'unknown property "bogus"')),
    ("1.8.6", "transfer", "source 10.0.0.1", twice(3, 'unknown property "source"')),
    ("1.7.0", "transfer", "bogus", twice(3, "unknown property 'bogus'")),
    ("1.7.0", "transfer", "to * 10.0.0.1", None),
    ("1.14.7", "transfer a..b", "to *", None),
    ("1.7.0", "transfer a..b", "to *", "zone is not a valid domain name: a..b"),
    ("1.14.7", "transfer {\nto *\n}\ntransfer", "", twice(5, "'to' is required")),
    # sign
    ("1.14.7", "sign", "", argument(2, "sign")),
    ("1.14.7", "sign /nowhere", "", None),
    ("1.14.7", "sign /nowhere", "key", argument(3, "key")),
    ("1.14.7", "sign /nowhere", "key file", argument(3, "file")),
    ("1.14.7", "sign /nowhere", "key bogus", None),
    ("1.14.7", "sign /nowhere", "key directory", "directory: not implemented"),
    ("1.14.7", "sign /nowhere", "directory", 'can only be one argument after "directory"'),
    ("1.14.7", "sign /nowhere", "directory a", None),
    ("1.14.7", "sign /nowhere", "directory a b", 'can only be one argument after "directory"'),
    ("1.14.7", "sign /nowhere", "bogus", at(3, "unknown property 'bogus'")),
    ("1.14.7", "sign a�", "", 'dbfile "a�" contains invalid characters'),
    ("1.12.1", "sign a�", "", None),
    # dnssec
    ("1.14.7", "dnssec", "", None),
    ("1.14.7", "dnssec", "key", argument(3, "key")),
    ("1.14.7", "dnssec", "key file", argument(3, "file")),
    ("1.14.7", "dnssec", "key bogus", None),
    ("1.14.7", "dnssec", "key bogus x", at(3, "unknown property 'x'")),
    ("1.14.7", "dnssec", "key aws_secretsmanager", argument(3, "aws_secretsmanager")),
    ("1.14.7", "dnssec", "cache_capacity", argument(3, "cache_capacity")),
    ("1.14.7", "dnssec", "cache_capacity x", syntax("Atoi")),
    ("1.14.7", "dnssec", "cache_capacity -1", None),
    ("1.14.7", "dnssec", "bogus", at(3, "unknown property 'bogus'")),
    ("1.14.7", "dnssec {\n}\ndnssec", "", "this plugin can only be used once per Server Block"),
    ("1.11.3", "dnssec", "key aws_secretsmanager x", at(3, "unknown property 'x'")),
]


@pytest.mark.parametrize(("release", "directive", "options", "message"), RECORDED)
def test_what_coredns_said(release: str, directive: str, options: str, message: str | None) -> None:
    verdict = judge(release, corefile(directive, options)).verdict
    if message is None:
        assert verdict.answer == "loads"
    else:
        prefix = "" if message == PANIC else f"plugin/{directive.split()[0]}: "
        assert (verdict.answer, verdict.message) == ("refuses", prefix + message)


@pytest.mark.parametrize(
    ("zone", "message"),
    [("10.0.0.0/8", "plugin/kubernetes: non-reverse zone name must be used"), ("in-addr.arpa", None)],
)
def test_kubernetes_wants_a_zone_that_is_not_reverse(zone: str, message: str | None) -> None:
    assert judge("1.14.7", corefile("kubernetes", "", zone)).verdict.message == message


@pytest.mark.parametrize("directive", ["hosts", "auto"])
def test_paths_that_can_be_no_file(directive: str) -> None:
    long = "a" * 256
    line = f"hosts {long}" if directive == "hosts" else f"auto {{\ndirectory {long}\n}}"
    message = judge("1.14.7", corefile(line, "")).verdict.message
    assert message is not None
    assert message.endswith(f" '{long}': stat {long}: file name too long")
    assert judge("1.14.7", corefile(line.replace(long, "b/" * 2047), "")).verdict.answer == "loads"
    assert judge("1.14.7", corefile(line.replace(long, "b/" * 2048), "")).verdict.answer == "refuses"


@pytest.mark.parametrize(
    ("endpoint", "shown"),
    [
        ("/a?b", "/a"),
        ("/a?", "/a?"),
        ("/a#b é", "/a%23b%20%C3%A9"),
        ("/a%41[]", "/a%41[]"),
        ("/%41 *", "/A%20%2A"),
        ("HTTP:///a", "http:///a"),
        ("x:/a", "x:/a"),
        ("HTTP://?a", "HTTP://?a"),
        ("/#", "/%23"),
    ],
)
def test_an_endpoint_without_a_host_is_shown_as_go_writes_it(endpoint: str, shown: str) -> None:
    message = judge("1.14.7", corefile(K8S, f'endpoint "{endpoint}"')).verdict.message
    assert message == f"plugin/kubernetes: {no_url(shown)}"


def test_auto_takes_patterns_of_any_length_up_to_1_13_1() -> None:
    text = corefile("auto", f"directory /nowhere ({'a' * 10000}) x")
    assert judge("1.13.1", text).verdict.answer == "loads"
    assert judge("1.13.2", text).verdict.message == f"plugin/auto: {at(3, 'regexp too large')}"


def test_releases_in_between() -> None:
    """From the sources: these releases are not among the recorded ones."""
    multicluster = corefile(K8S, "multicluster a.org")
    assert judge("1.14.3", multicluster).verdict.message == (
        "plugin/kubernetes: " + at(4, "is not authoritative for the multicluster zone a.org.")
    )
    reload = corefile("file /nowhere", "reload")
    assert judge("1.8.7", reload).verdict.message == "plugin/file: reload duration value is expected"
    endpoint = corefile("etcd", 'endpoint "%zz"')
    assert judge("1.8.7", endpoint).verdict.answer == "refuses"
    assert judge("1.14.7", endpoint).verdict.message == (
        'plugin/etcd: parse "passthrough:///etcd-endpoints://0xc000000000/%zz": invalid URL escape "%zz"'
    )


FILES = [
    ("autopath /nowhere", "", ["/nowhere"]),
    ("root /zones\nfile a\nfile /b", "reload 0", ["/zones/a", "/b"]),
    ("file /a", "reload 0", ["/a"]),
    ("root /keys\ndnssec", "key file a.key /b.private c", ["/keys/a", "/b", "/keys/c"]),
    ("sign db", "key file a.private.key", ["a.private"]),
    (K8S, "kubeconfig /a admin", ["/a"]),
    (K8S, 'endpoint https://a\ntls "" b c', ["c", "b"]),
    (K8S, 'endpoint http://a\ntls "" b c', ["c"]),
    (K8S, "endpoint http://a\ntls a b c", ["a", "b", "c"]),
    (K8S, 'endpoint ""\ntls a b ""', ["a", "b"]),
    ("root /tls\netcd", "tls a b c", ["/tls/a", "/tls/b", "/tls/c"]),
]


@pytest.mark.parametrize(("directive", "options", "paths"), FILES)
def test_files_that_have_to_be_there(directive: str, options: str, paths: list[str]) -> None:
    verdict = judge("1.14.7", corefile(directive, options)).verdict
    if "key file" in options:
        paths = [path + end for path in paths for end in (".key", ".private")]
    assert (verdict.answer, verdict.needs) == ("depends", tuple(Need("file", path) for path in paths))


def test_files_of_every_container_are_no_zone_files() -> None:
    text = corefile("file /etc/hosts a.org", "")
    start = 'plugin/file: failed to parse file "/etc/hosts" for origin a.org. with error /etc/hosts'
    assert judge("1.14.7", text).verdict.message == start
    assert judge("1.12.1", text).verdict.message == 'plugin/file: file "/etc/hosts" has no SOA record for origin a.org.'
    assert judge("1.12.1", corefile("file /etc/hosts a..b", "")).verdict.answer == "loads"


def test_credentials_that_have_to_be_right() -> None:
    etcd = judge("1.14.7", corefile("etcd", "credentials user secret")).verdict
    assert etcd.needs == (Need("credential", "user"),)
    secret = judge("1.14.7", corefile("dnssec", "key aws_secretsmanager a b")).verdict
    assert secret.needs == (Need("credential", "a"), Need("credential", "b"))


MODELS: list[tuple[str, str, str, object]] = [
    (
        "1.14.7",
        "kubernetes cluster.local 10.0.0.0/8",
        "pods verified\nnamespaces a\nnamespaces b\nlabels c in (d)\nttl 30\nignore empty_service\nfallthrough e",
        Kubernetes(
            ["cluster.local.", "10.in-addr.arpa."],
            pods="verified",
            namespaces=["a", "b"],
            labels="c in (d)",
            ttl=30,
            ignore_empty_service=True,
            fallthrough=["e."],
        ),
    ),
    (
        "1.14.7",
        "kubernetes a b",
        "multicluster b\nnamespace_labels c\nendpoint_pod_names\nzonal\nstartup_timeout 1s\nendpoint 10.0.0.1:80 x",
        Kubernetes(
            ["a.", "b."],
            endpoints=["10.0.0.1:80", "x"],
            endpoint_pod_names=True,
            namespace_labels="c",
            zonal=True,
            multicluster=["b."],
            startup_timeout=SECOND,
        ),
    ),
    ("1.7.0", K8S, "transfer to * 10.0.0.1", Kubernetes(["cluster.local."], receivers=["*", "10.0.0.1:53"])),
    ("1.14.7", "k8s_external a", "apex b\nttl 7\nheadless\nfallthrough", External(["a."], 7, "b", True, ["."])),
    ("1.14.7", "autopath a @kubernetes", "", Autopath(["a."], "kubernetes")),
    ("1.14.7", "autopath a .", "", Autopath(["a."], None, ".")),
    (
        "1.14.7",
        "etcd a",
        'path b\nendpoint c d\ncredentials "" e\nmin-lease-ttl 1m\nmax-lease-ttl 7\nfallthrough a',
        Etcd(["a."], ["c", "d"], "b", ["a."], None, 60, 7),
    ),
    (
        "1.14.7",
        "hosts /nowhere a",
        "10.0.0.1  b c\nfallthrough\nno_reverse\nttl 7\nreload 0s\nfallthrough_unsupported",
        Hosts("/nowhere", ["a."], ["10.0.0.1 b c"], ["."], True, False, 7, 0),
    ),
    (
        "1.14.7",
        "file /a b {\nreload 1s\nfallthrough c\n}\nfile /d",
        "upstream",
        File([ZoneFile("/a", ["b."], SECOND), ZoneFile("/d", ["."], SECOND)], ["c."]),
    ),
    ("1.7.0", "file /a", "transfer to *", File([ZoneFile("/a", ["."], receivers=["*"])])),
    (
        "1.14.7",
        "root /zones\nauto a",
        "directory b (.*) {1}.c\nreload 2s",
        Auto(["a."], "/zones/b", "(.*)", "{1}.c", 2 * SECOND),
    ),
    (
        "1.14.7",
        "secondary a {\ntransfer from 10.0.0.1\ncatalog b\n}\nsecondary c",
        "transfer from 10.0.0.2\ntransfer from ::1\nfallthrough",
        Secondaries(
            [Secondary(["a."], ["10.0.0.1:53"], catalog=True), Secondary(["c."], ["10.0.0.2:53", "[::1]:53"])], ["."]
        ),
    ),
    (
        "1.14.7",
        "transfer a {\nto * 10.0.0.1\nsource ::1\n}\ntransfer",
        "to 10.0.0.2\nto 10.0.0.3",
        [Transfer(["a."], ["*", "10.0.0.1:53"], "::1"), Transfer(["."], ["10.0.0.2:53", "10.0.0.3:53"])],
    ),
    (
        "1.14.7",
        "root /zones\nsign a b {\nkey file c\n}\nsign /d",
        "directory e",
        [Signed("/zones/a", ["b."], ["/zones/c"]), Signed("/d", ["."], [], "/zones/e")],
    ),
    (
        "1.14.7",
        "dnssec a",
        "key file b\nkey aws_secretsmanager c\ncache_capacity 7",
        Dnssec(["a."], ["b"], ["c"], 7),
    ),
]


@pytest.mark.parametrize(("release", "directive", "options", "model"), MODELS)
def test_models(release: str, directive: str, options: str, model: object) -> None:
    plugins = judge(release, corefile(directive, options)).servers[0].plugins
    assert plugins[directive.split("\n")[-1].split()[0]] == model


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("", 0), (" 30\u2003", 30), ("1.5s", 1), ("4294967295", 4294967295), ("2h30m", 9000), ("-0s", 0)],
)
def test_lease_times(text: str, seconds: int) -> None:
    assert parse_ttl(text) == seconds


@pytest.mark.parametrize("text", ["-1ns", "x", "\x1f1", "4294967295.5s", "1 s", "18446744073709551616"])
def test_lease_times_that_are_none(text: str) -> None:
    with pytest.raises(GoError, match="TTL"):
        parse_ttl(text)
