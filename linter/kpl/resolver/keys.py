"""What the name of a variable or a flag tells about its value: whether a program looks the host in it up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kpl.text import late

_WORD = late.pattern(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

# the value is shown, compared, published or filled into a link, and nothing connects to it
_NEVER_DIALLED = frozenset(
    """
    ADVERTISE ADVERTISED ALLOW ALLOWED ALLOWLIST ANNOTATION ANNOTATIONS AUDIENCE AUTHOR AVATAR BIND CALLBACK CERT
    CERTIFICATE CERTS CLASS CN COMMITTER COOKIE COOKIES CORS DESCRIPTION DIR DIRECTORY DOC DOCS DOMAIN DOMAINS EMAIL
    EXCLUDE EXTERNAL EXTERNALLY FAVICON FILE FILTER FILTERS FQDN FROM HELP HOMEPAGE ICON IGNORE IMAGE IMAGES IMG INGRESS
    ISSUER ISSUERS LABEL LABELS LICENSE LINK LINKS LISTEN LISTENER LISTENERS LOGO MATCH MODULE NAME NAMES NAMESPACE NO
    NOPROXY ORIGIN ORIGINS PACKAGE PASSWORD PATTERN PRIVACY PUBLIC PUBLISH PUBLISHED REALM REDIRECT REDIRECTS REFERER REGEX
    REGISTRIES REGISTRY REPO REPOS REPOSITORIES REPOSITORY SAN SANS SCHEMA SECRET SENDER SITE SITES SNI SUBJECT SUFFIX
    SUPPORT TERMS TITLE TOPIC TOPICS TRUST TRUSTED USER USERNAME VERSION VHOST VIRTUAL WHITELIST XMLNS ZONE ZONES
    """.split()
)
_NEVER_DIALLED_KEYS = frozenset(
    {("BASE", "URL"), ("ROOT", "URL"), ("HOST",), ("HOSTS",), ("HOSTNAME",), ("HOSTNAMES",)}
)
# where the outside world or a browser reaches the program itself, or a page for people
_OWN_OR_BROWSER = frozenset(
    """
    APP APPLICATION BASE BROWSER CLIENT CONSOLE DASHBOARD EXPO FRONTEND GATSBY LOGIN LOGOUT MY NEXTAUTH NG NUXT OWN PORTAL
    REACT ROOT SELF SIGNIN SIGNUP UI VITE VUE WEB WEBHOOK WEBSITE WELL WWW
    """.split()
)
_HOST = frozenset(
    """
    ADDR ADDRESS ADDRESSES ADDRS API BACKEND BOOTSTRAP BROKER BROKERS COLLECTOR DSN ENDPOINT ENDPOINTS HOST HOSTNAME
    HOSTNAMES HOSTS JWKS OTLP PEERS PROXY SEEDS SERVER SERVERS TARGET TARGETS UPSTREAM UPSTREAMS URI URIS URL URLS
    """.split()
)
# of the words above, those that name the far end even where the value is a web address
_FAR_END = _HOST - frozenset(
    {"BACKEND", "HOSTNAME", "HOSTNAMES", "HOSTS", "TARGET", "TARGETS", "URI", "URIS", "URL", "URLS"}
)
# enough on their own: a program does not call itself its broker
_ALONE = frozenset(
    "API BOOTSTRAP BROKER BROKERS COLLECTOR DSN ENDPOINT ENDPOINTS JWKS OTLP PROXY UPSTREAM UPSTREAMS".split()
)
_GENERIC = _HOST - _ALONE | frozenset(
    """
    CLUSTER CONTAINER DEFAULT FULL GRPC HTTP HTTPS INTERNAL IP LETSENCRYPT LIST LOCAL MAIN METRICS NODE POD PORT PRIMARY
    SERVICE SSL TCP TLS UDP
    """.split()
)

# they name the far end of something that a program reads or copies
_SOURCE = frozenset("MIRROR MIRRORS PRIMARY RELAY REMOTE REPLICA SINK SOURCE SOURCES SYNC".split())
_COPIED = frozenset("MIRROR MIRRORS RELAY REPLICA SOURCE".split())
_ROLES = frozenset("PEER SERVER SERVERS TARGET".split())

_WEB = ("http", "https", "ws", "wss")
PORT = ":"
"""In place of a scheme: the name has a port, so that something connects to it."""


def words_of(key: str) -> tuple[str, ...]:
    """The words of a variable's or flag's name, in capitals: ``kafkaBootstrap-servers`` has three."""
    return tuple(word.upper() for word in _WORD.findall(key))


def is_never_dialled(words: Sequence[str]) -> bool:
    """Whether a value under this name is no host that the program connects to, whatever it looks like.

    A lone ``--host`` is where a program listens, or what it writes into a certificate.
    """
    return not _NEVER_DIALLED.isdisjoint(words) or tuple(words) in _NEVER_DIALLED_KEYS


def holds_host(words: Sequence[str]) -> bool:
    """Whether the name says that its value is a host: ``REDIS_HOST``, ``--kafka-brokers``."""
    return not is_never_dialled(words) and bool(words) and words[-1] in _HOST


def is_role(words: Sequence[str]) -> bool:
    """Whether the name says nothing but that its value is another end: ``SERVER``, which can be a program's own name as well."""
    return len(words) == 1 and words[0] in _ROLES


def dials_outside(words: Sequence[str], own: Iterable[str], scheme: str) -> bool:
    """Whether the program itself connects to a name outside of the cluster that it is given under this name.

    The value counts more than the name: a port, or the scheme of a protocol that is not for browsers, is for a program.

    `own` are the words of the program's own name: its public address often stands under them (``PAPERLESS_URL``).
    `scheme` is the one of the URL that holds the name, if any; a web address may as well be meant for people.
    """
    if is_never_dialled(words) or not _OWN_OR_BROWSER.isdisjoint(words):
        return False
    if scheme in _WEB:
        said = not (_FAR_END | _SOURCE).isdisjoint(words)
    elif scheme:
        # what has a port or the scheme of a protocol is connected to, whatever it is called
        return bool(words) and not set(words) <= set(own)
    else:
        said = holds_host(words) or bool(words) and words[-1] in _COPIED
    return said and bool(set(words) - set(own) - _GENERIC)
