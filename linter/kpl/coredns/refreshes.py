"""How often plugins read their zones again.

(CoreDNS plugin/route53, plugin/azure, plugin/clouddns; plugin/file, plugin/auto: setup.go)
"""

from __future__ import annotations

from kpl.coredns.controller import Controller
from kpl.golang.values import GoError, atoi, parse_duration, quote

MINUTE = 60 * 10**9
"""The interval of the cloud services where none is told, in nanoseconds."""


def read_reload(c: Controller, negative: bool = True) -> int:
    """The option ``reload`` of zones in files, in nanoseconds; `negative` tells whether CoreDNS takes less than 0."""
    args = c.args()
    if not args:
        if not c.since("1.8.7"):
            raise c.panic("runtime error: index out of range [0] with length 0")
        raise c.refuse("reload duration value is expected")
    reload = c.read(parse_duration, args[0], "plugin/file: {}")
    if reload < 0 and not negative:
        raise c.refuse("plugin/file: invalid duration", args[0])
    return reload


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
