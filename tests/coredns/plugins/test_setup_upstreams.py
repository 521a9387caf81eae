"""The setup functions of forward, grpc and tls, and of what limits servers; answers recorded from CoreDNS."""

from __future__ import annotations

import pytest

from kpl.coredns.hostport import Upstream, host_port
from kpl.coredns.judge import Circumstances, Judgement, judge_corefile
from kpl.coredns.plugins.forward import Forward
from kpl.coredns.plugins.grpc import Grpc
from kpl.coredns.plugins.grpc_server import GrpcServer
from kpl.coredns.plugins.https import Https
from kpl.coredns.plugins.https3 import Https3
from kpl.coredns.plugins.multisocket import Multisocket
from kpl.coredns.plugins.nomad import Nomad
from kpl.coredns.plugins.proxyproto import Proxyproto
from kpl.coredns.plugins.quic import Quic
from kpl.coredns.plugins.timeouts import Timeouts
from kpl.coredns.plugins.tls import Tls
from kpl.golang.values import GoError
from kpl.text.version import Version

SECOND = 10**9


def judge(release: str, line: str, files: frozenset[str] = frozenset()) -> Judgement:
    return judge_corefile(f". {{\n    {line}\n}}\n", Circumstances(Version(release), {}, assumed_files=files))


RECORDED = [
    # forward
    (
        "1.14.7",
        "forward",
        "plugin/forward: Corefile:2 - Error during parsing: Wrong argument count or unexpected line ending after 'forward'",
    ),
    (
        "1.7.0",
        "forward",
        "plugin/forward: Corefile:2 - Error during parsing: Wrong argument count or unexpected line ending after 'forward'",
    ),
    (
        "1.14.7",
        "forward .",
        "plugin/forward: Corefile:2 - Error during parsing: Wrong argument count or unexpected line ending after '.'",
    ),
    (
        "1.7.0",
        "forward .",
        "plugin/forward: Corefile:2 - Error during parsing: Wrong argument count or unexpected line ending after '.'",
    ),
    (
        "1.14.7",
        "forward {\n    }",
        "plugin/forward: Corefile:2 - Error during parsing: Unexpected token '{', expecting argument",
    ),
    (
        "1.14.7",
        "forward . {\n        expire 1s\n    }",
        "plugin/forward: Corefile:2 - Error during parsing: Wrong argument count or unexpected line ending after '.'",
    ),
    ("1.14.7", "forward a..b 10.0.0.1", "plugin/forward: unable to normalize 'a..b'"),
    ("1.9.3", "forward a..b 10.0.0.1", "plugin/forward: unable to normalize 'a..b'"),
    ("1.8.6", "forward a..b 10.0.0.1", "panic: runtime error: index out of range [0] with length 0"),
    ("1.7.0", "forward a..b 10.0.0.1", None),
    ("1.14.7", "forward 10.0.0.0/9 10.0.0.1", None),
    ("1.14.7", "forward . 10.0.0.1 10.0.0.2:5353 2001:db8::1 [2001:db8::1]:53", None),
    ("1.7.0", "forward . 10.0.0.1 10.0.0.2:5353 2001:db8::1 [2001:db8::1]:53", None),
    ("1.14.7", "forward . [2001:db8::1]", None),
    ("1.14.7", "forward . fe80::1%eth0 [fe80::1%eth0]:53", None),
    ("1.12.1", "forward . fe80::1%eth0 [fe80::1%eth0]:53", None),
    ("1.7.0", "forward . fe80::1%eth0 [fe80::1%eth0]:53", None),
    ("1.14.7", "forward . tls://", 'plugin/forward: invalid address: "tls://"'),
    ("1.12.1", "forward . tls://", 'plugin/forward: invalid address: "tls://"'),
    ("1.10.1", "forward . tls://", 'plugin/forward: not an IP address or file: ""'),
    ("1.14.7", "forward . []", 'plugin/forward: not an IP address, file, or valid domain: "[]"'),
    ("1.10.1", "forward . []", 'plugin/forward: not an IP address or file: "[]"'),
    ("1.14.7", 'forward . ""', 'plugin/forward: invalid address: ""'),
    ("1.10.1", 'forward . ""', 'plugin/forward: not an IP address or file: ""'),
    (
        "1.14.7",
        "forward . unix:///run/dns.sock",
        "plugin/forward: 'unix' is not supported as a destination protocol in forward: unix:///run/dns.sock",
    ),
    (
        "1.12.1",
        "forward . unix:///run/dns.sock",
        "plugin/forward: 'unix' is not supported as a destination protocol in forward: unix:///run/dns.sock",
    ),
    (
        "1.14.7",
        "forward . quic://10.0.0.1",
        "plugin/forward: 'quic' is not supported as a destination protocol in forward: quic://10.0.0.1:853",
    ),
    (
        "1.12.1",
        "forward . quic://10.0.0.1",
        "plugin/forward: 'quic' is not supported as a destination protocol in forward: quic://10.0.0.1:853",
    ),
    (
        "1.14.7",
        "forward . grpc://10.0.0.1",
        "plugin/forward: 'grpc' is not supported as a destination protocol in forward: grpc://10.0.0.1:443",
    ),
    (
        "1.7.0",
        "forward . grpc://10.0.0.1",
        "plugin/forward: 'grpc' is not supported as a destination protocol in forward: grpc://10.0.0.1:443",
    ),
    ("1.14.7", "forward . https://10.0.0.1", None),
    (
        "1.12.1",
        "forward . https://10.0.0.1",
        "plugin/forward: 'https' is not supported as a destination protocol in forward: https://10.0.0.1:443",
    ),
    (
        "1.7.0",
        "forward . https://10.0.0.1",
        "plugin/forward: 'https' is not supported as a destination protocol in forward: https://10.0.0.1:443",
    ),
    ("1.14.7", "forward . https3://10.0.0.1", None),
    (
        "1.14.7",
        "forward . https3://10.0.0.1:443",
        "plugin/forward: 'https3' is not supported as a destination protocol in forward: https3://10.0.0.1:443",
    ),
    ("1.14.7", "forward . 10.0.0.1 https3://10.0.0.1:53", None),
    (
        "1.14.7",
        "forward . https://10.0.0.1/dns-query",
        "plugin/forward: paths are not allowed in HTTPS upstream addresses (the /dns-query path is used by default): https://10.0.0.1/dns-query",
    ),
    ("1.14.7", "forward . .", "plugin/forward: no valid upstream addresses found"),
    ("1.7.0", "forward . .", "plugin/forward: no nameservers found"),
    ("1.14.7", "forward . . 10.0.0.1", None),
    ("1.7.0", "forward . . 10.0.0.1", None),
    ("1.14.7", "forward . localhost", None),
    ("1.14.7", "forward . fe80::1%a%b", None),
    (
        "1.14.7",
        "forward . tls://10.0.0.1%a tls://[fe80::1%b]:853 {\n        tls_servername c\n    }",
        "plugin/forward: both forward ('c') and proxy level ('a') TLS servernames are set for upstream proxy 'tls://10.0.0.1:853'",
    ),
    ("1.14.7", "forward . tls://10.0.0.1%a {\n        expire 1s\n    }", None),
    ("1.12.1", "forward . tls://10.0.0.1%a {\n        expire 1s\n    }", None),
    (
        "1.14.7",
        "forward . tls://[fe80::1%b]:853 {\n        tls_servername c\n    }",
        "plugin/forward: both forward ('c') and proxy level ('b') TLS servernames are set for upstream proxy 'tls://[fe80::1]:853'",
    ),
    (
        "1.14.7",
        "forward . 10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.5 10.0.0.6 10.0.0.7 10.0.0.8 10.0.0.9 10.0.0.10 10.0.0.11 10.0.0.12 10.0.0.13 10.0.0.14 10.0.0.15 10.0.0.16",
        "plugin/forward: more than 15 TOs configured: 16",
    ),
    (
        "1.7.0",
        "forward . 10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.5 10.0.0.6 10.0.0.7 10.0.0.8 10.0.0.9 10.0.0.10 10.0.0.11 10.0.0.12 10.0.0.13 10.0.0.14 10.0.0.15 10.0.0.16",
        "plugin/forward: more than 15 TOs configured: 16",
    ),
    (
        "1.14.7",
        "forward . 10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.5 10.0.0.6 10.0.0.7 10.0.0.8 10.0.0.9 10.0.0.10 10.0.0.11 10.0.0.12 10.0.0.13 10.0.0.14 10.0.0.15",
        None,
    ),
    (
        "1.7.0",
        "forward . 10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.5 10.0.0.6 10.0.0.7 10.0.0.8 10.0.0.9 10.0.0.10 10.0.0.11 10.0.0.12 10.0.0.13 10.0.0.14 10.0.0.15",
        None,
    ),
    ("1.14.7", "forward . 10.0.0.1\n    forward example.org 10.0.0.2", None),
    ("1.12.1", "forward . 10.0.0.1\n    forward example.org 10.0.0.2", None),
    (
        "1.9.3",
        "forward . 10.0.0.1\n    forward example.org 10.0.0.2",
        "plugin/forward: this plugin can only be used once per Server Block",
    ),
    (
        "1.7.0",
        "forward . 10.0.0.1\n    forward example.org 10.0.0.2",
        "plugin/forward: this plugin can only be used once per Server Block",
    ),
    (
        "1.14.7",
        "forward . 10.0.0.1 {\n        bogus\n    }",
        "plugin/forward: Corefile:3 - Error during parsing: unknown property 'bogus'",
    ),
    (
        "1.7.0",
        "forward . 10.0.0.1 {\n        bogus\n    }",
        "plugin/forward: Corefile:3 - Error during parsing: unknown property 'bogus'",
    ),
    (
        "1.14.7",
        "forward . 10.0.0.1 {\n        except\n    }",
        "plugin/forward: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'except'",
    ),
    (
        "1.7.0",
        "forward . 10.0.0.1 {\n        except\n    }",
        "plugin/forward: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'except'",
    ),
    ("1.14.7", "forward . 10.0.0.1 {\n        except example.org 10.0.0.0/9\n    }", None),
    (
        "1.14.7",
        "forward . 10.0.0.1 {\n        max_fails\n    }",
        "plugin/forward: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'max_fails'",
    ),
    (
        "1.7.0",
        "forward . 10.0.0.1 {\n        max_fails\n    }",
        "plugin/forward: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'max_fails'",
    ),
    (
        "1.14.7",
        "forward . 10.0.0.1 {\n        max_fails x\n    }",
        'plugin/forward: strconv.ParseUint: parsing "x": invalid syntax',
    ),
    (
        "1.8.6",
        "forward . 10.0.0.1 {\n        max_fails x\n    }",
        'plugin/forward: strconv.Atoi: parsing "x": invalid syntax',
    ),
    (
        "1.14.7",
        "forward . 10.0.0.1 {\n        max_fails -1\n    }",
        'plugin/forward: strconv.ParseUint: parsing "-1": invalid syntax',
    ),
    ("1.8.6", "forward . 10.0.0.1 {\n        max_fails -1\n    }", "plugin/forward: max_fails can't be negative: -1"),
    ("1.14.7", "forward . 10.0.0.1 {\n        max_fails 3\n    }", None),
    ("1.14.7", "forward . 10.0.0.1 {\n        max_connect_attempts 2\n    }", None),
    (
        "1.12.1",
        "forward . 10.0.0.1 {\n        max_connect_attempts 2\n    }",
        "plugin/forward: Corefile:3 - Error during parsing: unknown property 'max_connect_attempts'",
    ),
    (
        "1.14.7",
        "forward . 10.0.0.1 {\n        max_connect_attempts\n    }",
        "plugin/forward: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'max_connect_attempts'",
    ),
    (
        "1.14.7",
        "forward . 10.0.0.1 {\n        max_connect_attempts 4294967296\n    }",
        'plugin/forward: strconv.ParseUint: parsing "4294967296": value out of range',
    ),
    (
        "1.14.7",
        "forward . 10.0.0.1 {\n        health_check\n    }",
        "plugin/forward: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'health_check'",
    ),
    (
        "1.14.7",
        "forward . 10.0.0.1 {\n        health_check 5\n    }",
        'plugin/forward: time: missing unit in duration "5"',
    ),
    (
        "1.14.7",
        "forward . 10.0.0.1 {\n        health_check -1s\n    }",
        "plugin/forward: health_check can't be negative: -1000000000",
    ),
    ("1.14.7", "forward . 10.0.0.1 {\n        health_check 1s no_rec\n    }", None),
    ("1.7.0", "forward . 10.0.0.1 {\n        health_check 1s no_rec\n    }", None),
    (
        "1.14.7",
        "forward . 10.0.0.1 {\n        health_check 1s rec\n    }",
        "plugin/forward: health_check: unknown option rec",
    ),
    ("1.14.7", "forward . 10.0.0.1 {\n        health_check 1s domain example.org\n    }", None),
    (
        "1.8.6",
        "forward . 10.0.0.1 {\n        health_check 1s domain example.org\n    }",
        "plugin/forward: health_check: unknown option domain",
    ),
    (
        "1.14.7",
        "forward . 10.0.0.1 {\n        health_check 1s domain\n    }",
        "plugin/forward: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'domain'",
    ),
    (
        "1.14.7",
        "forward . 10.0.0.1 {\n        health_check 1s domain a..b\n    }",
        "plugin/forward: health_check: invalid domain name a..b",
    ),
    ("1.9.3", "forward . 10.0.0.1 {\n        health_check 1s domain a..b\n    }", None),
    ("1.14.7", "forward . 10.0.0.1 {\n        force_tcp\n        prefer_udp\n    }", None),
    (
        "1.14.7",
        "forward . 10.0.0.1 {\n        force_tcp yes\n    }",
        "plugin/forward: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'yes'",
    ),
    (
        "1.14.7",
        "forward . 10.0.0.1 {\n        prefer_udp yes\n    }",
        "plugin/forward: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'yes'",
    ),
    ("1.14.7", "forward . 10.0.0.1 {\n        tls\n    }", None),
    (
        "1.14.7",
        "forward . 10.0.0.1 {\n        tls a b c d\n    }",
        "plugin/forward: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'd'",
    ),
    (
        "1.14.7",
        'forward . 10.0.0.1 {\n        tls "" key.pem\n    }',
        "plugin/forward: could not load TLS cert: open : no such file or directory",
    ),
    (
        "1.14.7",
        "forward . 10.0.0.1 {\n        tls_servername\n    }",
        "plugin/forward: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'tls_servername'",
    ),
    ("1.14.7", "forward . 10.0.0.1 {\n        tls_servername a\n    }", None),
    (
        "1.14.7",
        "forward . 10.0.0.1 {\n        expire\n    }",
        "plugin/forward: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'expire'",
    ),
    ("1.14.7", "forward . 10.0.0.1 {\n        expire x\n    }", 'plugin/forward: time: invalid duration "x"'),
    ("1.14.7", "forward . 10.0.0.1 {\n        expire -1s\n    }", "plugin/forward: expire can't be negative: -1s"),
    ("1.14.7", "forward . 10.0.0.1 {\n        expire 0s\n    }", None),
    ("1.14.7", "forward . 10.0.0.1 {\n        max_age 1m\n        expire 30s\n    }", None),
    (
        "1.12.1",
        "forward . 10.0.0.1 {\n        max_age 1m\n        expire 30s\n    }",
        "plugin/forward: Corefile:3 - Error during parsing: unknown property 'max_age'",
    ),
    (
        "1.14.7",
        "forward . 10.0.0.1 {\n        max_age 5s\n    }",
        "plugin/forward: max_age (5s) must not be less than expire (10s)",
    ),
    (
        "1.14.7",
        "forward . 10.0.0.1 {\n        max_age 1500ms\n        expire 1h\n    }",
        "plugin/forward: max_age (1.5s) must not be less than expire (1h0m0s)",
    ),
    (
        "1.14.7",
        "forward . 10.0.0.1 {\n        max_age\n    }",
        "plugin/forward: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'max_age'",
    ),
    ("1.14.7", "forward . 10.0.0.1 {\n        max_age 1\n    }", 'plugin/forward: time: missing unit in duration "1"'),
    (
        "1.14.7",
        "forward . 10.0.0.1 {\n        max_age -90m\n    }",
        "plugin/forward: max_age can't be negative: -1h30m0s",
    ),
    ("1.14.7", "forward . 10.0.0.1 {\n        max_idle_conns 10\n    }", None),
    (
        "1.12.1",
        "forward . 10.0.0.1 {\n        max_idle_conns 10\n    }",
        "plugin/forward: Corefile:3 - Error during parsing: unknown property 'max_idle_conns'",
    ),
    (
        "1.14.7",
        "forward . 10.0.0.1 {\n        max_idle_conns\n    }",
        "plugin/forward: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'max_idle_conns'",
    ),
    (
        "1.14.7",
        "forward . 10.0.0.1 {\n        max_idle_conns x\n    }",
        'plugin/forward: strconv.Atoi: parsing "x": invalid syntax',
    ),
    (
        "1.14.7",
        "forward . 10.0.0.1 {\n        max_idle_conns -1\n    }",
        "plugin/forward: max_idle_conns can't be negative: -1",
    ),
    ("1.14.7", "forward . 10.0.0.1 {\n        read_timeout 1s\n    }", None),
    (
        "1.12.1",
        "forward . 10.0.0.1 {\n        read_timeout 1s\n    }",
        "plugin/forward: Corefile:3 - Error during parsing: unknown property 'read_timeout'",
    ),
    (
        "1.14.7",
        "forward . 10.0.0.1 {\n        read_timeout\n    }",
        "plugin/forward: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'read_timeout'",
    ),
    (
        "1.14.7",
        "forward . 10.0.0.1 {\n        read_timeout 1\n    }",
        'plugin/forward: time: missing unit in duration "1"',
    ),
    (
        "1.14.7",
        "forward . 10.0.0.1 {\n        read_timeout 0s\n    }",
        "plugin/forward: read_timeout must be positive: 0s",
    ),
    ("1.14.7", "forward . 10.0.0.1 {\n        doh_method GET\n    }", None),
    (
        "1.12.1",
        "forward . 10.0.0.1 {\n        doh_method GET\n    }",
        "plugin/forward: Corefile:3 - Error during parsing: unknown property 'doh_method'",
    ),
    (
        "1.14.7",
        "forward . 10.0.0.1 {\n        doh_method\n    }",
        "plugin/forward: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'doh_method'",
    ),
    (
        "1.14.7",
        "forward . 10.0.0.1 {\n        doh_method get\n    }",
        "plugin/forward: doh_method must be either POST or GET",
    ),
    (
        "1.14.7",
        "forward . 10.0.0.1 {\n        policy\n    }",
        "plugin/forward: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'policy'",
    ),
    (
        "1.14.7",
        "forward . 10.0.0.1 {\n        policy first\n    }",
        "plugin/forward: Corefile:3 - Error during parsing: unknown policy 'first'",
    ),
    (
        "1.7.0",
        "forward . 10.0.0.1 {\n        policy first\n    }",
        "plugin/forward: Corefile:3 - Error during parsing: unknown policy 'first'",
    ),
    ("1.14.7", "forward . 10.0.0.1 {\n        policy sequential\n    }", None),
    (
        "1.14.7",
        "forward . 10.0.0.1 {\n        max_concurrent\n    }",
        "plugin/forward: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'max_concurrent'",
    ),
    (
        "1.14.7",
        "forward . 10.0.0.1 {\n        max_concurrent x\n    }",
        'plugin/forward: strconv.Atoi: parsing "x": invalid syntax',
    ),
    (
        "1.14.7",
        "forward . 10.0.0.1 {\n        max_concurrent -1\n    }",
        "plugin/forward: max_concurrent can't be negative: -1",
    ),
    (
        "1.7.0",
        "forward . 10.0.0.1 {\n        max_concurrent -1\n    }",
        "plugin/forward: max_concurrent can't be negative: -1",
    ),
    ("1.14.7", "forward . 10.0.0.1 {\n        max_concurrent 1000\n    }", None),
    ("1.14.7", "forward . 10.0.0.1 {\n        next NXDOMAIN servfail\n    }", None),
    (
        "1.11.3",
        "forward . 10.0.0.1 {\n        next NXDOMAIN servfail\n    }",
        "plugin/forward: Corefile:3 - Error during parsing: unknown property 'next'",
    ),
    (
        "1.14.7",
        "forward . 10.0.0.1 {\n        next\n    }",
        "plugin/forward: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'next'",
    ),
    ("1.14.7", "forward . 10.0.0.1 {\n        next x\n    }", "plugin/forward: x is not a valid rcode"),
    ("1.14.7", "forward . 10.0.0.1 {\n        next_on_nodata\n    }", None),
    (
        "1.12.1",
        "forward . 10.0.0.1 {\n        next_on_nodata\n    }",
        "plugin/forward: Corefile:3 - Error during parsing: unknown property 'next_on_nodata'",
    ),
    (
        "1.14.7",
        "forward . 10.0.0.1 {\n        next_on_nodata x\n    }",
        "plugin/forward: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'x'",
    ),
    ("1.14.7", "forward . 10.0.0.1 {\n        failfast_all_unhealthy_upstreams\n    }", None),
    ("1.12.1", "forward . 10.0.0.1 {\n        failfast_all_unhealthy_upstreams\n    }", None),
    (
        "1.11.3",
        "forward . 10.0.0.1 {\n        failfast_all_unhealthy_upstreams\n    }",
        "plugin/forward: Corefile:3 - Error during parsing: unknown property 'failfast_all_unhealthy_upstreams'",
    ),
    (
        "1.14.7",
        "forward . 10.0.0.1 {\n        failfast_all_unhealthy_upstreams x\n    }",
        "plugin/forward: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'x'",
    ),
    ("1.14.7", "forward . 10.0.0.1 {\n        failover SERVFAIL\n    }", None),
    (
        "1.12.1",
        "forward . 10.0.0.1 {\n        failover SERVFAIL\n    }",
        "plugin/forward: Corefile:3 - Error during parsing: unknown property 'failover'",
    ),
    (
        "1.14.7",
        "forward . 10.0.0.1 {\n        failover\n    }",
        "plugin/forward: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'failover'",
    ),
    (
        "1.14.7",
        "forward . 10.0.0.1 {\n        failover NOERROR\n    }",
        "plugin/forward: NoError cannot be used in failover",
    ),
    ("1.14.7", "forward . 10.0.0.1 {\n        failover x\n    }", "plugin/forward: x is not a valid rcode"),
    ("1.14.7", "forward . 10.0.0.1 {\n        resolver 10.0.0.10 10.0.0.10:53\n    }", None),
    (
        "1.12.1",
        "forward . 10.0.0.1 {\n        resolver 10.0.0.10 10.0.0.10:53\n    }",
        "plugin/forward: Corefile:3 - Error during parsing: unknown property 'resolver'",
    ),
    (
        "1.14.7",
        "forward . 10.0.0.1 {\n        resolver\n    }",
        "plugin/forward: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'resolver'",
    ),
    (
        "1.14.7",
        "forward . 10.0.0.1 {\n        resolver x\n    }",
        'plugin/forward: resolver must be an IP address or IP:port: "x"',
    ),
    ("1.14.7", "forward . 10.0.0.1 {\n        source_address 10.0.0.5\n    }", None),
    (
        "1.12.1",
        "forward . 10.0.0.1 {\n        source_address 10.0.0.5\n    }",
        "plugin/forward: Corefile:3 - Error during parsing: unknown property 'source_address'",
    ),
    (
        "1.14.7",
        "forward . 10.0.0.1 {\n        source_address\n    }",
        "plugin/forward: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'source_address'",
    ),
    (
        "1.14.7",
        "forward . 10.0.0.1 {\n        source_address x\n    }",
        "plugin/forward: Corefile:3 - Error during parsing: invalid IP address: x",
    ),
    # grpc
    (
        "1.14.7",
        "grpc",
        "plugin/grpc: Corefile:2 - Error during parsing: Wrong argument count or unexpected line ending after 'grpc'",
    ),
    (
        "1.7.0",
        "grpc",
        "plugin/grpc: Corefile:2 - Error during parsing: Wrong argument count or unexpected line ending after 'grpc'",
    ),
    (
        "1.14.7",
        "grpc .",
        "plugin/grpc: Corefile:2 - Error during parsing: Wrong argument count or unexpected line ending after '.'",
    ),
    ("1.14.7", "grpc a..b 10.0.0.1", "plugin/grpc: unable to normalize 'a..b'"),
    ("1.9.3", "grpc a..b 10.0.0.1", "plugin/grpc: unable to normalize 'a..b'"),
    ("1.8.6", "grpc a..b 10.0.0.1", "panic: runtime error: index out of range [0] with length 0"),
    ("1.7.0", "grpc a..b 10.0.0.1", None),
    ("1.14.7", "grpc . 10.0.0.1 [::1]:53", None),
    ("1.7.0", "grpc . 10.0.0.1 [::1]:53", None),
    (
        "1.14.7",
        "grpc . 10.0.0.1\n    grpc . 10.0.0.2",
        "plugin/grpc: this plugin can only be used once per Server Block",
    ),
    (
        "1.14.7",
        "grpc . 10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.5 10.0.0.6 10.0.0.7 10.0.0.8 10.0.0.9 10.0.0.10 10.0.0.11 10.0.0.12 10.0.0.13 10.0.0.14 10.0.0.15 10.0.0.16",
        "plugin/grpc: more than 15 TOs configured: 16",
    ),
    (
        "1.7.0",
        "grpc . 10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.5 10.0.0.6 10.0.0.7 10.0.0.8 10.0.0.9 10.0.0.10 10.0.0.11 10.0.0.12 10.0.0.13 10.0.0.14 10.0.0.15 10.0.0.16",
        "plugin/grpc: more than 15 TOs configured: 16",
    ),
    ("1.14.7", "grpc . .", "plugin/grpc: no nameservers found"),
    ("1.7.0", "grpc . .", "plugin/grpc: no nameservers found"),
    ("1.14.7", "grpc . fe80::1%lo", 'plugin/grpc: parse "dns:///[fe80::1%lo]:53": invalid URL escape "%lo"'),
    ("1.12.1", "grpc . fe80::1%lo", 'plugin/grpc: parse "dns:///[fe80::1%lo]:53": invalid URL escape "%lo"'),
    ("1.11.3", "grpc . fe80::1%lo", 'plugin/grpc: parse "passthrough:///[fe80::1%lo]:53": invalid URL escape "%lo"'),
    ("1.9.3", "grpc . fe80::1%lo", 'plugin/grpc: parse "passthrough:///[fe80::1%lo]:53": invalid URL escape "%lo"'),
    ("1.8.6", "grpc . fe80::1%lo", None),
    ("1.14.7", "grpc . fe80::1%25lo", None),
    ("1.14.7", "grpc . dns://10.0.0.1:53", None),
    ("1.11.3", "grpc . dns://10.0.0.1:53", "plugin/grpc: failed to exit idle mode: dns resolver: missing address"),
    ("1.10.1", "grpc . dns://10.0.0.1:53", "plugin/grpc: failed to build resolver: dns resolver: missing address"),
    ("1.8.6", "grpc . dns://10.0.0.1:53", None),
    ("1.14.7", "grpc . dns://10.0.0.1:53/x", None),
    ("1.11.3", "grpc . dns://10.0.0.1:53/x", None),
    ("1.10.1", "grpc . dns://10.0.0.1:53/x", None),
    ("1.14.7", "grpc . unix://a/b", None),
    ("1.11.3", "grpc . unix://a/b", "plugin/grpc: failed to exit idle mode: invalid (non-empty) authority: a"),
    ("1.14.7", "grpc . unix:///a", None),
    ("1.11.3", "grpc . unix:///a", None),
    ("1.14.7", "grpc . https3://10.0.0.1", None),
    (
        "1.14.7",
        "grpc . 10.0.0.1 {\n        bogus\n    }",
        "plugin/grpc: Corefile:3 - Error during parsing: unknown property 'bogus'",
    ),
    (
        "1.7.0",
        "grpc . 10.0.0.1 {\n        bogus\n    }",
        "plugin/grpc: Corefile:3 - Error during parsing: unknown property 'bogus'",
    ),
    (
        "1.14.7",
        "grpc . 10.0.0.1 {\n        except\n    }",
        "plugin/grpc: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'except'",
    ),
    ("1.14.7", "grpc . 10.0.0.1 {\n        except example.org\n    }", None),
    ("1.14.7", "grpc . 10.0.0.1 {\n        tls\n        tls_servername a\n    }", None),
    (
        "1.14.7",
        "grpc . 10.0.0.1 {\n        tls a b c d\n    }",
        "plugin/grpc: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'd'",
    ),
    (
        "1.14.7",
        "grpc . 10.0.0.1 {\n        tls_servername\n    }",
        "plugin/grpc: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'tls_servername'",
    ),
    (
        "1.14.7",
        "grpc . 10.0.0.1 {\n        policy\n    }",
        "plugin/grpc: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'policy'",
    ),
    (
        "1.14.7",
        "grpc . 10.0.0.1 {\n        policy x\n    }",
        "plugin/grpc: Corefile:3 - Error during parsing: unknown policy 'x'",
    ),
    ("1.14.7", "grpc . 10.0.0.1 {\n        policy random\n    }", None),
    ("1.14.7", "grpc . 10.0.0.1 {\n        fallthrough example.org\n    }", None),
    (
        "1.12.1",
        "grpc . 10.0.0.1 {\n        fallthrough example.org\n    }",
        "plugin/grpc: Corefile:3 - Error during parsing: unknown property 'fallthrough'",
    ),
    # tls
    ("1.14.7", "tls", "plugin/tls: ACME requires at least one domain"),
    (
        "1.12.1",
        "tls",
        "plugin/tls: plugin/tls: Corefile:2 - Error during parsing: Wrong argument count or unexpected line ending after 'tls'",
    ),
    (
        "1.14.7",
        "tls cert.pem",
        "plugin/tls: plugin/tls: Corefile:2 - Error during parsing: Wrong argument count or unexpected line ending after 'cert.pem'",
    ),
    (
        "1.12.1",
        "tls cert.pem",
        "plugin/tls: plugin/tls: Corefile:2 - Error during parsing: Wrong argument count or unexpected line ending after 'cert.pem'",
    ),
    (
        "1.7.0",
        "tls cert.pem",
        "plugin/tls: plugin/tls: Corefile:2 - Error during parsing: Wrong argument count or unexpected line ending after 'cert.pem'",
    ),
    (
        "1.14.7",
        "tls a b c d",
        "plugin/tls: plugin/tls: Corefile:2 - Error during parsing: Wrong argument count or unexpected line ending after 'd'",
    ),
    (
        "1.7.0",
        "tls a b c d",
        "plugin/tls: plugin/tls: Corefile:2 - Error during parsing: Wrong argument count or unexpected line ending after 'd'",
    ),
    ("1.14.7", 'tls "" key.pem', "plugin/tls: could not load TLS cert: open : no such file or directory"),
    ("1.7.0", 'tls "" key.pem', "plugin/tls: could not load TLS cert: open : no such file or directory"),
    (
        "1.14.7",
        "tls cert.pem key.pem {\n        bogus\n    }",
        "plugin/tls: Corefile:3 - Error during parsing: unknown option 'bogus'",
    ),
    (
        "1.7.0",
        "tls cert.pem key.pem {\n        bogus\n    }",
        "plugin/tls: Corefile:3 - Error during parsing: unknown option 'bogus'",
    ),
    (
        "1.14.7",
        "tls cert.pem key.pem {\n        client_auth\n    }",
        "plugin/tls: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'client_auth'",
    ),
    (
        "1.14.7",
        "tls cert.pem key.pem {\n        client_auth x\n    }",
        "plugin/tls: Corefile:3 - Error during parsing: unknown authentication type 'x'",
    ),
    (
        "1.14.7",
        "tls cert.pem key.pem {\n        keylog\n    }",
        "plugin/tls: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'keylog'",
    ),
    (
        "1.14.7",
        "tls cert.pem key.pem {\n        keylog a b\n    }",
        "plugin/tls: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'b'",
    ),
    (
        "1.12.1",
        "tls cert.pem key.pem {\n        keylog a b\n    }",
        "plugin/tls: Corefile:3 - Error during parsing: unknown option 'keylog'",
    ),
    ("1.14.7", "tls {\n        acme example.org *.example.org EXAMPLE.ORG.\n    }", None),
    (
        "1.12.1",
        "tls {\n        acme example.org *.example.org EXAMPLE.ORG.\n    }",
        "plugin/tls: plugin/tls: Corefile:2 - Error during parsing: Wrong argument count or unexpected line ending after 'tls'",
    ),
    (
        "1.14.7",
        "tls {\n        acme\n    }",
        "plugin/tls: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'acme'",
    ),
    (
        "1.14.7",
        "tls {\n        email a b\n    }",
        "plugin/tls: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'b'",
    ),
    (
        "1.14.7",
        "tls {\n        acme a.org\n        acme b.org\n    }",
        'plugin/tls: Corefile:4 - Error during parsing: ACME option "acme" can only be specified once',
    ),
    ("1.14.7", "tls {\n        x\n    }", 'plugin/tls: Corefile:3 - Error during parsing: unknown ACME option "x"'),
    ("1.14.7", "tls {\n        email admin@example.org\n    }", "plugin/tls: ACME requires at least one domain"),
    ("1.14.7", "tls {\n        acme .\n    }", 'plugin/tls: invalid ACME domain ""'),
    ("1.14.7", "tls {\n        acme *\n    }", 'plugin/tls: invalid ACME domain "*"'),
    ("1.14.7", "tls {\n        acme a.*.b\n    }", 'plugin/tls: invalid ACME domain "a.*.b"'),
    ("1.14.7", "tls {\n        acme 10.0.0.1\n    }", 'plugin/tls: invalid ACME domain "10.0.0.1"'),
    (
        "1.14.7",
        "tls {\n        acme my_name\n    }",
        'plugin/tls: invalid ACME domain "my_name": idna: disallowed rune U+005F',
    ),
    ("1.14.7", "tls {\n        acme -a\n    }", 'plugin/tls: invalid ACME domain "-a": idna: invalid label "-a"'),
    ("1.14.7", "tls {\n        acme a-\n    }", 'plugin/tls: invalid ACME domain "a-": idna: invalid label "a-"'),
    (
        "1.14.7",
        "tls {\n        acme ab--cd\n    }",
        'plugin/tls: invalid ACME domain "ab--cd": idna: invalid label "ab--cd"',
    ),
    ("1.14.7", "tls {\n        acme a..b\n    }", 'plugin/tls: invalid ACME domain "a..b"'),
    ("1.14.7", "tls {\n        acme a.org\n        ca ftp://a\n    }", 'plugin/tls: invalid ACME CA URL "ftp://a"'),
    ("1.14.7", "tls {\n        acme a.org\n        ca http://a/dir\n        storage certs\n    }", None),
    (
        "1.14.7",
        "tls {\n        acme a.org\n        ca http://a%zz\n    }",
        'plugin/tls: invalid ACME CA URL "http://a%zz"',
    ),
    (
        "1.14.7",
        "tls {\n        acme a.org\n        resolver 10.0.0.1\n    }",
        'plugin/tls: invalid ACME resolver "10.0.0.1": address 10.0.0.1: missing port in address',
    ),
    (
        "1.14.7",
        "tls {\n        acme a.org\n        resolver :53\n    }",
        'plugin/tls: invalid ACME resolver ":53": host is empty',
    ),
    ("1.14.7", "tls {\n        acme a.org\n        resolver a:0\n    }", 'plugin/tls: invalid ACME resolver port "0"'),
    ("1.14.7", "tls {\n        acme a.org\n        resolver a:x\n    }", 'plugin/tls: invalid ACME resolver port "x"'),
    ("1.14.7", "tls {\n        acme a.org\n        resolver a:53\n    }", None),
    (
        "1.14.7",
        "tls {\n        acme a.org\n    }\n    tls {\n        acme a.org b.org\n    }",
        'plugin/tls: ACME domain "a.org" is configured with conflicting options',
    ),
    ("1.14.7", "tls {\n        acme b.org a.org\n    }\n    tls {\n        acme a.org b.org\n    }", None),
    # limits
    ("1.14.7", "https", None),
    (
        "1.14.7",
        "https x",
        "plugin/https: Corefile:2 - Error during parsing: Wrong argument count or unexpected line ending after 'x'",
    ),
    (
        "1.14.7",
        "https {\n        bogus\n    }",
        "plugin/https: Corefile:3 - Error during parsing: unknown property 'bogus'",
    ),
    (
        "1.14.7",
        "https {\n        max_connections\n    }",
        "plugin/https: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'max_connections'",
    ),
    (
        "1.14.7",
        "https {\n        max_connections x\n    }",
        "plugin/https: Corefile:3 - Error during parsing: invalid max_connections value 'x': strconv.Atoi: parsing \"x\": invalid syntax",
    ),
    (
        "1.14.7",
        "https {\n        max_connections -1\n    }",
        "plugin/https: Corefile:3 - Error during parsing: max_connections must be a non-negative integer: -1",
    ),
    ("1.14.7", "https {\n        max_connections 0\n    }", None),
    (
        "1.14.7",
        "https {\n        max_connections 1\n        max_connections 2\n    }",
        "plugin/https: Corefile:4 - Error during parsing: max_connections already defined for this server block",
    ),
    ("1.14.7", "https {\n        max_connections 7\n    }", None),
    ("1.14.7", "https3", None),
    (
        "1.14.7",
        "https3 x",
        "plugin/https3: Corefile:2 - Error during parsing: Wrong argument count or unexpected line ending after 'x'",
    ),
    (
        "1.14.7",
        "https3 {\n        bogus\n    }",
        "plugin/https3: Corefile:3 - Error during parsing: unknown property 'bogus'",
    ),
    (
        "1.14.7",
        "https3 {\n        max_streams\n    }",
        "plugin/https3: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'max_streams'",
    ),
    (
        "1.14.7",
        "https3 {\n        max_streams x\n    }",
        "plugin/https3: Corefile:3 - Error during parsing: invalid max_streams value 'x': strconv.Atoi: parsing \"x\": invalid syntax",
    ),
    (
        "1.14.7",
        "https3 {\n        max_streams -1\n    }",
        "plugin/https3: Corefile:3 - Error during parsing: max_streams must be a non-negative integer: -1",
    ),
    ("1.14.7", "https3 {\n        max_streams 0\n    }", None),
    (
        "1.14.7",
        "https3 {\n        max_streams 1\n        max_streams 2\n    }",
        "plugin/https3: Corefile:4 - Error during parsing: max_streams already defined for this server block",
    ),
    ("1.14.7", "https3 {\n        max_streams 7\n    }", None),
    (
        "1.14.7",
        "https3 {\n        max_connections\n    }",
        "plugin/https3: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'max_connections'",
    ),
    (
        "1.14.7",
        "https3 {\n        max_connections x\n    }",
        "plugin/https3: Corefile:3 - Error during parsing: invalid max_connections value 'x': strconv.Atoi: parsing \"x\": invalid syntax",
    ),
    (
        "1.14.7",
        "https3 {\n        max_connections -1\n    }",
        "plugin/https3: Corefile:3 - Error during parsing: max_connections must be a non-negative integer: -1",
    ),
    ("1.14.7", "https3 {\n        max_connections 0\n    }", None),
    (
        "1.14.7",
        "https3 {\n        max_connections 1\n        max_connections 2\n    }",
        "plugin/https3: Corefile:4 - Error during parsing: max_connections already defined for this server block",
    ),
    ("1.14.7", "https3 {\n        max_connections 7\n    }", None),
    ("1.14.7", "quic", None),
    (
        "1.14.7",
        "quic x",
        "plugin/quic: Corefile:2 - Error during parsing: Wrong argument count or unexpected line ending after 'x'",
    ),
    (
        "1.14.7",
        "quic {\n        bogus\n    }",
        "plugin/quic: Corefile:3 - Error during parsing: unknown property 'bogus'",
    ),
    (
        "1.14.7",
        "quic {\n        max_streams\n    }",
        "plugin/quic: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'max_streams'",
    ),
    (
        "1.14.7",
        "quic {\n        max_streams x\n    }",
        "plugin/quic: Corefile:3 - Error during parsing: invalid max_streams value 'x': strconv.Atoi: parsing \"x\": invalid syntax",
    ),
    (
        "1.14.7",
        "quic {\n        max_streams -1\n    }",
        "plugin/quic: Corefile:3 - Error during parsing: max_streams must be a positive integer: -1",
    ),
    (
        "1.14.7",
        "quic {\n        max_streams 0\n    }",
        "plugin/quic: Corefile:3 - Error during parsing: max_streams must be a positive integer: 0",
    ),
    (
        "1.14.7",
        "quic {\n        max_streams 1\n        max_streams 2\n    }",
        "plugin/quic: Corefile:4 - Error during parsing: max_streams already defined for this server block",
    ),
    ("1.14.7", "quic {\n        max_streams 7\n    }", None),
    (
        "1.14.7",
        "quic {\n        worker_pool_size\n    }",
        "plugin/quic: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'worker_pool_size'",
    ),
    (
        "1.14.7",
        "quic {\n        worker_pool_size x\n    }",
        "plugin/quic: Corefile:3 - Error during parsing: invalid worker_pool_size value 'x': strconv.Atoi: parsing \"x\": invalid syntax",
    ),
    (
        "1.14.7",
        "quic {\n        worker_pool_size -1\n    }",
        "plugin/quic: Corefile:3 - Error during parsing: worker_pool_size must be a positive integer: -1",
    ),
    (
        "1.14.7",
        "quic {\n        worker_pool_size 0\n    }",
        "plugin/quic: Corefile:3 - Error during parsing: worker_pool_size must be a positive integer: 0",
    ),
    (
        "1.14.7",
        "quic {\n        worker_pool_size 1\n        worker_pool_size 2\n    }",
        "plugin/quic: Corefile:4 - Error during parsing: worker_pool_size already defined for this server block",
    ),
    ("1.14.7", "quic {\n        worker_pool_size 7\n    }", None),
    ("1.14.7", "grpc_server", None),
    (
        "1.14.7",
        "grpc_server x",
        "plugin/grpc_server: Corefile:2 - Error during parsing: Wrong argument count or unexpected line ending after 'x'",
    ),
    (
        "1.14.7",
        "grpc_server {\n        bogus\n    }",
        "plugin/grpc_server: Corefile:3 - Error during parsing: unknown property 'bogus'",
    ),
    (
        "1.14.7",
        "grpc_server {\n        max_streams\n    }",
        "plugin/grpc_server: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'max_streams'",
    ),
    (
        "1.14.7",
        "grpc_server {\n        max_streams x\n    }",
        "plugin/grpc_server: Corefile:3 - Error during parsing: invalid max_streams value 'x': strconv.Atoi: parsing \"x\": invalid syntax",
    ),
    (
        "1.14.7",
        "grpc_server {\n        max_streams -1\n    }",
        "plugin/grpc_server: Corefile:3 - Error during parsing: max_streams must be a non-negative integer: -1",
    ),
    ("1.14.7", "grpc_server {\n        max_streams 0\n    }", None),
    (
        "1.14.7",
        "grpc_server {\n        max_streams 1\n        max_streams 2\n    }",
        "plugin/grpc_server: Corefile:4 - Error during parsing: max_streams already defined for this server block",
    ),
    ("1.14.7", "grpc_server {\n        max_streams 7\n    }", None),
    (
        "1.14.7",
        "grpc_server {\n        max_connections\n    }",
        "plugin/grpc_server: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'max_connections'",
    ),
    (
        "1.14.7",
        "grpc_server {\n        max_connections x\n    }",
        "plugin/grpc_server: Corefile:3 - Error during parsing: invalid max_connections value 'x': strconv.Atoi: parsing \"x\": invalid syntax",
    ),
    (
        "1.14.7",
        "grpc_server {\n        max_connections -1\n    }",
        "plugin/grpc_server: Corefile:3 - Error during parsing: max_connections must be a non-negative integer: -1",
    ),
    ("1.14.7", "grpc_server {\n        max_connections 0\n    }", None),
    (
        "1.14.7",
        "grpc_server {\n        max_connections 1\n        max_connections 2\n    }",
        "plugin/grpc_server: Corefile:4 - Error during parsing: max_connections already defined for this server block",
    ),
    ("1.14.7", "grpc_server {\n        max_connections 7\n    }", None),
    ("1.14.7", "https {\n        max_connections 1\n    }\n    https x", None),
    # others
    ("1.14.7", "proxyproto", None),
    (
        "1.14.7",
        "proxyproto x",
        "plugin/proxyproto: Corefile:2 - Error during parsing: Wrong argument count or unexpected line ending after 'x'",
    ),
    ("1.14.7", "proxyproto {\n        x\n    }", "Corefile:3 - Error during parsing: unknown option 'x'"),
    ("1.14.7", "proxyproto {\n        allow 10.0.0.0/8 fd00::/8\n        allow\n    }", None),
    (
        "1.14.7",
        "proxyproto {\n        allow 10.0.0.0/33\n    }",
        "plugin/proxyproto: 10.0.0.0/33: invalid CIDR address: 10.0.0.0/33",
    ),
    ("1.14.7", "proxyproto {\n        default USE\n    }", None),
    (
        "1.14.7",
        "proxyproto {\n        default\n    }",
        "plugin/proxyproto: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'default'",
    ),
    (
        "1.14.7",
        "proxyproto {\n        default x\n    }",
        "plugin/proxyproto: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'x'",
    ),
    (
        "1.14.7",
        "proxyproto {\n        udp_session_tracking\n    }",
        "plugin/proxyproto: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'udp_session_tracking'",
    ),
    (
        "1.14.7",
        "proxyproto {\n        udp_session_tracking 1s 2 3\n    }",
        "plugin/proxyproto: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after '3'",
    ),
    (
        "1.14.7",
        "proxyproto {\n        udp_session_tracking x\n    }",
        'plugin/proxyproto: udp_session_tracking: invalid duration "x": time: invalid duration "x"',
    ),
    (
        "1.14.7",
        "proxyproto {\n        udp_session_tracking 1s x\n    }",
        'plugin/proxyproto: udp_session_tracking: invalid max sessions "x": must be a positive integer',
    ),
    (
        "1.14.7",
        "proxyproto {\n        udp_session_tracking 1s 0\n    }",
        'plugin/proxyproto: udp_session_tracking: invalid max sessions "0": must be a positive integer',
    ),
    ("1.14.7", "proxyproto {\n        udp_session_tracking 1s 5\n    }", None),
    (
        "1.14.7",
        "timeouts",
        "plugin/timeouts: plugin/timeouts: Corefile:2 - Error during parsing: timeouts block with no timeouts specified",
    ),
    (
        "1.10.1",
        "timeouts",
        "plugin/timeouts: plugin/timeouts: Corefile:2 - Error during parsing: timeouts block with no timeouts specified",
    ),
    (
        "1.14.7",
        "timeouts x",
        "plugin/timeouts: plugin/timeouts: Corefile:2 - Error during parsing: Wrong argument count or unexpected line ending after 'x'",
    ),
    (
        "1.10.1",
        "timeouts x",
        "plugin/timeouts: plugin/timeouts: Corefile:2 - Error during parsing: Wrong argument count or unexpected line ending after 'x'",
    ),
    (
        "1.14.7",
        "timeouts {\n        x\n    }",
        "plugin/timeouts: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'x'",
    ),
    (
        "1.14.7",
        "timeouts {\n        x 1s\n    }",
        "plugin/timeouts: Corefile:3 - Error during parsing: unknown option: 'x'",
    ),
    (
        "1.14.7",
        "timeouts {\n        read 0\n    }",
        "plugin/timeouts: Corefile:3 - Error during parsing: timeout provided '0s' needs to be between 1 second and 24 hours",
    ),
    (
        "1.14.7",
        "timeouts {\n        read 25h1m\n    }",
        "plugin/timeouts: Corefile:3 - Error during parsing: timeout provided '25h1m0s' needs to be between 1 second and 24 hours",
    ),
    (
        "1.14.7",
        "timeouts {\n        read 1500us\n    }",
        "plugin/timeouts: Corefile:3 - Error during parsing: timeout provided '1.5ms' needs to be between 1 second and 24 hours",
    ),
    (
        "1.14.7",
        "timeouts {\n        read 99999999999\n    }",
        "plugin/timeouts: Corefile:3 - Error during parsing: failed to parse duration '99999999999s'",
    ),
    (
        "1.14.7",
        "timeouts {\n        read x\n    }",
        "plugin/timeouts: Corefile:3 - Error during parsing: failed to parse duration 'x'",
    ),
    ("1.14.7", "timeouts {\n        read 5\n        write 1500ms\n        idle 24h\n    }", None),
    ("1.14.7", "timeouts {\n        maxtcpqueries 5\n    }", None),
    (
        "1.12.1",
        "timeouts {\n        maxtcpqueries 5\n    }",
        "plugin/timeouts: Corefile:3 - Error during parsing: unknown option: 'maxtcpqueries'",
    ),
    (
        "1.14.7",
        "timeouts {\n        maxtcpqueries x\n    }",
        "plugin/timeouts: Corefile:3 - Error during parsing: invalid value for maxtcpqueries 'x': strconv.Atoi: parsing \"x\": invalid syntax",
    ),
    (
        "1.14.7",
        "timeouts {\n        maxtcpqueries 0\n    }",
        "plugin/timeouts: Corefile:3 - Error during parsing: maxtcpqueries provided '0' needs to be -1 (unlimited) or a positive integer",
    ),
    ("1.14.7", "timeouts {\n        maxtcpqueries -1\n    }", None),
    ("1.14.7", "multisocket", None),
    (
        "1.14.7",
        "multisocket 1 2",
        "plugin/multisocket: Corefile:2 - Error during parsing: Wrong argument count or unexpected line ending after '2'",
    ),
    (
        "1.14.7",
        "multisocket 1\n    multisocket 2",
        "plugin/multisocket: Corefile:3 - Error during parsing: Wrong argument count or unexpected line ending after 'multisocket'",
    ),
    ("1.14.7", "multisocket x", 'plugin/multisocket: invalid num sockets: strconv.Atoi: parsing "x": invalid syntax'),
    ("1.14.7", "multisocket 0", "plugin/multisocket: num sockets can not be zero or negative: 0"),
    ("1.14.7", "multisocket 1025", "plugin/multisocket: num sockets exceeds maximum (1024): 1025"),
    ("1.12.1", "multisocket 1025", None),
    ("1.14.7", "multisocket 4", None),
    ("1.14.7", "nomad", None),
    (
        "1.14.7",
        "nomad a {\n        address\n        x\n    }",
        "plugin/nomad: Corefile:3 - Error during parsing: at least one address is required",
    ),
    (
        "1.14.7",
        "nomad {\n        address http://a%zz\n    }",
        'plugin/nomad: plugin/nomad: invalid address \'http://a%zz\': parse "http://a%zz": invalid URL escape "%zz"',
    ),
    ("1.14.7", "nomad {\n        ADDRESS http://a unix:///b\n    }", None),
    (
        "1.14.7",
        "nomad {\n        filter\n    }",
        "plugin/nomad: Corefile:3 - Error during parsing: exactly one filter is required",
    ),
    ("1.14.7", "nomad {\n        filter x\n    }", None),
    (
        "1.14.7",
        "nomad {\n        token\n    }",
        "plugin/nomad: Corefile:3 - Error during parsing: exactly one token is required",
    ),
    ("1.14.7", "nomad {\n        token x\n    }", None),
    (
        "1.14.7",
        "nomad {\n        ttl\n    }",
        "plugin/nomad: Corefile:3 - Error during parsing: exactly one ttl value is required",
    ),
    (
        "1.14.7",
        "nomad {\n        ttl x\n    }",
        'plugin/nomad: Corefile:3 - Error during parsing: error parsing ttl: strconv.Atoi: parsing "x": invalid syntax',
    ),
    (
        "1.14.7",
        "nomad {\n        ttl 3601\n    }",
        "plugin/nomad: Corefile:3 - Error during parsing: ttl must be in range [0, 3600]: 3601",
    ),
    ("1.14.7", "nomad {\n        ttl 60\n    }", None),
    (
        "1.14.7",
        "nomad {\n        Bogus\n    }",
        "plugin/nomad: Corefile:3 - Error during parsing: unknown property 'bogus'",
    ),
]


@pytest.mark.parametrize(("release", "line", "message"), RECORDED)
def test_kpl_says_what_coredns_said(release: str, line: str, message: str | None) -> None:
    verdict = judge(release, line).verdict
    assert (verdict.answer, verdict.message) == ("refuses" if message else "loads", message)


# what no oracle was built for: read from the sources of these releases
@pytest.mark.parametrize(
    ("release", "line", "message"),
    [
        ("1.8.4", "forward a..b 10.0.0.1", "panic: runtime error: index out of range [0] with length 0"),
        ("1.9.0", "forward a..b 10.0.0.1", "panic: runtime error: index out of range [0] with length 0"),
        ("1.9.1", "forward a..b 10.0.0.1", "plugin/forward: unable to normalize 'a..b'"),
        ("1.9.4", "forward . 10.0.0.1\n    forward a.org 10.0.0.2", None),
        ("1.9.2", "forward . 10.0.0.1 {\n        health_check 1s domain a..b\n    }", None),
        ("1.9.1", "forward . 10.0.0.1 {\n        health_check 1s domain a\n    }", "plugin/forward: health_check: unknown option domain"),
        ("1.13.1", "forward . 10.0.0.1 {\n        failover NOERROR\n    }", None),
        ("1.13.1", "forward . 10.0.0.1 {\n        failover x\n    }", "plugin/forward: NoError cannot be used in failover"),
        ("1.13.2", "forward . 10.0.0.1 {\n        failover x\n    }", "plugin/forward: x is not a valid rcode"),
        ("1.14.4", "forward . https://10.0.0.1", "plugin/forward: 'https' is not supported as a destination protocol in forward: https://10.0.0.1:443"),
        ("1.14.4", "forward . []", 'plugin/forward: not an IP address, file, or valid domain: "[]"'),
        ("1.14.3", "forward . []", 'plugin/forward: not an IP address or file: ""'),
        ("1.14.1", "forward . tls://10.0.0.1%a:853 {\n        tls_servername b\n    }",
         "plugin/forward: both forward ('b') and proxy level ('a') TLS servernames are set for upstream proxy 'tls://10.0.0.1:853'"),
        ("1.11.1", "grpc . dns://10.0.0.1:53", "plugin/grpc: failed to build resolver: dns resolver: missing address"),
        ("1.11.4", "grpc . fe80::1%lo", 'plugin/grpc: parse "dns:///[fe80::1%lo]:53": invalid URL escape "%lo"'),
        ("1.8.7", "grpc . fe80::1%lo", 'plugin/grpc: parse "passthrough:///[fe80::1%lo]:53": invalid URL escape "%lo"'),
        ("1.14.6", "https3 {\n        max_connections 1\n    }", "plugin/https3: Corefile:3 - Error during parsing: unknown property 'max_connections'"),
        ("1.14.6", "timeouts {\n        maxtcpqueries 5\n    }", "plugin/timeouts: Corefile:3 - Error during parsing: unknown option: 'maxtcpqueries'"),
        ("1.14.7", "forward . a..b", 'plugin/forward: not an IP address, file, or valid domain: "a..b"'),
        ("1.14.7", "forward . quic://a.org", 'plugin/forward: not an IP address, file, or valid domain: "quic://a.org"'),
        ("1.14.3", "forward . dns.example.org", 'plugin/forward: not an IP address or file: "dns.example.org"'),
        ("1.14.1", "forward . [::1]", 'plugin/forward: not an IP address or file: "[::1]"'),
        ("1.14.7", "forward . /etc/resolv.conf", None),
        ("1.13.1", "multisocket 1025", None),
        ("1.13.1", "nomad {\n        filter x\n    }", "plugin/nomad: Corefile:3 - Error during parsing: unknown property 'filter'"),
        ("1.14.2", "proxyproto {\n        udp_session_tracking 1s\n    }", "Corefile:3 - Error during parsing: unknown option 'udp_session_tracking'"),
    ],
)  # fmt: skip
def test_releases_between(release: str, line: str, message: str | None) -> None:
    verdict = judge(release, line).verdict
    assert (verdict.answer, verdict.message) == ("refuses" if message else "loads", message)


@pytest.mark.parametrize(
    ("release", "line", "needs"),
    [
        ("1.14.7", "forward . dns.example.org:5353 tls://dns.example.org", {("host name", "dns.example.org")}),
        ("1.14.7", "forward . /etc/servers.conf", {("file", "/etc/servers.conf")}),
        ("1.11.3", "grpc . /etc/servers.conf", {("file", "/etc/servers.conf")}),
        ("1.14.7", "forward . 1.1.1.1%a%b", {("host name", "1.1.1.1%a")}),
        ("1.14.7", "forward . localhost {\n        resolver 10.0.0.1\n    }", {("host name", "localhost")}),
        ("1.14.7", "forward . tls://localhost%a {\n        tls_servername b\n    }", {("host name", "localhost")}),
        ("1.14.7", "forward . 10.0.0.1 {\n        tls ca.pem\n    }", {("file", "ca.pem")}),
        ("1.14.7", "root /etc/coredns\n    grpc . 10.0.0.1 {\n        tls cert.pem /key.pem ../ca.pem\n    }",
         {("file", "/etc/coredns/cert.pem"), ("file", "/key.pem"), ("file", "/etc/ca.pem")}),
        ("1.11.1", "root /etc/coredns\n    grpc . 10.0.0.1 {\n        tls ca.pem\n    }", {("file", "ca.pem")}),
        ("1.14.7", "tls cert.pem key.pem {\n        client_auth require\n        keylog keys.log\n    }",
         {("file", "cert.pem"), ("file", "key.pem"), ("file", "keys.log")}),
        ("1.14.7", "tls {\n        acme bücher.example xn--a.example\n        ca_root /ca/../root.pem\n    }",
         {("host name", "bücher.example"), ("host name", "xn--a.example"), ("file", "/root.pem")}),
        ("1.12.1", "multisocket 4294967296", {("size", "4294967296 sockets")}),
    ],
)  # fmt: skip
def test_what_the_machine_decides(release: str, line: str, needs: set[tuple[str, str]]) -> None:
    verdict = judge(release, line).verdict
    assert verdict.answer == "depends"
    assert set(verdict.needs) == needs


def test_a_file_that_is_there_lists_servers() -> None:
    judgement = judge("1.14.7", "forward . servers.conf", frozenset(["servers.conf"]))
    assert judgement.verdict.answer == "loads"
    assert judgement.servers[0].plugins["forward"][0].upstreams == [Upstream("", "servers.conf")]
    addresses = " ".join(f"10.0.0.{number}" for number in range(15))
    assert judge("1.14.7", f"forward . {addresses} /etc/resolv.conf").verdict.answer == "refuses"


def test_acme_domains_are_certified_in_one_way() -> None:
    circumstances = Circumstances(Version("1.14.7"), {})
    block = "tls://{0}.org {{\n    tls {{\n        acme a.org\n        email {1}\n    }}\n}}\n"
    same = judge_corefile(block.format("a", "x") + block.format("b", "x"), circumstances)
    assert same.verdict.answer == "loads"
    other = judge_corefile(block.format("a", "x") + block.format("b", "y"), circumstances)
    assert other.verdict.message == 'plugin/tls: ACME domain "a.org" is configured with conflicting options'


def test_a_certificate_is_what_https3_asks_for() -> None:
    circumstances = Circumstances(Version("1.14.7"), {}, assumed_files=frozenset(["c", "k"]))
    assert judge_corefile("https3://. {\n    tls c k\n}\n", circumstances).verdict.answer == "loads"
    assert judge_corefile("https3://. {\n}\n", circumstances).verdict.answer == "refuses"


@pytest.mark.parametrize(
    ("line", "model"),
    [
        (("forward example.org 10.0.0.1 tls://10.0.0.2 {\n        except a.example.org\n        policy sequential\n"
         "        max_fails 0\n        max_concurrent 9\n        expire 1m\n        health_check 2s domain A.org\n"
         "        force_tcp\n        next NXDOMAIN\n    }"),
         [Forward("example.org.", [Upstream("10.0.0.1:53"), Upstream("tls://10.0.0.2:853")], excepted=["a.example.org."],
                  policy="sequential", max_fails=0, max_concurrent=9, expire=60 * SECOND, health_check=2 * SECOND,
                  health_check_domain="a.org.", force_tcp=True, next_rcodes=[3])]),
        ("grpc . unix:///a [::1]:5 {\n        tls\n        tls_servername b\n        fallthrough\n    }",
         Grpc(".", [Upstream("unix:///a"), Upstream("[::1]:5")], tls=True, tls_servername="b", fallthrough=["."])),
        ("tls {\n        acme B.org. *.a.org b.org\n    }", Tls(domains=["b.org", "*.a.org"])),
        ("https {\n        max_connections 0\n    }", Https(0)),
        ("https3 {\n        max_streams 5\n    }", Https3(5, None)),
        ("quic {\n        worker_pool_size 5\n    }", Quic(None, 5)),
        ("grpc_server {\n        max_connections 5\n    }", GrpcServer(None, 5)),
        ("proxyproto {\n        allow 10.0.0.0/8\n        default SKIP\n        udp_session_tracking 2s 9\n    }",
         Proxyproto(["10.0.0.0/8"], "skip", 2 * SECOND, 9)),
        ("timeouts {\n        read 5\n        write 6s\n        idle 1m\n        maxtcpqueries -1\n    }",
         Timeouts(5 * SECOND, 6 * SECOND, 60 * SECOND, -1)),
        ("multisocket 8", Multisocket(8)),
        ("multisocket", Multisocket(None)),
        ("nomad a {\n        address http://b\n        filter c\n        ttl 5\n    }", Nomad("a", ["http://b"], "c", 5)),
    ],
)  # fmt: skip
def test_models(line: str, model: object) -> None:
    judgement = judge("1.14.7", line)
    assert judgement.verdict.answer == "loads"
    assert judgement.servers[0].plugins[line.split()[0]] == model


@pytest.mark.parametrize(
    ("text", "release", "expected"),
    [
        ("10.0.0.1", "1.14.7", "10.0.0.1:53"),
        ("10.0.0.1:", "1.14.7", "10.0.0.1:53"),
        ("10.0.0.1:5353", "1.14.7", "10.0.0.1:5353"),
        ("::1", "1.14.7", "[::1]:53"),
        ("[::1]:5353", "1.14.7", "[::1]:5353"),
        ("fe80::1%eth0", "1.14.7", "[fe80::1%eth0]:53"),
        ("[fe80::1%eth0]:53", "1.14.5", "[fe80::1%eth0]:53"),
    ],
)
def test_host_port(text: str, release: str, expected: str) -> None:
    assert host_port(text, "53", Version(release)) == expected


@pytest.mark.parametrize(
    ("text", "release", "shown"),
    [
        ("a.org", "1.14.7", "a.org"),
        ("a.org:53", "1.14.7", "a.org"),
        ("[::1]", "1.14.7", "[::1]"),
        ("fe80::1%eth0", "1.14.4", "fe80::1%eth0"),
        ("[fe80::1%eth0]:53", "1.14.4", "fe80::1%eth0"),
    ],
)
def test_host_port_refuses(text: str, release: str, shown: str) -> None:
    with pytest.raises(GoError) as caught:
        host_port(text, "53", Version(release))
    assert str(caught.value) == f"must specify an IP address: `{shown}'"
