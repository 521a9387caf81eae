"""How often the plugins of cloud services fetch their zones. (CoreDNS plugin/route53, plugin/azure, plugin/clouddns: setup.go)"""

from __future__ import annotations

from kpl.coredns.controller import Controller
from kpl.golang.values import GoError, atoi, parse_duration, quote

MINUTE = 60 * 10**9
"""The interval of all three where none is told, in nanoseconds."""


def read_refresh(c: Controller, unparsed: str, quoted: bool = True) -> int:
    """The option ``refresh``, a duration or a number of seconds, in nanoseconds; `unparsed` is the plugin's word for a bad one.

    Whether the plugin tells the value `quoted` differs, too.
    """
    if not c.next_arg():
        raise c.arg_err()
    text = c.val()
    try:
        atoi(text)
        text += "s"
    except GoError:
        pass
    try:
        refresh = parse_duration(text)
    except GoError as error:
        raise c.err(unparsed.replace("{}", str(error))) from None
    if refresh <= 0:
        raise c.err(f"refresh interval must be greater than 0: {quote(text) if quoted else text}")
    return refresh
