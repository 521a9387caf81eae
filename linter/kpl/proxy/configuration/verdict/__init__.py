"""What kube-proxy says of its configuration before it starts."""

from kpl.proxy.configuration.verdict.decode import Dropped as Dropped
from kpl.proxy.configuration.verdict.judge import dropped_fields as dropped_fields
from kpl.proxy.configuration.verdict.judge import judge_kube_proxy as judge_kube_proxy
