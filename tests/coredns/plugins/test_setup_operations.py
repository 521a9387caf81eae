"""The setup functions of what operators watch (errors, log, health, prometheus, ...), of loadbalance and bind; answers recorded from CoreDNS."""

from __future__ import annotations

import pytest

from coredns_messages import argument, at, brace
from kpl.coredns.judge import Circumstances, Judgement, judge_corefile
from kpl.coredns.plugins.dnstap import Dnstap
from kpl.coredns.plugins.errors import Consolidation, Errors
from kpl.coredns.plugins.health import Health
from kpl.coredns.plugins.loadbalance import LoadBalance
from kpl.coredns.plugins.log import LogRule
from kpl.coredns.plugins.pprof import Pprof
from kpl.coredns.plugins.prometheus import Prometheus
from kpl.coredns.plugins.ready import Ready
from kpl.coredns.plugins.reload import Reload
from kpl.coredns.plugins.trace import Trace
from kpl.text.version import Version
from kpl.verdict import Need

SECOND = 10**9


def judge(release: str, lines: str) -> Judgement:
    return judge_blocks(release, f". {{\n{lines}\n}}\n")


def judge_blocks(release: str, text: str) -> Judgement:
    return judge_corefile(text, Circumstances(Version(release), {}))


ONCE = "this plugin can only be used once per Server Block"
NO_HOST = "panic: runtime error: index out of range [0] with length 0"
TOO_LARGE = "panic: makechan: size out of range"

RECORDED = [
    # errors
    ("1.14.7", "errors stdout", None),
    ("1.14.7", "errors file", "plugin/errors: " + at(2, "invalid log file: file")),
    ("1.14.7", "errors a b", "plugin/errors: " + argument(2, "b")),
    ("1.14.7", "errors\nerrors", "plugin/errors: " + ONCE),
    ("1.14.7", "errors {\nstacktrace\n}", None),
    (
        "1.8.6",
        "errors {\nstacktrace\n}",
        "plugin/errors: Corefile:3 - Syntax error: Unexpected token 'stacktrace', expecting 'consolidate'",
    ),
    (
        "1.14.7",
        "errors {\nstacktrace x\n}",
        "plugin/errors: Corefile:3 - Syntax error: Unexpected token 'x', expecting 'Unknown field x'",
    ),
    (
        "1.8.6",
        "errors {\nstacktrace x\n}",
        "plugin/errors: Corefile:3 - Syntax error: Unexpected token 'stacktrace', expecting 'consolidate'",
    ),
    (
        "1.14.7",
        "errors {\nfoo\n}",
        "plugin/errors: Corefile:3 - Syntax error: Unexpected token 'foo', expecting 'Unknown field foo'",
    ),
    (
        "1.8.6",
        "errors {\nfoo\n}",
        "plugin/errors: Corefile:3 - Syntax error: Unexpected token 'foo', expecting 'consolidate'",
    ),
    ("1.14.7", "errors {\nconsolidate \n}", "plugin/errors: " + argument(3, "consolidate")),
    ("1.14.7", "errors {\nconsolidate 5m\n}", "plugin/errors: " + argument(3, "5m")),
    ("1.14.7", "errors {\nconsolidate 5m .*\n}", None),
    ("1.14.7", "errors {\nconsolidate 5m .* warning\n}", None),
    ("1.7.0", "errors {\nconsolidate 5m .* warning\n}", "plugin/errors: " + argument(3, "warning")),
    ("1.14.7", "errors {\nconsolidate 5m .* info\n}", None),
    ("1.7.0", "errors {\nconsolidate 5m .* info\n}", "plugin/errors: " + argument(3, "info")),
    ("1.14.7", "errors {\nconsolidate 5m .* debug\n}", None),
    ("1.7.0", "errors {\nconsolidate 5m .* debug\n}", "plugin/errors: " + argument(3, "debug")),
    ("1.14.7", "errors {\nconsolidate 5m .* error\n}", None),
    ("1.7.0", "errors {\nconsolidate 5m .* error\n}", "plugin/errors: " + argument(3, "error")),
    ("1.14.7", "errors {\nconsolidate 5m .* show_first\n}", None),
    (
        "1.12.1",
        "errors {\nconsolidate 5m .* show_first\n}",
        "plugin/errors: " + at(3, "unknown log level argument in consolidate: show_first"),
    ),
    ("1.7.0", "errors {\nconsolidate 5m .* show_first\n}", "plugin/errors: " + argument(3, "show_first")),
    ("1.14.7", "errors {\nconsolidate 5m .* error show_first\n}", None),
    ("1.12.1", "errors {\nconsolidate 5m .* error show_first\n}", "plugin/errors: " + argument(3, "show_first")),
    (
        "1.14.7",
        "errors {\nconsolidate 5m .* show_first error\n}",
        "plugin/errors: " + at(3, "log level must come before show_first in consolidate"),
    ),
    ("1.12.1", "errors {\nconsolidate 5m .* show_first error\n}", "plugin/errors: " + argument(3, "error")),
    (
        "1.14.7",
        "errors {\nconsolidate 5m .* error info\n}",
        "plugin/errors: " + at(3, "multiple log levels specified in consolidate"),
    ),
    ("1.12.1", "errors {\nconsolidate 5m .* error info\n}", "plugin/errors: " + argument(3, "info")),
    (
        "1.14.7",
        "errors {\nconsolidate 5m .* error bogus\n}",
        "plugin/errors: " + at(3, "unknown option in consolidate: bogus"),
    ),
    ("1.12.1", "errors {\nconsolidate 5m .* error bogus\n}", "plugin/errors: " + argument(3, "bogus")),
    (
        "1.14.7",
        "errors {\nconsolidate 5m .* bogus\n}",
        "plugin/errors: " + at(3, "unknown option in consolidate: bogus"),
    ),
    (
        "1.12.1",
        "errors {\nconsolidate 5m .* bogus\n}",
        "plugin/errors: " + at(3, "unknown log level argument in consolidate: bogus"),
    ),
    ("1.7.0", "errors {\nconsolidate 5m .* bogus\n}", "plugin/errors: " + argument(3, "bogus")),
    ("1.14.7", "errors {\nconsolidate 5m .* show_first show_first\n}", None),
    ("1.12.1", "errors {\nconsolidate 5m .* show_first show_first\n}", "plugin/errors: " + argument(3, "show_first")),
    ("1.14.7", "errors {\nconsolidate 5m a b c d\n}", "plugin/errors: " + argument(3, "d")),
    ("1.14.7", "errors {\nconsolidate x .*\n}", "plugin/errors: " + at(3, 'time: invalid duration "x"')),
    (
        "1.14.7",
        "errors {\nconsolidate 5m [\n}",
        "plugin/errors: " + at(3, "error parsing regexp: missing closing ]: `[`"),
    ),
    ("1.14.7", "errors {\nconsolidate 5 (\n}", "plugin/errors: " + at(3, 'time: missing unit in duration "5"')),
    ("1.14.7", 'errors {\nconsolidate 5m ""\n}', None),
    (
        "1.14.7",
        "errors {\nconsolidate 5m .* ERROR\n}",
        "plugin/errors: " + at(3, "unknown option in consolidate: ERROR"),
    ),
    (
        "1.12.1",
        "errors {\nconsolidate 5m .* ERROR\n}",
        "plugin/errors: " + at(3, "unknown log level argument in consolidate: ERROR"),
    ),
    ("1.7.0", "errors {\nconsolidate 5m .* ERROR\n}", "plugin/errors: " + argument(3, "ERROR")),
    ("1.14.7", "errors {\nconsolidate 5m .* warning debug x\n}", "plugin/errors: " + argument(3, "x")),
    ("1.14.7", "errors {\nconsolidate 5m a\nconsolidate 1m b\n}", None),
    ("1.14.7", "errors {", None),
    ("1.14.7", "errors stdout {\nconsolidate 5m a\n} x", "plugin/errors: " + ONCE),
    ("1.14.7", "errors {\n}\n", None),
    ("1.14.7", "errors {}", "plugin/errors: " + at(2, "invalid log file: {}")),
    # log
    ("1.14.7", "log", None),
    ("1.14.7", "log a", None),
    ("1.14.7", "log a.org b.org", None),
    ("1.14.7", "log a.org {common}", None),
    ("1.14.7", "log a.org {x} b", None),
    ("1.14.7", 'log . "{combined} {x}"', None),
    ("1.14.7", "log . {common}{combined}", None),
    ("1.14.7", "log\nlog a", None),
    ("1.14.7", "log {\nclass\n}", "plugin/log: " + argument(3, "class")),
    ("1.14.7", "log {\nclass all denial success error\n}", None),
    ("1.14.7", "log {\nclass Denial\n}", "plugin/log: invalid Class: Denial"),
    ("1.14.7", "log {\nclass denial x\n}", "plugin/log: invalid Class: x"),
    ("1.14.7", "log {\nfoo\n}", "plugin/log: " + at(3, "unknown property 'foo'")),
    ("1.12.1", "log {\nfoo\n}", "plugin/log: " + argument(3, "foo")),
    ("1.14.7", "log {\nfoo bar\n}", "plugin/log: " + at(3, "unknown property 'foo'")),
    ("1.12.1", "log {\nfoo bar\n}", "plugin/log: " + argument(3, "foo")),
    ("1.14.7", 'log . "{remote}" {\nclass denial\n}', None),
    ("1.14.7", "log a b c {\nclass error\nclass all\n}", None),
    ("1.14.7", "log a..b", None),
    ("1.14.7", "log {\nclass denial error\n}\nlog x y", None),
    ("1.14.7", 'log ""', None),
    # health
    ("1.14.7", "health", None),
    ("1.14.7", "health :8080", None),
    ("1.14.7", "health localhost:8080", None),
    ("1.14.7", "health 8080", "plugin/health: address 8080: missing port in address"),
    ("1.14.7", "health a b", "plugin/health: " + argument(2, "b")),
    ("1.14.7", "health [::1]", "plugin/health: address [::1]: missing port in address"),
    ("1.14.7", "health [::1]:80", None),
    ("1.14.7", "health ::1", "plugin/health: address ::1: too many colons in address"),
    ("1.14.7", 'health ""', "plugin/health: missing port in address"),
    ("1.14.7", "health a:b", None),
    ("1.14.7", "health :x", None),
    ("1.14.7", "health\nhealth :1", None),
    ("1.14.7", "health {\nlameduck 5s\n}", None),
    ("1.14.7", "health {\nlameduck\n}", "plugin/health: " + argument(3, "lameduck")),
    ("1.14.7", "health {\nlameduck 5s 6s\n}", "plugin/health: " + argument(3, "6s")),
    (
        "1.14.7",
        "health {\nlameduck 5\n}",
        "plugin/health: unable to parse lameduck duration value: '5' : time: missing unit in duration \"5\"",
    ),
    ("1.14.7", "health {\nlameduck -5s\n}", None),
    (
        "1.14.7",
        "health {\nlameduck {}\n}",
        "plugin/health: unable to parse lameduck duration value: '{}' : time: invalid duration \"{}\"",
    ),
    ("1.14.7", "health {\nfoo\n}", "plugin/health: " + at(3, "unknown property 'foo'")),
    ("1.12.1", "health {\nfoo\n}", "plugin/health: " + argument(3, "foo")),
    ("1.14.7", "health {\nfoo lameduck 5s\n}", "plugin/health: " + at(3, "unknown property 'foo'")),
    ("1.12.1", "health {\nfoo lameduck 5s\n}", "plugin/health: " + argument(3, "foo")),
    ("1.14.7", "health :1 {\nlameduck 1s\n}\nhealth 2", "plugin/health: address 2: missing port in address"),
    ("1.14.7", "health [a]b:1", "plugin/health: address [a]b:1: missing port in address"),
    ("1.14.7", "health a]:1", "plugin/health: address a]:1: unexpected ']' in address"),
    # ready
    ("1.14.7", "ready", None),
    ("1.14.7", "ready :1", None),
    ("1.14.7", "ready 1", "plugin/ready: address 1: missing port in address"),
    ("1.14.7", "ready a b", "plugin/ready: " + argument(2, "b")),
    ("1.14.7", "ready\nready", "plugin/ready: " + ONCE),
    ("1.14.7", "ready {\n}", None),
    ("1.12.1", "ready {\n}", "plugin/ready: " + ONCE),
    ("1.14.7", "ready {\nmonitor continuously\n}", None),
    ("1.12.1", "ready {\nmonitor continuously\n}", "plugin/ready: " + ONCE),
    ("1.14.7", "ready {\nmonitor until-ready\n}", None),
    ("1.12.1", "ready {\nmonitor until-ready\n}", "plugin/ready: " + ONCE),
    ("1.14.7", "ready {\nmonitor\n}", "plugin/ready: " + argument(3, "monitor")),
    ("1.12.1", "ready {\nmonitor\n}", "plugin/ready: " + ONCE),
    ("1.14.7", "ready {\nmonitor x\n}", "plugin/ready: " + at(3, "monitor type 'x' not supported")),
    ("1.12.1", "ready {\nmonitor x\n}", "plugin/ready: " + ONCE),
    ("1.14.7", "ready {\nmonitor a b\n}", "plugin/ready: " + argument(3, "b")),
    ("1.12.1", "ready {\nmonitor a b\n}", "plugin/ready: " + ONCE),
    ("1.14.7", "ready {\nfoo\n}", "plugin/ready: " + at(3, "unknown property 'foo'")),
    ("1.12.1", "ready {\nfoo\n}", "plugin/ready: " + ONCE),
    ("1.14.7", "ready {\nfoo monitor x\n}", "plugin/ready: " + at(3, "unknown property 'foo'")),
    ("1.12.1", "ready {\nfoo monitor x\n}", "plugin/ready: " + ONCE),
    ("1.14.7", "ready {\nfoo bar\nmonitor continuously\n}", "plugin/ready: " + at(3, "unknown property 'foo'")),
    ("1.12.1", "ready {\nfoo bar\nmonitor continuously\n}", "plugin/ready: " + ONCE),
    ("1.14.7", "ready :1 {\nmonitor continuously\n}\nready", "plugin/ready: " + ONCE),
    # reload
    ("1.14.7", "reload ", None),
    ("1.14.7", "reload 2s", None),
    ("1.14.7", "reload 1s", "plugin/reload: interval value must be greater or equal to 2s"),
    ("1.14.7", "reload 2s 1s", None),
    ("1.14.7", "reload 2s 0s", None),
    ("1.12.1", "reload 2s 0s", "plugin/reload: jitter value must be greater or equal to 1s"),
    ("1.14.7", "reload 2s 0", None),
    ("1.12.1", "reload 2s 0", "plugin/reload: jitter value must be greater or equal to 1s"),
    ("1.14.7", "reload 2s -1s", "plugin/reload: jitter value must be 0 or greater or equal to 1s"),
    ("1.12.1", "reload 2s -1s", "plugin/reload: jitter value must be greater or equal to 1s"),
    ("1.14.7", "reload 30s 999ms", "plugin/reload: jitter value must be 0 or greater or equal to 1s"),
    ("1.12.1", "reload 30s 999ms", "plugin/reload: jitter value must be greater or equal to 1s"),
    ("1.14.7", "reload 30s 1s 1s", "plugin/reload: " + argument(2, "1s")),
    ("1.14.7", "reload x", 'plugin/reload: time: invalid duration "x"'),
    ("1.14.7", "reload 5", 'plugin/reload: time: missing unit in duration "5"'),
    ("1.14.7", "reload 2s x", 'plugin/reload: time: invalid duration "x"'),
    ("1.14.7", "reload 2s 1", 'plugin/reload: time: missing unit in duration "1"'),
    ("1.14.7", "reload 1.999s 0s", "plugin/reload: interval value must be greater or equal to 2s"),
    ("1.14.7", "reload 10s 10s", None),
    ("1.14.7", "reload -3s", "plugin/reload: interval value must be greater or equal to 2s"),
    ("1.14.7", "reload 2s 0.5s", "plugin/reload: jitter value must be 0 or greater or equal to 1s"),
    ("1.12.1", "reload 2s 0.5s", "plugin/reload: jitter value must be greater or equal to 1s"),
    ("1.14.7", "reload {", None),
    ("1.14.7", "reload 9223372036s", None),
    ("1.14.7", "reload 10s 9223372036s", None),
    ("1.14.7", "reload\nreload x", None),
    ("1.14.7", "reload 10s {\nfoo\n}", None),
    ("1.14.7", "reload 10s\nreload 1 2 3", None),
    ("1.14.7", "loadbalance round_robin {\nreload 5s\n}", "plugin/loadbalance: " + at(3, "unknown property 'reload'")),
    ("1.12.1", "loadbalance round_robin {\nreload 5s\n}", None),
    ("1.14.7", "loadbalance weighted f {\nreload 5s\n}", None),
    (
        "1.14.7",
        "loadbalance weighted f {\nreload\n}",
        "plugin/loadbalance: " + at(3, "reload duration value is missing"),
    ),
    ("1.9.3", "loadbalance weighted f {\nreload\n}", None),
    ("1.14.7", "loadbalance weighted f {\nreload 5s 6s\n}", "plugin/loadbalance: " + at(3, "unexpected argument")),
    ("1.9.3", "loadbalance weighted f {\nreload 5s 6s\n}", None),
    ("1.14.7", "loadbalance weighted f {\nreload x\n}", "plugin/loadbalance: " + at(3, "invalid reload duration 'x'")),
    ("1.9.3", "loadbalance weighted f {\nreload x\n}", None),
    ("1.14.7", "loadbalance weighted f {\nreload 5s\n} {\nprefer 10.0.0.0/8\n}", None),
    ("1.14.7", "loadbalance weighted f {\nreload 5s\n}\nloadbalance x", "plugin/loadbalance: unknown policy: x"),
    ("1.12.1", "loadbalance weighted f {\nreload 5s\n}\nloadbalance x", None),
    ("1.14.7", "loadbalance round_robin\nloadbalance weighted f {\nreload -5s\n}", None),
    # prometheus
    ("1.14.7", "prometheus ", None),
    ("1.14.7", "prometheus :9153", None),
    ("1.14.7", "prometheus 9153", "plugin/prometheus: address 9153: missing port in address"),
    ("1.14.7", "prometheus a b", "plugin/prometheus: " + argument(2, "b")),
    ("1.14.7", "prometheus localhost:9153", None),
    ("1.14.7", "prometheus [::1]:9153", None),
    ("1.14.7", "prometheus ::1", "plugin/prometheus: address ::1: too many colons in address"),
    ("1.14.7", "prometheus\nprometheus", "plugin/prometheus: " + ONCE),
    ("1.14.7", "prometheus {\n}", None),
    ("1.12.1", "prometheus {\n}", "plugin/prometheus: " + ONCE),
    ("1.14.7", "prometheus {\nruntime_metrics\n}", None),
    ("1.12.1", "prometheus {\nruntime_metrics\n}", "plugin/prometheus: " + ONCE),
    ("1.14.7", "prometheus {\nruntime_metrics x\n}", "plugin/prometheus: " + argument(3, "x")),
    ("1.12.1", "prometheus {\nruntime_metrics x\n}", "plugin/prometheus: " + ONCE),
    ("1.14.7", "prometheus {\nruntime_metrics\nruntime_metrics\n}", None),
    ("1.12.1", "prometheus {\nruntime_metrics\nruntime_metrics\n}", "plugin/prometheus: " + ONCE),
    ("1.14.7", "prometheus {\ntls\n}", "plugin/prometheus: " + argument(3, "tls")),
    ("1.12.1", "prometheus {\ntls\n}", "plugin/prometheus: " + ONCE),
    ("1.14.7", "prometheus {\ntls a\n}", None),
    ("1.12.1", "prometheus {\ntls a\n}", "plugin/prometheus: " + ONCE),
    ("1.14.7", "prometheus {\ntls a b\n}", "plugin/prometheus: " + argument(3, "b")),
    ("1.12.1", "prometheus {\ntls a b\n}", "plugin/prometheus: " + ONCE),
    ("1.14.7", "prometheus {\ntls a\ntls b\n}", "plugin/prometheus: " + at(4, "tls block already specified")),
    ("1.12.1", "prometheus {\ntls a\ntls b\n}", "plugin/prometheus: " + ONCE),
    ("1.14.7", 'prometheus {\ntls ""\ntls b\n}', None),
    ("1.12.1", 'prometheus {\ntls ""\ntls b\n}', "plugin/prometheus: " + ONCE),
    ("1.14.7", "prometheus {\nfoo\n}", "plugin/prometheus: " + at(3, "unknown option: foo")),
    ("1.12.1", "prometheus {\nfoo\n}", "plugin/prometheus: " + ONCE),
    ("1.14.7", "prometheus {\nfoo bar\n}", "plugin/prometheus: " + at(3, "unknown option: foo")),
    ("1.12.1", "prometheus {\nfoo bar\n}", "plugin/prometheus: " + ONCE),
    ("1.14.7", "prometheus :1 {\ntls a\n}\nprometheus", "plugin/prometheus: " + ONCE),
    # pprof
    ("1.14.7", "pprof ", None),
    ("1.14.7", "pprof :6053", None),
    ("1.14.7", "pprof 6053", "plugin/pprof: " + at(2, "address 6053: missing port in address")),
    ("1.14.7", "pprof a b", "plugin/pprof: " + argument(2, "b")),
    ("1.14.7", "pprof localhost:6053", None),
    ("1.14.7", "pprof a b c", "plugin/pprof: " + argument(2, "c")),
    ("1.14.7", "pprof\npprof", "plugin/pprof: " + ONCE),
    ("1.14.7", "pprof {\nblock\n}", None),
    ("1.14.7", "pprof {\nblock 5\n}", None),
    ("1.14.7", "pprof {\nblock x\n}", "plugin/pprof: " + at(3, "property 'block' invalid integer value 'x'")),
    ("1.14.7", "pprof {\nblock -1\n}", None),
    ("1.14.7", "pprof {\nblock 1 2\n}", "plugin/pprof: " + argument(3, "2")),
    (
        "1.14.7",
        "pprof {\nblock 99999999999999999999\n}",
        "plugin/pprof: " + at(3, "property 'block' invalid integer value '99999999999999999999'"),
    ),
    ("1.14.7", "pprof {\nfoo\n}", "plugin/pprof: " + at(3, "unknown property 'foo'")),
    ("1.14.7", "pprof {\nfoo x\n}", "plugin/pprof: " + at(3, "unknown property 'foo'")),
    ("1.14.7", "pprof {\n}", None),
    ("1.14.7", "pprof 1 2 {\nblock x\n}", "plugin/pprof: " + argument(2, "2")),
    ("1.14.7", 'pprof {\nblock ""\n}', "plugin/pprof: " + at(3, "property 'block' invalid integer value ''")),
    # trace
    ("1.14.7", "trace ", None),
    ("1.14.7", "trace a", None),
    ("1.14.7", "trace zipkin a", None),
    ("1.14.7", "trace datadog a", None),
    ("1.14.7", "trace ZIPKIN a", None),
    ("1.14.7", 'trace DataDog ""', None),
    ("1.14.7", "trace x a", "plugin/trace: tracing endpoint type 'x' is not supported"),
    ("1.14.7", 'trace "" a', "plugin/trace: tracing endpoint type '' is not supported"),
    ("1.14.7", "trace a b c", "plugin/trace: " + argument(2, "c")),
    ("1.14.7", 'trace ""', None),
    ("1.14.7", "trace zİpkin a", None),
    ("1.14.7", "trace DATADOGΣ a", "plugin/trace: tracing endpoint type 'datadogσ' is not supported"),
    ("1.14.7", "trace {", None),
    ("1.14.7", "trace ddatadog localhost:8126", "plugin/trace: tracing endpoint type 'ddatadog' is not supported"),
    ("1.14.7", "trace http://x", None),
    ("1.14.7", "trace {\nevery\n}", "plugin/trace: " + argument(3, "every")),
    ("1.14.7", "trace {\nevery 1\n}", None),
    ("1.14.7", "trace {\nevery 0\n}", None),
    ("1.14.7", "trace {\nevery -1\n}", 'plugin/trace: strconv.ParseUint: parsing "-1": invalid syntax'),
    ("1.14.7", "trace {\nevery +1\n}", 'plugin/trace: strconv.ParseUint: parsing "+1": invalid syntax'),
    ("1.14.7", "trace {\nevery x\n}", 'plugin/trace: strconv.ParseUint: parsing "x": invalid syntax'),
    ("1.14.7", "trace {\nevery 1 2\n}", "plugin/trace: " + argument(3, "2")),
    ("1.14.7", "trace {\nevery 18446744073709551615\n}", None),
    (
        "1.14.7",
        "trace {\nevery 18446744073709551616\n}",
        'plugin/trace: strconv.ParseUint: parsing "18446744073709551616": value out of range',
    ),
    ("1.14.7", "trace {\nservice\n}", "plugin/trace: " + argument(3, "service")),
    ("1.14.7", "trace {\nservice a\n}", None),
    ("1.14.7", "trace {\nservice a b\n}", "plugin/trace: " + argument(3, "b")),
    ("1.14.7", "trace {\nclient_server\n}", None),
    ("1.14.7", "trace {\nclient_server true\n}", None),
    ("1.14.7", "trace {\nclient_server F\n}", None),
    ("1.14.7", "trace {\nclient_server x\n}", 'plugin/trace: strconv.ParseBool: parsing "x": invalid syntax'),
    ("1.14.7", "trace {\nclient_server a b\n}", "plugin/trace: " + argument(3, "b")),
    ("1.14.7", "trace {\ndatadog_analytics_rate\n}", None),
    ("1.14.7", "trace {\ndatadog_analytics_rate 0.5\n}", None),
    ("1.14.7", "trace {\ndatadog_analytics_rate 1\n}", None),
    (
        "1.14.7",
        "trace {\ndatadog_analytics_rate 1.0000001\n}",
        "plugin/trace: datadog analytics rate must be between 0 and 1, '1.000000' is not supported",
    ),
    ("1.7.0", "trace {\ndatadog_analytics_rate 1.0000001\n}", None),
    (
        "1.14.7",
        "trace {\ndatadog_analytics_rate 1.5\n}",
        "plugin/trace: datadog analytics rate must be between 0 and 1, '1.500000' is not supported",
    ),
    ("1.7.0", "trace {\ndatadog_analytics_rate 1.5\n}", None),
    (
        "1.14.7",
        "trace {\ndatadog_analytics_rate -0.1\n}",
        "plugin/trace: datadog analytics rate must be between 0 and 1, '-0.100000' is not supported",
    ),
    ("1.7.0", "trace {\ndatadog_analytics_rate -0.1\n}", None),
    ("1.14.7", "trace {\ndatadog_analytics_rate -0\n}", None),
    (
        "1.14.7",
        "trace {\ndatadog_analytics_rate inf\n}",
        "plugin/trace: datadog analytics rate must be between 0 and 1, '+Inf' is not supported",
    ),
    ("1.7.0", "trace {\ndatadog_analytics_rate inf\n}", None),
    (
        "1.14.7",
        "trace {\ndatadog_analytics_rate -Infinity\n}",
        "plugin/trace: datadog analytics rate must be between 0 and 1, '-Inf' is not supported",
    ),
    ("1.7.0", "trace {\ndatadog_analytics_rate -Infinity\n}", None),
    (
        "1.14.7",
        "trace {\ndatadog_analytics_rate +Inf\n}",
        "plugin/trace: datadog analytics rate must be between 0 and 1, '+Inf' is not supported",
    ),
    ("1.7.0", "trace {\ndatadog_analytics_rate +Inf\n}", None),
    ("1.14.7", "trace {\ndatadog_analytics_rate nan\n}", None),
    (
        "1.14.7",
        "trace {\ndatadog_analytics_rate +nan\n}",
        'plugin/trace: strconv.ParseFloat: parsing "+nan": invalid syntax',
    ),
    ("1.7.0", "trace {\ndatadog_analytics_rate +nan\n}", None),
    (
        "1.14.7",
        "trace {\ndatadog_analytics_rate 1e400\n}",
        'plugin/trace: strconv.ParseFloat: parsing "1e400": value out of range',
    ),
    ("1.7.0", "trace {\ndatadog_analytics_rate 1e400\n}", None),
    (
        "1.14.7",
        "trace {\ndatadog_analytics_rate -1e400\n}",
        'plugin/trace: strconv.ParseFloat: parsing "-1e400": value out of range',
    ),
    ("1.7.0", "trace {\ndatadog_analytics_rate -1e400\n}", None),
    (
        "1.14.7",
        "trace {\ndatadog_analytics_rate 1e30\n}",
        "plugin/trace: datadog analytics rate must be between 0 and 1, '1000000000000000019884624838656.000000' is not supported",
    ),
    ("1.7.0", "trace {\ndatadog_analytics_rate 1e30\n}", None),
    ("1.14.7", "trace {\ndatadog_analytics_rate 1e-400\n}", None),
    ("1.14.7", "trace {\ndatadog_analytics_rate 0x1p-2\n}", None),
    (
        "1.14.7",
        "trace {\ndatadog_analytics_rate 0x1p2\n}",
        "plugin/trace: datadog analytics rate must be between 0 and 1, '4.000000' is not supported",
    ),
    ("1.7.0", "trace {\ndatadog_analytics_rate 0x1p2\n}", None),
    (
        "1.14.7",
        "trace {\ndatadog_analytics_rate 0x1\n}",
        'plugin/trace: strconv.ParseFloat: parsing "0x1": invalid syntax',
    ),
    ("1.7.0", "trace {\ndatadog_analytics_rate 0x1\n}", None),
    (
        "1.14.7",
        "trace {\ndatadog_analytics_rate 1_0\n}",
        "plugin/trace: datadog analytics rate must be between 0 and 1, '10.000000' is not supported",
    ),
    ("1.7.0", "trace {\ndatadog_analytics_rate 1_0\n}", None),
    ("1.14.7", "trace {\ndatadog_analytics_rate 0_1\n}", None),
    (
        "1.14.7",
        "trace {\ndatadog_analytics_rate _1\n}",
        'plugin/trace: strconv.ParseFloat: parsing "_1": invalid syntax',
    ),
    ("1.7.0", "trace {\ndatadog_analytics_rate _1\n}", None),
    ("1.14.7", "trace {\ndatadog_analytics_rate .5\n}", None),
    (
        "1.14.7",
        "trace {\ndatadog_analytics_rate 5.\n}",
        "plugin/trace: datadog analytics rate must be between 0 and 1, '5.000000' is not supported",
    ),
    ("1.7.0", "trace {\ndatadog_analytics_rate 5.\n}", None),
    ("1.14.7", "trace {\ndatadog_analytics_rate .\n}", 'plugin/trace: strconv.ParseFloat: parsing ".": invalid syntax'),
    ("1.7.0", "trace {\ndatadog_analytics_rate .\n}", None),
    ("1.14.7", 'trace {\ndatadog_analytics_rate ""\n}', 'plugin/trace: strconv.ParseFloat: parsing "": invalid syntax'),
    ("1.7.0", 'trace {\ndatadog_analytics_rate ""\n}', None),
    ("1.14.7", "trace {\ndatadog_analytics_rate x\n}", 'plugin/trace: strconv.ParseFloat: parsing "x": invalid syntax'),
    ("1.7.0", "trace {\ndatadog_analytics_rate x\n}", None),
    ("1.14.7", "trace {\ndatadog_analytics_rate 1 2\n}", "plugin/trace: " + argument(3, "2")),
    ("1.7.0", "trace {\ndatadog_analytics_rate 1 2\n}", None),
    (
        "1.14.7",
        "trace {\ndatadog_analytics_rate 0.1e\n}",
        'plugin/trace: strconv.ParseFloat: parsing "0.1e": invalid syntax',
    ),
    ("1.7.0", "trace {\ndatadog_analytics_rate 0.1e\n}", None),
    ("1.14.7", "trace {\ndatadog_analytics_rate 0x_1p-1\n}", None),
    (
        "1.14.7",
        "trace {\ndatadog_analytics_rate 1__0\n}",
        'plugin/trace: strconv.ParseFloat: parsing "1__0": invalid syntax',
    ),
    ("1.7.0", "trace {\ndatadog_analytics_rate 1__0\n}", None),
    (
        "1.14.7",
        "trace {\ndatadog_analytics_rate infinit\n}",
        'plugin/trace: strconv.ParseFloat: parsing "infinit": invalid syntax',
    ),
    ("1.7.0", "trace {\ndatadog_analytics_rate infinit\n}", None),
    ("1.14.7", "trace {\nzipkin_max_backlog_size\n}", "plugin/trace: " + argument(3, "zipkin_max_backlog_size")),
    ("1.9.3", "trace {\nzipkin_max_backlog_size\n}", None),
    ("1.14.7", "trace {\nzipkin_max_backlog_size 5\n}", None),
    ("1.14.7", "trace {\nzipkin_max_backlog_size x\n}", 'plugin/trace: strconv.Atoi: parsing "x": invalid syntax'),
    ("1.9.3", "trace {\nzipkin_max_backlog_size x\n}", None),
    ("1.14.7", "trace {\nzipkin_max_backlog_size 1 2\n}", "plugin/trace: " + argument(3, "2")),
    ("1.9.3", "trace {\nzipkin_max_backlog_size 1 2\n}", None),
    ("1.14.7", "trace {\nzipkin_max_batch_size\n}", "plugin/trace: " + argument(3, "zipkin_max_batch_size")),
    ("1.9.3", "trace {\nzipkin_max_batch_size\n}", None),
    ("1.14.7", "trace {\nzipkin_max_batch_size -5\n}", None),
    ("1.14.7", "trace {\nzipkin_max_batch_size 1.5\n}", 'plugin/trace: strconv.Atoi: parsing "1.5": invalid syntax'),
    ("1.9.3", "trace {\nzipkin_max_batch_size 1.5\n}", None),
    ("1.14.7", "trace {\nzipkin_max_batch_interval\n}", "plugin/trace: " + argument(3, "zipkin_max_batch_interval")),
    ("1.9.3", "trace {\nzipkin_max_batch_interval\n}", None),
    ("1.14.7", "trace {\nzipkin_max_batch_interval 5s\n}", None),
    ("1.14.7", "trace {\nzipkin_max_batch_interval 5\n}", 'plugin/trace: time: missing unit in duration "5"'),
    ("1.9.3", "trace {\nzipkin_max_batch_interval 5\n}", None),
    ("1.14.7", "trace {\nzipkin_max_batch_interval a b\n}", "plugin/trace: " + argument(3, "b")),
    ("1.9.3", "trace {\nzipkin_max_batch_interval a b\n}", None),
    ("1.14.7", "trace {\nfoo\n}", "plugin/trace: " + at(3, "unknown property 'foo'")),
    ("1.12.1", "trace {\nfoo\n}", None),
    ("1.14.7", "trace {\nfoo every x\n}", "plugin/trace: " + at(3, "unknown property 'foo'")),
    ("1.12.1", "trace {\nfoo every x\n}", 'plugin/trace: strconv.ParseUint: parsing "x": invalid syntax'),
    ("1.14.7", "trace {\nfoo bar\n}", "plugin/trace: " + at(3, "unknown property 'foo'")),
    ("1.12.1", "trace {\nfoo bar\n}", None),
    ("1.14.7", "trace {\nevery 5\nservice x\nbogus\n}", "plugin/trace: " + at(5, "unknown property 'bogus'")),
    ("1.12.1", "trace {\nevery 5\nservice x\nbogus\n}", None),
    ("1.14.7", "trace\ntrace x y", "plugin/trace: tracing endpoint type 'x' is not supported"),
    ("1.14.7", "trace a\ntrace", None),
    ("1.14.7", "bind 127.0.0.1 {\nexcept 127.0.0.1\n}\ntrace", None),
    ("1.12.1", "bind 127.0.0.1 {\nexcept 127.0.0.1\n}\ntrace", NO_HOST),
    ("1.7.0", "bind 127.0.0.1 {\nexcept 127.0.0.1\n}\ntrace", "plugin/bind: at least one address is expected"),
    ("1.14.7", "bind 127.0.0.1 {\nexcept 127.0.0.1\n}\ntrace a b c", "plugin/trace: " + argument(5, "c")),
    ("1.12.1", "bind 127.0.0.1 {\nexcept 127.0.0.1\n}\ntrace a b c", NO_HOST),
    ("1.7.0", "bind 127.0.0.1 {\nexcept 127.0.0.1\n}\ntrace a b c", "plugin/bind: at least one address is expected"),
    ("1.14.7", "bind 127.0.0.1\ntrace", None),
    ("1.14.7", "bind lo {\nexcept lo\n}\ntrace", None),
    ("1.12.1", "bind lo {\nexcept lo\n}\ntrace", NO_HOST),
    ("1.7.0", "bind lo {\nexcept lo\n}\ntrace", "plugin/bind: not a valid IP address: lo"),
    ("1.14.7", "bind lo {\nexcept 127.0.0.1\n}\ntrace", None),
    ("1.7.0", "bind lo {\nexcept 127.0.0.1\n}\ntrace", "plugin/bind: not a valid IP address: lo"),
    # dnstap
    ("1.14.7", "dnstap ", "plugin/dnstap: " + argument(2, "dnstap")),
    ("1.14.7", "dnstap /tmp/x", None),
    ("1.14.7", "dnstap unix:///tmp/x", None),
    ("1.14.7", "dnstap /x full", None),
    ("1.14.7", "dnstap /x Full", None),
    ("1.14.7", "dnstap /x full 1", None),
    ("1.14.7", "dnstap /x full 1 1", None),
    (
        "1.14.7",
        "dnstap /x full x",
        "plugin/dnstap: " + at(2, 'dnstap: invalid MultipleTcpWriteBuf "x": strconv.Atoi: parsing "x": invalid syntax'),
    ),
    ("1.12.1", "dnstap /x full x", None),
    (
        "1.14.7",
        "dnstap /x full x 1",
        "plugin/dnstap: " + at(2, 'dnstap: invalid MultipleTcpWriteBuf "x": strconv.Atoi: parsing "x": invalid syntax'),
    ),
    ("1.12.1", "dnstap /x full x 1", None),
    (
        "1.14.7",
        "dnstap /x full 1 x",
        "plugin/dnstap: " + at(2, 'dnstap: invalid MultipleQueue "x": strconv.Atoi: parsing "x": invalid syntax'),
    ),
    ("1.12.1", "dnstap /x full 1 x", None),
    (
        "1.14.7",
        "dnstap /x full 0 1",
        "plugin/dnstap: " + at(2, "dnstap: MultipleTcpWriteBuf must be between 1 and 1024 (MiB units): 0"),
    ),
    ("1.12.1", "dnstap /x full 0 1", None),
    (
        "1.14.7",
        "dnstap /x full 1 0",
        "plugin/dnstap: " + at(2, "dnstap: MultipleQueue must be between 1 and 4096 (x10k messages): 0"),
    ),
    ("1.12.1", "dnstap /x full 1 0", None),
    ("1.14.7", "dnstap /x full 1024 4096", None),
    (
        "1.14.7",
        "dnstap /x full 1025 1",
        "plugin/dnstap: " + at(2, "dnstap: MultipleTcpWriteBuf must be between 1 and 1024 (MiB units): 1025"),
    ),
    ("1.12.1", "dnstap /x full 1025 1", None),
    (
        "1.14.7",
        "dnstap /x full 1 4097",
        "plugin/dnstap: " + at(2, "dnstap: MultipleQueue must be between 1 and 4096 (x10k messages): 4097"),
    ),
    ("1.12.1", "dnstap /x full 1 4097", None),
    (
        "1.14.7",
        "dnstap /x full -1 1",
        "plugin/dnstap: " + at(2, "dnstap: MultipleTcpWriteBuf must be between 1 and 1024 (MiB units): -1"),
    ),
    ("1.12.1", "dnstap /x full -1 1", None),
    (
        "1.14.7",
        "dnstap /x full 1 -99999999999999999999",
        "plugin/dnstap: "
        + at(
            2,
            'dnstap: invalid MultipleQueue "-99999999999999999999": strconv.Atoi: parsing "-99999999999999999999": value out of range',
        ),
    ),
    ("1.12.1", "dnstap /x full 1 -99999999999999999999", None),
    (
        "1.14.7",
        "dnstap /x full 1 1844674407370956",
        "plugin/dnstap: " + at(2, "dnstap: MultipleQueue must be between 1 and 4096 (x10k messages): 1844674407370956"),
    ),
    ("1.12.1", "dnstap /x full 1 1844674407370956", None),
    (
        "1.14.7",
        "dnstap /x full 1 ٣",
        "plugin/dnstap: " + at(2, 'dnstap: invalid MultipleQueue "٣": strconv.Atoi: parsing "٣": invalid syntax'),
    ),
    ("1.12.1", "dnstap /x full 1 ٣", None),
    ("1.14.7", "dnstap /x full 1 1 1 1", None),
    ("1.14.7", "dnstap tcp://127.0.0.1:6000", None),
    ("1.14.7", "dnstap tcp://127.0.0.1", None),
    ("1.14.7", "dnstap tcp://localhost:6000", None),
    ("1.8.6", "dnstap tcp://localhost:6000", "plugin/dnstap: " + argument(2, "tcp://localhost:6000")),
    ("1.14.7", "dnstap tcp://", None),
    ("1.8.6", "dnstap tcp://", "plugin/dnstap: " + argument(2, "tcp://")),
    ("1.14.7", "dnstap tcp://[::1]:6000", None),
    ("1.14.7", "dnstap tcp://[::1", "plugin/dnstap: " + argument(2, "tcp://[::1")),
    ("1.14.7", "dnstap tcp://::1", None),
    ("1.14.7", "dnstap tcp://a b", None),
    ("1.8.6", "dnstap tcp://a b", "plugin/dnstap: " + argument(2, "tcp://a")),
    ("1.14.7", "dnstap tcp://a:x", "plugin/dnstap: " + argument(2, "tcp://a:x")),
    ("1.14.7", "dnstap tcp://%zz", "plugin/dnstap: " + argument(2, "tcp://%zz")),
    ("1.14.7", "dnstap tls://a:6000", None),
    ("1.14.7", "dnstap tls://a:x", "plugin/dnstap: " + argument(2, "tls://a:x")),
    ("1.10.1", "dnstap tls://a:x", None),
    ("1.14.7", "dnstap tls://", None),
    ("1.14.7", "dnstap listen", "plugin/dnstap: " + at(2, "dnstap listen requires an endpoint argument")),
    ("1.12.1", "dnstap listen", None),
    ("1.14.7", "dnstap listen /x", None),
    ("1.14.7", "dnstap listen tcp://a:1", None),
    ("1.14.7", "dnstap listen tcp://a:x", "plugin/dnstap: " + argument(2, "tcp://a:x")),
    ("1.12.1", "dnstap listen tcp://a:x", None),
    ("1.14.7", "dnstap listen tls://a:x", "plugin/dnstap: " + argument(2, "tls://a:x")),
    ("1.12.1", "dnstap listen tls://a:x", None),
    ("1.14.7", "dnstap listen unix:///x", None),
    ("1.14.7", "dnstap listen /x full", None),
    (
        "1.14.7",
        "dnstap listen /x full 0",
        "plugin/dnstap: " + at(2, "dnstap: MultipleTcpWriteBuf must be between 1 and 1024 (MiB units): 0"),
    ),
    ("1.12.1", "dnstap listen /x full 0", None),
    (
        "1.14.7",
        "dnstap listen /x full 1 0 1",
        "plugin/dnstap: " + at(2, "dnstap: MultipleQueue must be between 1 and 4096 (x10k messages): 0"),
    ),
    ("1.12.1", "dnstap listen /x full 1 0 1", None),
    ("1.14.7", "dnstap {", "plugin/dnstap: " + argument(2, "dnstap")),
    ("1.9.3", "dnstap {", None),
    ("1.14.7", "dnstap { full", "plugin/dnstap: " + argument(2, "dnstap")),
    ("1.9.3", "dnstap { full", None),
    ("1.14.7", "dnstap tcp:///etc/resolv.conf", None),
    ("1.14.7", "dnstap tcp:///etc/hosts", None),
    ("1.8.6", "dnstap tcp:///etc/hosts", "plugin/dnstap: " + argument(2, "tcp:///etc/hosts")),
    ("1.14.7", "dnstap tcp:///nowhere", None),
    ("1.14.7", "dnstap tcp://tls://1.1.1.1", None),
    ("1.14.7", "dnstap tcp://127.0.0.1:6000 full", None),
    ("1.14.7", "dnstap TCP://a:x", None),
    ("1.14.7", 'dnstap ""', None),
    ("1.14.7", "dnstap unix://", None),
    ("1.14.7", "dnstap tcp://fe80::1%lo", "plugin/dnstap: " + argument(2, "tcp://fe80::1%lo")),
    ("1.8.6", "dnstap tcp://fe80::1%lo", None),
    ("1.14.7", "dnstap tcp://[fe80::1%25lo]:1", None),
    ("1.14.7", "dnstap tcp:///etc", None),
    ("1.14.7", "dnstap tcp://.", None),
    ("1.8.6", "dnstap tcp://.", "plugin/dnstap: " + argument(2, "tcp://.")),
    ("1.14.7", "dnstap /x {\nidentity\n}", "plugin/dnstap: " + argument(3, "identity")),
    ("1.9.3", "dnstap /x {\nidentity\n}", None),
    ("1.14.7", "dnstap /x {\nidentity a\n}", None),
    ("1.14.7", "dnstap /x {\nidentity a b\n}", "plugin/dnstap: " + at(3, "unknown property 'b'")),
    ("1.12.1", "dnstap /x {\nidentity a b\n}", None),
    ("1.14.7", "dnstap /x {\nversion\n}", "plugin/dnstap: " + argument(3, "version")),
    ("1.9.3", "dnstap /x {\nversion\n}", None),
    ("1.14.7", "dnstap /x {\nversion a\n}", None),
    ("1.14.7", "dnstap /x {\nextra\n}", "plugin/dnstap: " + argument(3, "extra")),
    ("1.10.1", "dnstap /x {\nextra\n}", None),
    ("1.14.7", "dnstap /x {\nextra a\n}", None),
    ("1.14.7", "dnstap /x {\nextra a b\n}", "plugin/dnstap: " + at(3, "unknown property 'b'")),
    ("1.12.1", "dnstap /x {\nextra a b\n}", None),
    ("1.14.7", "dnstap /x {\nskipverify\n}", None),
    ("1.14.7", "dnstap /x {\nskipverify x\n}", "plugin/dnstap: " + at(3, "unknown property 'x'")),
    ("1.12.1", "dnstap /x {\nskipverify x\n}", None),
    ("1.14.7", "dnstap /x {\ntls\n}", "plugin/dnstap: " + at(3, "tls directive only valid for listeners")),
    ("1.12.1", "dnstap /x {\ntls\n}", None),
    ("1.14.7", "dnstap /x {\ntls a b\n}", "plugin/dnstap: " + at(3, "tls directive only valid for listeners")),
    ("1.12.1", "dnstap /x {\ntls a b\n}", None),
    ("1.14.7", "dnstap /x {\nfoo\n}", "plugin/dnstap: " + at(3, "unknown property 'foo'")),
    ("1.12.1", "dnstap /x {\nfoo\n}", None),
    ("1.14.7", "dnstap /x {\nfoo identity\n}", "plugin/dnstap: " + at(3, "unknown property 'foo'")),
    ("1.12.1", "dnstap /x {\nfoo identity\n}", "plugin/dnstap: " + argument(3, "identity")),
    ("1.9.3", "dnstap /x {\nfoo identity\n}", None),
    ("1.14.7", "dnstap /x {\nidentity a identity\n}", "plugin/dnstap: " + argument(3, "identity")),
    ("1.9.3", "dnstap /x {\nidentity a identity\n}", None),
    ("1.14.7", "dnstap /x {\nidentity a\nversion b\nextra c\nskipverify\n}", None),
    ("1.14.7", "dnstap /x {\nextra\nidentity a\n}", "plugin/dnstap: " + argument(3, "extra")),
    ("1.10.1", "dnstap /x {\nextra\nidentity a\n}", None),
    ("1.14.7", "dnstap listen /x {\ntls\n}", "plugin/dnstap: " + at(3, "tls requires cert and key file paths")),
    ("1.12.1", "dnstap listen /x {\ntls\n}", None),
    ("1.14.7", "dnstap listen /x {\ntls a\n}", "plugin/dnstap: " + at(3, "tls requires cert and key file paths")),
    ("1.12.1", "dnstap listen /x {\ntls a\n}", None),
    ("1.14.7", "dnstap listen /x {\ntls a b\n}", None),
    ("1.14.7", "dnstap listen /x {\ntls a b c\n}", None),
    ("1.14.7", "dnstap listen /x {\ntls a b c d\n}", None),
    ("1.14.7", "dnstap listen /x {\nskipverify\n}", None),
    ("1.14.7", "dnstap listen /x {\nfoo\n}", "plugin/dnstap: " + at(3, "unknown property 'foo'")),
    ("1.12.1", "dnstap listen /x {\nfoo\n}", None),
    ("1.14.7", "dnstap /x\ndnstap", "plugin/dnstap: " + argument(3, "dnstap")),
    ("1.9.3", "dnstap /x\ndnstap", None),
    ("1.14.7", "dnstap /x\ndnstap /y full", None),
    ("1.14.7", "dnstap /x {\nidentity a\n}\ndnstap /y {\nfoo\n}", "plugin/dnstap: " + at(6, "unknown property 'foo'")),
    ("1.12.1", "dnstap /x {\nidentity a\n}\ndnstap /y {\nfoo\n}", None),
    ("1.14.7", "dnstap /x\nwhoami\ndnstap tcp://a:x", "plugin/dnstap: " + argument(4, "tcp://a:x")),
    ("1.9.3", "dnstap /x\nwhoami\ndnstap tcp://a:x", None),
    # loop
    ("1.14.7", "loop", None),
    ("1.14.7", "loop x", "plugin/loop: " + argument(2, "x")),
    ("1.14.7", "loop\nloop", "plugin/loop: " + ONCE),
    ("1.14.7", "loop {", "plugin/loop: " + brace(2)),
    ("1.14.7", "loop {\n}", "plugin/loop: " + brace(2)),
    # loadbalance
    ("1.14.7", "loadbalance ", None),
    ("1.14.7", "loadbalance round_robin", None),
    ("1.14.7", "loadbalance round_robin x", "plugin/loadbalance: " + at(2, "unknown property for round_robin")),
    ("1.9.3", "loadbalance round_robin x", "plugin/loadbalance: " + argument(2, "x")),
    ("1.14.7", "loadbalance weighted", "plugin/loadbalance: " + at(2, "missing weight file argument")),
    ("1.9.3", "loadbalance weighted", "plugin/loadbalance: unknown policy: weighted"),
    ("1.14.7", "loadbalance weighted f", None),
    ("1.9.3", "loadbalance weighted f", "plugin/loadbalance: " + argument(2, "f")),
    ("1.14.7", "loadbalance weighted f g", "plugin/loadbalance: " + at(2, "unexpected argument(s)")),
    ("1.9.3", "loadbalance weighted f g", "plugin/loadbalance: " + argument(2, "g")),
    ("1.14.7", "loadbalance x", "plugin/loadbalance: unknown policy: x"),
    ("1.14.7", "loadbalance x y", "plugin/loadbalance: unknown policy: x"),
    ("1.9.3", "loadbalance x y", "plugin/loadbalance: " + argument(2, "y")),
    ("1.14.7", "loadbalance random", "plugin/loadbalance: unknown policy: random"),
    ("1.14.7", "loadbalance {", None),
    ("1.14.7", "loadbalance weighted /f", None),
    ("1.9.3", "loadbalance weighted /f", "plugin/loadbalance: " + argument(2, "/f")),
    ("1.14.7", "loadbalance {\nprefer 10.0.0.0/8\n}", None),
    ("1.14.7", "loadbalance {\nprefer\n}", None),
    (
        "1.14.7",
        "loadbalance {\nprefer 10.0.0.0/33\n}",
        "plugin/loadbalance: " + at(3, 'invalid CIDR "10.0.0.0/33": invalid CIDR address: 10.0.0.0/33'),
    ),
    ("1.12.1", "loadbalance {\nprefer 10.0.0.0/33\n}", None),
    (
        "1.14.7",
        "loadbalance {\nprefer 10.0.0.0/8 x\n}",
        "plugin/loadbalance: " + at(3, 'invalid CIDR "x": invalid CIDR address: x'),
    ),
    ("1.12.1", "loadbalance {\nprefer 10.0.0.0/8 x\n}", None),
    ("1.14.7", "loadbalance {\nfoo\n}", "plugin/loadbalance: " + at(3, "unknown property 'foo'")),
    ("1.12.1", "loadbalance {\nfoo\n}", None),
    ("1.14.7", "loadbalance round_robin {\nprefer fd00::/8 10.0.0.0/8\n}", None),
    (
        "1.14.7",
        "loadbalance weighted f {\nprefer 10.0.0.0/8\n}",
        "plugin/loadbalance: " + at(3, "unknown property 'prefer'"),
    ),
    ("1.9.3", "loadbalance weighted f {\nprefer 10.0.0.0/8\n}", None),
    ("1.14.7", "loadbalance\nloadbalance x", "plugin/loadbalance: unknown policy: x"),
    ("1.12.1", "loadbalance\nloadbalance x", None),
    ("1.14.7", "loadbalance a b\nloadbalance round_robin", "plugin/loadbalance: unknown policy: a"),
    ("1.9.3", "loadbalance a b\nloadbalance round_robin", None),
    ("1.14.7", "loadbalance a b\nloadbalance c d", "plugin/loadbalance: unknown policy: a"),
    ("1.9.3", "loadbalance a b\nloadbalance c d", "plugin/loadbalance: " + argument(3, "d")),
    ("1.14.7", "loadbalance a b {\nx y\n}", "plugin/loadbalance: unknown policy: a"),
    ("1.9.3", "loadbalance a b {\nx y\n}", None),
    ("1.14.7", "loadbalance a b {\nx\n}", "plugin/loadbalance: unknown policy: a"),
    ("1.9.3", "loadbalance a b {\nx\n}", None),
    ("1.14.7", "loadbalance a b {\nround_robin\n}", "plugin/loadbalance: unknown policy: a"),
    ("1.9.3", "loadbalance a b {\nround_robin\n}", None),
    ("1.14.7", "loadbalance weighted f {\n}", None),
    (
        "1.14.7",
        "loadbalance {\nprefer 10.0.0.0/8/8\n}",
        "plugin/loadbalance: " + at(3, 'invalid CIDR "10.0.0.0/8/8": invalid CIDR address: 10.0.0.0/8/8'),
    ),
    ("1.12.1", "loadbalance {\nprefer 10.0.0.0/8/8\n}", None),
    (
        "1.14.7",
        'loadbalance {\nprefer ""\n}',
        "plugin/loadbalance: " + at(3, 'invalid CIDR "": invalid CIDR address: '),
    ),
    ("1.12.1", 'loadbalance {\nprefer ""\n}', None),
    (
        "1.14.7",
        'loadbalance {\nprefer "a\\"b"\n}',
        "plugin/loadbalance: " + at(3, 'invalid CIDR "a\\"b": invalid CIDR address: a"b'),
    ),
    ("1.12.1", 'loadbalance {\nprefer "a\\"b"\n}', None),
    # shed
    ("1.14.7", "shed", None),
    ("1.14.7", "shed x", "plugin/shed: " + argument(2, "x")),
    ("1.14.7", "shed\nshed", "plugin/shed: " + ONCE),
    ("1.14.7", "shed {\n}", None),
    ("1.14.7", "shed {\nx\n}", "plugin/shed: " + at(3, "shed takes no options")),
    ("1.14.7", "shed {", None),
    # bind
    ("1.14.7", "bind ", "plugin/bind: at least one address or interface name is expected"),
    ("1.7.0", "bind ", "plugin/bind: at least one address is expected"),
    ("1.14.7", "bind 127.0.0.1", None),
    ("1.14.7", "bind 127.0.0.1 127.0.0.1", "cannot serve dns://.:53 on 127.0.0.1 - it is already defined"),
    ("1.14.7", "bind ::1", None),
    ("1.14.7", "bind lo", None),
    ("1.7.0", "bind lo", "plugin/bind: not a valid IP address: lo"),
    ("1.14.7", "bind lo 127.0.0.1", "cannot serve dns://.:53 on 127.0.0.1 - it is already defined"),
    ("1.7.0", "bind lo 127.0.0.1", "plugin/bind: not a valid IP address: lo"),
    ("1.14.7", "bind {", "plugin/bind: at least one address or interface name is expected"),
    ("1.7.0", "bind {", "plugin/bind: at least one address is expected"),
    ("1.14.7", "bind 0.0.0.0", None),
    (
        "1.14.7",
        "bind 127.0.0.1 {\nexcept\n}",
        "plugin/bind: at least one address or interface must be given to except subdirective",
    ),
    ("1.7.0", "bind 127.0.0.1 {\nexcept\n}", "plugin/bind: at least one address is expected"),
    ("1.14.7", "bind 127.0.0.1 {\nexcept 127.0.0.1\n}", None),
    ("1.7.0", "bind 127.0.0.1 {\nexcept 127.0.0.1\n}", "plugin/bind: at least one address is expected"),
    ("1.14.7", "bind 127.0.0.1 {\nfoo\n}", 'plugin/bind: invalid option "foo"'),
    ("1.7.0", "bind 127.0.0.1 {\nfoo\n}", "plugin/bind: at least one address is expected"),
    ("1.14.7", "bind 127.0.0.1 {\nfoo bar\n}", 'plugin/bind: invalid option "foo"'),
    ("1.7.0", "bind 127.0.0.1 {\nfoo bar\n}", "plugin/bind: at least one address is expected"),
    ("1.14.7", "bind 127.0.0.1 {\nexcept 127.0.0.1\nexcept ::1\n}", None),
    ("1.7.0", "bind 127.0.0.1 {\nexcept 127.0.0.1\nexcept ::1\n}", "plugin/bind: at least one address is expected"),
    ("1.14.7", "bind 127.0.0.1 {\nexcept ::1 127.0.0.1\n}", None),
    ("1.7.0", "bind 127.0.0.1 {\nexcept ::1 127.0.0.1\n}", "plugin/bind: at least one address is expected"),
    (
        "1.14.7",
        "bind 127.0.0.1 {\nexcept\nexcept 127.0.0.1\n}",
        "plugin/bind: at least one address or interface must be given to except subdirective",
    ),
    ("1.7.0", "bind 127.0.0.1 {\nexcept\nexcept 127.0.0.1\n}", "plugin/bind: at least one address is expected"),
    ("1.14.7", "bind 127.0.0.1 {\nexcept 10.0.0.0/8\nexcept ::1\n}", None),
    ("1.7.0", "bind 127.0.0.1 {\nexcept 10.0.0.0/8\nexcept ::1\n}", "plugin/bind: at least one address is expected"),
    ("1.14.7", 'bind 127.0.0.1 {\n"f\\"o"\n}', 'plugin/bind: invalid option "f\\"o"'),
    ("1.7.0", 'bind 127.0.0.1 {\n"f\\"o"\n}', "plugin/bind: at least one address is expected"),
    ("1.14.7", "bind 127.0.0.1\nbind", "plugin/bind: at least one address or interface name is expected"),
    ("1.7.0", "bind 127.0.0.1\nbind", "plugin/bind: at least one address is expected"),
    ("1.14.7", "bind 127.0.0.1\nbind ::1", None),
    ("1.14.7", "bind 127.0.0.1\nbind 127.0.0.1", "cannot serve dns://.:53 on 127.0.0.1 - it is already defined"),
    ("1.14.7", "bind x/y {\nfoo\n}", 'plugin/bind: invalid option "foo"'),
    ("1.7.0", "bind x/y {\nfoo\n}", "plugin/bind: not a valid IP address: x/y"),
]

BLOCKS = [
    ("1.14.7", "unix://a {\nprometheus\n}\n", None),
    ("1.12.1", "unix://a {\nprometheus\n}\n", NO_HOST),
    ("1.10.1", "unix://a {\nprometheus\n}\n", None),
    ("1.14.7", "unix://a {\nprometheus 1\n}\n", "plugin/prometheus: address 1: missing port in address"),
    ("1.12.1", "unix://a {\nprometheus 1\n}\n", NO_HOST),
    ("1.10.1", "unix://a {\nprometheus 1\n}\n", "plugin/prometheus: address 1: missing port in address"),
    ("1.14.7", "unix://a {\nprometheus a b\n}\n", "plugin/prometheus: " + argument(2, "b")),
    ("1.12.1", "unix://a {\nprometheus a b\n}\n", NO_HOST),
    ("1.10.1", "unix://a {\nprometheus a b\n}\n", "plugin/prometheus: " + argument(2, "b")),
    ("1.14.7", "10.0.0.0/15 {\nprometheus\n}\n", None),
    ("1.14.7", "a.org unix://a {\nprometheus\n}\n", None),
    ("1.12.1", "a.org unix://a {\nprometheus\n}\n", NO_HOST),
    ("1.10.1", "a.org unix://a {\nprometheus\n}\n", None),
    ("1.14.7", "a.org:54 tls://b {\nprometheus\n}\n", None),
    ("1.14.7", "unix://a {\nloop\n}\n", None),
    ("1.12.1", "unix://a {\nloop\n}\n", NO_HOST),
    ("1.10.1", "unix://a {\nloop\n}\n", None),
    ("1.14.7", "a.org unix://a {\nloop\n}\n", None),
    ("1.14.7", "unix://a a.org {\nloop\n}\n", None),
    ("1.12.1", "unix://a a.org {\nloop\n}\n", NO_HOST),
    ("1.10.1", "unix://a a.org {\nloop\n}\n", None),
    ("1.14.7", "10.0.0.0/15 {\nloop\n}\n", None),
    (
        "1.14.7",
        "tls://. {\nshed\n}\n",
        "plugin/shed: " + at(2, 'only plain DNS server blocks are supported; "tls://.:853" uses transport "tls"'),
    ),
    (
        "1.14.7",
        "https://. {\nshed\n}\n",
        "plugin/shed: " + at(2, 'only plain DNS server blocks are supported; "https://.:443" uses transport "https"'),
    ),
    (
        "1.14.7",
        "grpc://. {\nshed\n}\n",
        "plugin/shed: " + at(2, 'only plain DNS server blocks are supported; "grpc://.:443" uses transport "grpc"'),
    ),
    (
        "1.14.7",
        "quic://. {\nshed\n}\n",
        "plugin/shed: " + at(2, 'only plain DNS server blocks are supported; "quic://.:853" uses transport "quic"'),
    ),
    (
        "1.14.7",
        "unix://a {\nshed\n}\n",
        "plugin/shed: " + at(2, 'only plain DNS server blocks are supported; "unix://a.:" uses transport "unix"'),
    ),
    (
        "1.14.7",
        ". tls://. {\nshed\n}\n",
        "plugin/shed: " + at(2, 'only plain DNS server blocks are supported; "tls://.:853" uses transport "tls"'),
    ),
    ("1.14.7", "dns://a.org:54 {\nshed\n}\n", None),
    ("1.14.7", "http://a {\nshed\n}\n", None),
    (
        "1.14.7",
        "10.0.0.0/15 tls://b {\nshed\n}\n",
        "plugin/shed: " + at(2, 'only plain DNS server blocks are supported; "tls://b.:853" uses transport "tls"'),
    ),
    ("1.14.7", "tls://. {\nshed x\n}\n", "plugin/shed: " + argument(2, "x")),
    (
        "1.14.7",
        ". {\nbind 127.0.0.1\n}\n. {\nbind 127.0.0.1\n}\n",
        "cannot serve dns://.:53 on 127.0.0.1 - it is already defined",
    ),
    ("1.14.7", ". {\nbind lo\n}\n. {\nbind ::1\n}\n", "cannot serve dns://.:53 on ::1 - it is already defined"),
    ("1.7.0", ". {\nbind lo\n}\n. {\nbind ::1\n}\n", "plugin/bind: not a valid IP address: lo"),
    (
        "1.14.7",
        ". {\nbind 127.0.0.1\n}\n. {\nwhoami\n}\n",
        "cannot serve dns://.:53 - zone overlap listener capacity with dns://.:53 on 127.0.0.1",
    ),
    (
        "1.14.7",
        ". {\nwhoami\n}\n. {\nbind 127.0.0.1\n}\n",
        "cannot serve dns://.:53 on 127.0.0.1 - zone overlap listener capacity with dns://.:53",
    ),
    ("1.14.7", ". {\nbind 127.0.0.1\n}\n. {\nbind ::1\n}\n", None),
    ("1.14.7", ". {\nbind ::1\n}\n. {\nbind 0:0:0:0:0:0:0:1\n}\n", None),
    ("1.14.7", ". {\nbind 127.0.0.1 {\nexcept 127.0.0.1\n}\n}\n. {\nbind 127.0.0.1 {\nexcept 127.0.0.1\n}\n}\n", None),
    (
        "1.7.0",
        ". {\nbind 127.0.0.1 {\nexcept 127.0.0.1\n}\n}\n. {\nbind 127.0.0.1 {\nexcept 127.0.0.1\n}\n}\n",
        "plugin/bind: at least one address is expected",
    ),
    ("1.14.7", ". {\nbind 127.0.0.1 {\nexcept 127.0.0.1\n}\n}\n. {\nwhoami\n}\n", None),
    (
        "1.7.0",
        ". {\nbind 127.0.0.1 {\nexcept 127.0.0.1\n}\n}\n. {\nwhoami\n}\n",
        "plugin/bind: at least one address is expected",
    ),
    (
        "1.14.7",
        ". a.org {\nbind 127.0.0.1\n}\na.org {\nwhoami\n}\n",
        "cannot serve dns://a.org.:53 - zone overlap listener capacity with dns://a.org.:53 on 127.0.0.1",
    ),
    (
        "1.9.3",
        ". a.org {\nbind 127.0.0.1\n}\na.org {\nwhoami\n}\n",
        "cannot serve dns://a.org.:53 - it is already defined",
    ),
    (
        "1.7.0",
        ". a.org {\nbind 127.0.0.1\n}\na.org {\nwhoami\n}\n",
        "cannot serve dns://a.org.:53 - zone overlap listener capacity with dns://a.org.:53 on 127.0.0.1",
    ),
    (
        "1.14.7",
        ". a.org {\nbind 127.0.0.1\n}\na.org {\nbind 127.0.0.1\n}\n",
        "cannot serve dns://a.org.:53 on 127.0.0.1 - it is already defined",
    ),
    (
        "1.9.3",
        ". a.org {\nbind 127.0.0.1\n}\na.org {\nbind 127.0.0.1\n}\n",
        "cannot serve dns://a.org.:53 on 127.0.0.1 - zone overlap listener capacity with dns://a.org.:53",
    ),
    (
        "1.7.0",
        ". a.org {\nbind 127.0.0.1\n}\na.org {\nbind 127.0.0.1\n}\n",
        "cannot serve dns://a.org.:53 on 127.0.0.1 - it is already defined",
    ),
]

QUEUES = [
    ("1.12.1", "-1", TOO_LARGE),
    ("1.12.1", "4294967296", TOO_LARGE),
    ("1.12.1", "99999999999999999999", TOO_LARGE),
    ("1.12.1", "+99999999999999999999", TOO_LARGE),
    ("1.12.1", "-99999999999999999999", None),  # the lowest number times 10,000 is 0 again
    ("1.12.1", "1844674407370956", None),  # and this one is 8384
    ("1.12.1", "٣", None),  # no digit to Go
    ("1.11.3", "-1", None),
    ("1.14.7", "-1", "plugin/dnstap: " + at(2, "dnstap: MultipleQueue must be between 1 and 4096 (x10k messages): -1")),
]

IN_BETWEEN = [
    # releases of which nobody asked the program: read from the sources
    ("1.8.4", "errors {\nconsolidate 5m a info\n}", "plugin/errors: " + argument(3, "info")),
    ("1.8.5", "errors {\nconsolidate 5m a info\n}", None),
    (
        "1.9.2",
        "errors {\nstacktrace\n}",
        "plugin/errors: Corefile:3 - Syntax error: Unexpected token 'stacktrace', expecting 'consolidate'",
    ),
    (
        "1.13.2",
        "errors {\nconsolidate 5m a show_first\n}",
        "plugin/errors: " + at(3, "unknown log level argument in consolidate: show_first"),
    ),
    ("1.14.0", "errors {\nconsolidate 5m a show_first\n}", None),
    ("1.13.2", f"errors {{\nconsolidate 5m {'a' * 10001}\n}}", None),
    (
        "1.14.0",
        f"errors {{\nconsolidate 5m {'a' * 10001}\n}}",
        "plugin/errors: " + at(3, "regex pattern too long: 10001 > 10000"),
    ),
    (
        "1.14.0",
        f"errors {{\nconsolidate 5m {'é' * 5001}\n}}",
        "plugin/errors: " + at(3, "regex pattern too long: 10002 > 10000"),
    ),
    ("1.14.0", f"errors {{\nconsolidate 5m {'a' * 10000}\n}}", None),
    ("1.14.3", "log {\nfoo\n}", "plugin/log: " + argument(3, "foo")),
    ("1.14.4", "log {\nfoo\n}", "plugin/log: " + at(3, "unknown property 'foo'")),
    ("1.14.3", "health {\nfoo\n}", "plugin/health: " + argument(3, "foo")),
    ("1.14.4", "health {\nfoo\n}", "plugin/health: " + at(3, "unknown property 'foo'")),
    ("1.12.2", "ready {\nmonitor continuously\n}", None),
    ("1.14.3", "ready {\nfoo bar\n}", None),
    ("1.14.3", "ready {\nfoo monitor x\n}", "plugin/ready: " + at(3, "monitor type 'x' not supported")),
    ("1.14.4", "ready {\nfoo bar\n}", "plugin/ready: " + at(3, "unknown property 'foo'")),
    ("1.14.1", "reload 2s 0s", "plugin/reload: jitter value must be greater or equal to 1s"),
    ("1.14.2", "reload 2s 0s", None),
    ("1.14.2", "prometheus {\ntls a\n}", "plugin/prometheus: " + ONCE),
    ("1.14.3", "prometheus {\ntls a\n}", None),
    (
        "1.8.0",
        "trace {\ndatadog_analytics_rate 2\n}",
        "plugin/trace: datadog analytics rate must be between 0 and 1, '2.000000' is not supported",
    ),
    ("1.7.1", "trace {\ndatadog_analytics_rate 2\n}", None),
    ("1.9.4", "trace {\nzipkin_max_batch_size x\n}", 'plugin/trace: strconv.Atoi: parsing "x": invalid syntax'),
    ("1.14.3", "trace {\nfoo\n}", None),
    ("1.14.4", "trace {\nfoo\n}", "plugin/trace: " + at(3, "unknown property 'foo'")),
    ("1.12.4", "bind ::1 {\nexcept ::1\n}\ntrace", NO_HOST),
    ("1.13.0", "bind ::1 {\nexcept ::1\n}\ntrace", None),
    ("1.9.2", "dnstap tcp://localhost:6000", "plugin/dnstap: " + argument(2, "tcp://localhost:6000")),
    ("1.9.4", "dnstap tcp://localhost:6000", None),
    ("1.10.0", "dnstap /x\ndnstap", None),
    ("1.9.4", "dnstap", "plugin/dnstap: " + argument(2, "dnstap")),
    ("1.9.3", "dnstap", "plugin/dnstap: " + argument(2, "dnstap")),
    ("1.9.4", "dnstap /x {\nidentity\n}", "plugin/dnstap: " + argument(3, "identity")),
    ("1.11.0", "dnstap tls://a:x", "plugin/dnstap: " + argument(2, "tls://a:x")),
    ("1.11.0", "dnstap /x {\nextra\n}", None),
    ("1.11.1", "dnstap /x {\nextra\n}", "plugin/dnstap: " + argument(3, "extra")),
    ("1.11.4", "dnstap /x full 1 -1", TOO_LARGE),
    ("1.12.4", "dnstap /x full x y", None),
    (
        "1.13.0",
        "dnstap /x full x y",
        "plugin/dnstap: " + at(2, 'dnstap: invalid MultipleTcpWriteBuf "x": strconv.Atoi: parsing "x": invalid syntax'),
    ),
    ("1.14.3", "dnstap listen", None),
    ("1.14.3", "dnstap /x {\nfoo\n}", None),
    ("1.14.4", "dnstap listen", "plugin/dnstap: " + at(2, "dnstap listen requires an endpoint argument")),
    ("1.10.0", "loadbalance weighted f", "plugin/loadbalance: " + argument(2, "f")),
    ("1.12.3", "loadbalance {\nprefer x\n}", None),
    (
        "1.12.4",
        "loadbalance {\nprefer x\n}",
        "plugin/loadbalance: " + at(3, 'invalid CIDR "x": invalid CIDR address: x'),
    ),
    ("1.8.3", "bind", "plugin/bind: at least one address is expected"),
    ("1.8.4", "bind", "plugin/bind: at least one address or interface name is expected"),
    ("1.8.3", "bind eth0", "plugin/bind: not a valid IP address: eth0"),
    ("1.8.3", "bind ::1 {\nexcept ::1\n}", "plugin/bind: at least one address is expected"),
]

NO_INTERFACES = [
    "256.1.1.1",
    "fe80::1%lo",
    "10.0.0.0/8",
    "127.0.0.1:53",
    "averyveryverylongname",
    '""',
    "[::1]",
    "a/b",
    '"a b"',
]

LISTENING_TWICE = [
    ("bind eth0", "bind eth0"),
    ("bind eth0", "whoami"),
    ("whoami", "bind eth0"),
    ("bind eth0", "bind 127.0.0.1"),
    ("bind eth0 {\nexcept 10.0.0.1\n}", "bind eth0"),
]

SETTINGS = [
    ("errors", "errors", Errors()),
    (
        "errors",
        "errors {\nstacktrace\nconsolidate 5m a\nconsolidate 1s b info show_first\n}",
        Errors(True, [Consolidation(300 * SECOND, "a"), Consolidation(SECOND, "b", "info", True)]),
    ),
    ("log", "log", [LogRule(".", "", ("all",))]),
    (
        "log",
        "log a.org b.org. {common} {\nclass denial\nclass error\n}\nlog {x}",
        [
            LogRule("a.org.", "{common}", ("denial", "error")),
            LogRule("b.org.", "{common}", ("denial", "error")),
            LogRule("{x}.", "", ("all",)),
        ],
    ),
    ("health", "health :1 {\nlameduck 5s\n}\nhealth :2", Health(":2", 5 * SECOND)),
    ("ready", "ready", Ready()),
    ("ready", "ready :1 {\nmonitor continuously\n}", Ready(":1", "continuously")),
    ("reload", "reload", Reload()),
    ("reload", "reload 10s 9s", Reload(10 * SECOND, 5 * SECOND)),
    ("reload", "reload 10s 0s", Reload(10 * SECOND, 0)),
    ("prometheus", "prometheus :1 {\ntls web.yml\n}", Prometheus(":1", "web.yml")),
    ("pprof", "pprof", Pprof()),
    ("pprof", "pprof :1 {\nblock\n}", Pprof(":1", 1)),
    ("pprof", "pprof {\nblock 7\n}", Pprof(block_rate=7)),
    ("trace", "trace", Trace()),
    ("trace", "trace DataDog x:1 {\nevery 5\nservice s\nclient_server\n}", Trace("datadog", "x:1", 5, "s", True)),
    ("trace", "trace datadog x\ntrace", Trace()),
    ("dnstap", "dnstap /x\ndnstap listen tcp://a:1 full", [Dnstap("/x"), Dnstap("tcp://a:1", True, True)]),
    ("loop", "loop", "."),
    ("loadbalance", "loadbalance", LoadBalance()),
    ("loadbalance", "loadbalance weighted f {\nreload 5s\n}", LoadBalance("weighted", "f", 5 * SECOND)),
    ("loadbalance", "root /etc\nloadbalance weighted ../f", LoadBalance("weighted", "/f")),
    ("loadbalance", "root /etc\nloadbalance weighted /f", LoadBalance("weighted", "/f")),
    ("loadbalance", "loadbalance {\nprefer 10.0.0.0/8 fd00::/8\n}", LoadBalance(preferred=["10.0.0.0/8", "fd00::/8"])),
    ("shed", "shed", None),
    ("bind", "bind lo\nbind 10.0.0.1 10.0.0.2 {\nexcept 10.0.0.1\n}", ["127.0.0.1", "::1", "10.0.0.2"]),
]


@pytest.mark.parametrize(("release", "lines", "message"), [*RECORDED, *IN_BETWEEN])
def test_one_block(release: str, lines: str, message: str | None) -> None:
    verdict = judge(release, lines).verdict
    assert (verdict.answer, verdict.message) == ("loads" if message is None else "refuses", message)


@pytest.mark.parametrize(("release", "text", "message"), BLOCKS)
def test_blocks(release: str, text: str, message: str | None) -> None:
    verdict = judge_blocks(release, text).verdict
    assert (verdict.answer, verdict.message) == ("loads" if message is None else "refuses", message)


@pytest.mark.parametrize(("release", "queue", "message"), QUEUES)
def test_the_size_of_the_queue_of_dnstap(release: str, queue: str, message: str | None) -> None:
    assert judge(release, f"dnstap /x full 1 {queue}").verdict.message == message


def test_a_queue_that_may_not_fit_into_memory() -> None:
    assert judge("1.12.1", "dnstap /x full 1 4096").verdict.answer == "loads"
    verdict = judge("1.12.1", "dnstap /x full 1 1000000").verdict
    assert (verdict.answer, verdict.needs) == ("depends", (Need("size", "memory for 10000000000 messages"),))


def test_a_file_of_servers_for_dnstap() -> None:
    verdict = judge("1.9.2", "dnstap tcp:///a/servers").verdict
    assert (verdict.answer, verdict.needs) == ("depends", (Need("file", "/a/servers"),))
    assert judge("1.9.2", "dnstap tcp:///etc/hosts").verdict.message == "plugin/dnstap: " + argument(
        2, "tcp:///etc/hosts"
    )


@pytest.mark.parametrize(
    "line",
    [
        "bind eth0",
        "bind ::1 eth0",
        "bind ::1 {\nexcept eth0\n}",
        "bind lo {\nexcept eth0\n}",
        "bind eth0 {\nexcept eth0\n}",
    ],
)
@pytest.mark.parametrize("release", ["1.14.7", "1.8.4"])
def test_an_interface_is_the_machines_matter(release: str, line: str) -> None:
    verdict = judge(release, line).verdict
    assert (verdict.answer, verdict.needs) == ("depends", (Need("interface", "eth0"),))


@pytest.mark.parametrize("word", NO_INTERFACES)
def test_what_names_no_interface(word: str) -> None:
    shown = word if word.startswith('"') else f'"{word}"'
    message = f"plugin/bind: not a valid IP address or interface name: {shown}"
    assert judge("1.14.7", f"bind {word}").verdict.message == message
    assert judge("1.14.7", f"bind ::1 {{\nexcept {word}\n}}").verdict.message == message
    old = f"plugin/bind: not a valid IP address: {word.strip(chr(34))}"
    assert judge("1.7.0", f"bind {word}").verdict.message == old


@pytest.mark.parametrize(("one", "other"), LISTENING_TWICE)
def test_blocks_on_an_interface_may_meet_or_not(one: str, other: str) -> None:
    for release in ("1.14.7", "1.9.3"):
        verdict = judge_blocks(release, f". {{\n{one}\n}}\n. {{\n{other}\n}}\n").verdict
        assert (verdict.answer, verdict.needs) == ("depends", (Need("interface", "eth0"),))


@pytest.mark.parametrize(("plugin", "lines", "model"), SETTINGS)
def test_settings(plugin: str, lines: str, model: object) -> None:
    judgement = judge("1.14.7", lines)
    assert judgement.verdict.answer == "loads"
    assert judgement.servers[0].plugins[plugin] == model


def test_a_policy_takes_the_place_of_the_one_before() -> None:
    lines = "loadbalance {\nprefer 10.0.0.0/8\n}\nloadbalance weighted f {\nreload 5s\n}"
    assert judge("1.14.7", lines).servers[0].plugins["loadbalance"] == LoadBalance("weighted", "f", 5 * SECOND)
    last = judge("1.14.7", f"{lines}\nloadbalance").servers[0].plugins["loadbalance"]
    assert last.policy == "round_robin"


def test_old_dnstap_reads_one_line() -> None:
    assert judge("1.9.3", "dnstap /x full").servers[0].plugins["dnstap"] == [Dnstap("/x", full=True)]
    assert judge("1.10.1", "dnstap /x full 1").servers[0].plugins["dnstap"] == [Dnstap("/x")]
    assert judge("1.11.4", "dnstap /x full 1").servers[0].plugins["dnstap"] == [Dnstap("/x", full=True)]


def test_loop_and_a_key_that_is_no_zone_a_second_time() -> None:
    text = "a" * 63 + "\\ {\nloop\n}\n"
    assert judge_blocks("1.7.0", text).servers[0].plugins["loop"] == ""
    assert judge_blocks("1.8.6", text).verdict.phase == "keys"


def test_an_old_loop_asks_for_the_first_zone() -> None:
    assert judge_blocks("1.8.3", "a.org b.org {\nloop\n}\n").servers[0].plugins["loop"] == "a.org."
