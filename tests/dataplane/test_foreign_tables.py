"""What rules say, and do not say, of tables in nftables that kube-proxy did not make."""

from __future__ import annotations

import pytest

from kpl_rules.dataplane._nft import NEW
from kpl_rules.dataplane.agent_masquerades_pods import _agent_in_nft
from kpl_rules.dataplane.forward_drops_services import _CLOSED
from support import run

AGENT = _agent_in_nft("172.16.0.0/12")
DROPPED = "ip saddr 192.0.2.1 drop"


def codes(text: str) -> set[str]:
    return {each.code for each in run({"node.nft": text}, ("KPL416", "KPL435")).findings}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (NEW + _CLOSED, {"KPL416"}),
        (NEW + _CLOSED.replace("inet", "ip"), {"KPL416"}),
        *(
            (NEW + _CLOSED.replace(DROPPED, passing), set())
            for passing in (
                "ip saddr 10.244.0.0/16 accept",
                "ct state new accept",
                "ct state != invalid accept",
                "ct status dnat accept",
                "ip saddr vmap @own",
                'xt target "MARK"',
                "queue to 1",
            )
        ),
        (NEW + _CLOSED.replace("policy drop", "policy accept"), set()),
        (NEW + _CLOSED.replace("hook forward", "hook input"), set()),
        # of the other IP family, of a bridge, without kube-proxy, incomplete, with Cilium
        (NEW + _CLOSED.replace("inet", "ip6"), set()),
        (NEW + _CLOSED.replace("inet", "bridge"), set()),
        (_CLOSED, set()),
        (NEW + _CLOSED.removesuffix("}\n"), set()),
        (NEW + _CLOSED + "table ip nat {\n\tchain CILIUM_PRE_nat {\n\t}\n}\n", set()),
    ],
)
def test_a_chain_that_forwards_nothing(text: str, found: set[str]) -> None:
    assert codes(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (NEW + AGENT, {"KPL435"}),
        (NEW + AGENT.replace("ip daddr 172", 'xt match "comment" ip daddr 172'), {"KPL435"}),
        (NEW + _agent_in_nft(), set()),
        # what is not known to masquerade everything
        *(
            (NEW + _agent_in_nft("172.16.0.0/12", last=last), set())
            for last in ("return", "ip saddr 192.0.2.1 masquerade", 'xt match "set" masquerade')
        ),
        # more may be spared than can be read
        (NEW + AGENT.replace("\t\tcounter", '\t\txt match "set" return\n\t\tcounter'), set()),
        # of the other IP family, without kube-proxy, incomplete
        (NEW + AGENT.replace("table ip ", "table ip6 "), set()),
        (AGENT, set()),
        (NEW + AGENT.removesuffix("}\n"), set()),
    ],
)
def test_an_agent_that_masquerades_pods(text: str, found: set[str]) -> None:
    assert codes(text) == found
