"""The pods of workloads, as policies know them."""

from __future__ import annotations

from kpl.inputs.objects.fields import integer, pairs
from kpl.inputs.objects.workloads import Workload
from kpl.policy.model import NamedPort, PolicyPod


def policy_pod(workload: Workload, open_labels: frozenset[str] = frozenset()) -> PolicyPod | None:
    """The pods of a workload; None where an operator makes them, and in the network of their node, where policies do not count.

    `open_labels` are those that may be set elsewhere.
    """
    metadata = workload.pod_metadata
    if metadata is None or workload.partial or workload.pod.pair("hostNetwork") is not None or not workload.namespace:
        return None
    labels = {key.value: value.value for key, value in pairs(metadata.mapping("labels"))}
    ports = tuple(
        NamedPort(str(port.name), str(port.protocol or "TCP"), number)
        for container in workload.containers
        for port in container.ports
        if port.name is not None and (number := integer(port.number)) is not None
    )
    return PolicyPod(workload.namespace, labels, ports, open_labels)
