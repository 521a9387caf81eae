"""KPL121."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import Bad, Edit, Finding, Fix, Good, Rule, Severity, Span, Stop, manifest
from kpl.manifests import JvmOptions

_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: ledger, namespace: shop}
spec:
  template:
    spec:
      containers:
      - name: ledger
        image: eclipse-temurin:17-jre
        command: ["java", "-jar", "/app.jar"]
        env:
        - name: JAVA_TOOL_OPTIONS
          value: "-Xmx512m"
"""
_CONFIG_MAP = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: ledger, namespace: shop}
data:
  JAVA_OPTS: -Xmx512m -Dnetworkaddress.cache.ttl=10
"""


def _with(option: str) -> str:
    return _DEPLOYMENT.replace("-Xmx512m", f"-Xmx512m {option}")


_OPTION = re.compile(r"-D(networkaddress\.cache\.(?:(negative|stale)\.)?ttl)=")
_LOADS_SECURITY = "java.security.properties"


class JvmCachePropertyIgnored(Rule):
    """The JVM ignores `-Dnetworkaddress.cache.ttl`, so it keeps addresses for 30 seconds or as its files say.

    ## Why
    `networkaddress.cache.ttl` and `networkaddress.cache.negative.ttl` are security properties. The JVM reads them from the
    file `java.security`, and a program can set them; `-D` sets a system property of the same name, which the JVM never
    reads. Without the security property, the JVM keeps an address for 30 seconds, and forever with a security manager
    before Java 18. A client continues to connect to the old address of a Service or a database after a failover.

    The system properties are `sun.net.inetaddr.ttl` and `sun.net.inetaddr.stale.ttl`. `sun.net.inetaddr.negative.ttl`
    exists too, but `java.security` of OpenJDK sets `networkaddress.cache.negative.ttl=10`, which has priority.

    ## Fix
    Uses the system property. The fix is unsafe, because the cache then works as written, and because a program can read
    a system property itself. For the negative cache there is no fix: it needs a file with security properties.

    ## References
    - https://github.com/openjdk/jdk/blob/master/src/java.base/share/classes/sun/net/InetAddressCachePolicy.java
    - https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/net/doc-files/net-properties.html
    - https://github.com/apache/hugegraph/issues/3124
    """

    code = "KPL121"
    name = "jvm-cache-property-ignored"
    stop = Stop.RESOLVER
    severity = Severity.WARNING
    since = "0.1.0"
    symptoms = ("setting-without-effect",)
    examples = [
        Bad(
            manifest(_with("-Dnetworkaddress.cache.ttl=10")),
            flags=["-Dnetworkaddress.cache.ttl"],
            says=["the JVM reads `networkaddress.cache.ttl` only as a security property", "Use `-Dsun.net.inetaddr.ttl`. Or"],
            fixed=_with("-Dsun.net.inetaddr.ttl=10"),
            safe=False,
        ),
        Bad(
            manifest(_DEPLOYMENT.replace('"-jar"', '"-Dnetworkaddress.cache.stale.ttl=5", "-jar"')),
            flags=["-Dnetworkaddress.cache.stale.ttl"],
            fixed=_DEPLOYMENT.replace('"-jar"', '"-Dsun.net.inetaddr.stale.ttl=5", "-jar"'),
            safe=False,
        ),
        Bad(
            manifest(_DEPLOYMENT.replace("command: [", "args: [").replace('"-jar"', '"-Dnetworkaddress.cache.ttl=5", "-jar"')),
            flags=["-Dnetworkaddress.cache.ttl"],
            fixed=_DEPLOYMENT.replace("command: [", "args: [").replace('"-jar"', '"-Dsun.net.inetaddr.ttl=5", "-jar"'),
            safe=False,
        ),
        Bad(
            manifest(_with("-Dnetworkaddress.cache.negative.ttl=0")),
            flags=["-Dnetworkaddress.cache.negative.ttl"],
            says=["so its value has no effect", "in a file that `-Djava.security.properties` names"],
        ),
        Bad(
            manifest(_CONFIG_MAP),
            flags=["-Dnetworkaddress.cache.ttl"],
            fixed=_CONFIG_MAP.replace("networkaddress.cache", "sun.net.inetaddr"),
            safe=False,
        ),
        # a file of options
        Bad(
            manifest(_CONFIG_MAP.replace("JAVA_OPTS: -Xmx512m ", "jvm.options: |\n    -Xmx512m\n    ")),
            flags=["-Dnetworkaddress.cache.ttl"],
            fixed=_CONFIG_MAP.replace("JAVA_OPTS: -Xmx512m ", "jvm.options: |\n    -Xmx512m\n    ").replace(
                "networkaddress.cache", "sun.net.inetaddr"
            ),
            safe=False,
        ),
        Good(manifest(_with("-Dsun.net.inetaddr.ttl=10"))),
        # the property that some programs have themselves
        Good(manifest(_with("-Des.networkaddress.cache.ttl=10"))),
        Good(manifest(_with("-Dnetworkaddress.cache.size=10"))),
        # a program that hands it on says so in its own words
        Good(manifest(_with("networkaddress.cache.ttl=10"))),
        # the same value is a security property too
        Good(manifest(_with("-Dnetworkaddress.cache.ttl=10 -Djava.security.properties=/etc/x"))),
        Good(manifest(_with("-Dnetworkaddress.cache.ttl=10 -Dsun.net.inetaddr.ttl=10"))),
    ]  # fmt: skip

    def check(self, options: JvmOptions) -> Iterator[Finding]:
        """See the class."""
        if _LOADS_SECURITY in options.beside:
            return
        for word in options.words:
            for found in _OPTION.finditer(options.text, *word.span):
                name, kind = found.groups()
                system = f"sun.net.inetaddr.{kind + '.' if kind else ''}ttl"
                if f"-D{system}=" in options.beside:
                    continue
                fix = None
                help_ = f"Set `{name}` in a file that `-Djava.security.properties` names."
                if kind != "negative":
                    fix = Fix(f"Use `-D{system}`", (Edit(found.start(1), found.end(1), system),), safe=False)
                    help_ = f"Use `-D{system}`. Or set `{name}` in a file that `-Djava.security.properties` names."
                yield self.finding(
                    Span(found.start(), found.end() - 1),
                    f"the JVM reads `{name}` only as a security property and not as a system property, so its value "
                    "has no effect",
                    help=help_,
                    fix=fix,
                )
