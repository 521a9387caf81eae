"""Images whose name does not say that they are built on Alpine, told by their Dockerfiles.

Each was read in the history of its repository: `after` is the last version before the base became Alpine for good.
"""

from __future__ import annotations

from typing import NamedTuple

from kpl.text import late


class AlpineImage(NamedTuple):
    """An image that is built on Alpine: what says so, when that was read, and from which version on it is true."""

    source: str
    date: str
    after: tuple[int, ...] | None = ()
    """Versions above are built on Alpine: all where it is empty; None where that is known of the newest one only."""


_GITHUB = "https://github.com"
_NO_VERSION = frozenset(("", "latest", "release", "rolling"))
_VERSION = late.pattern(r"(?:version-)?v?(\d{1,9}(?:\.\d{1,9})+)")
_LONGEST_TAG = 128

_LINUXSERVER: dict[str, tuple[str, str, tuple[int, ...]]] = {
    "bazarr": ("65fc712", "2026-08-18", (0, 7, 5, 1)),
    "lidarr": ("6b0f771", "2026-08-05", (1, 0, 2, 2592)),
    "nextcloud": ("1f44ecb", "2026-05-05", (20, 0, 1)),
    "prowlarr": ("102b5f4", "2026-07-22", (1, 0, 0)),
    "qbittorrent": ("a8dcabe", "2026-07-19", (4, 3, 9)),
    "radarr": ("c98aea4", "2026-06-28", (4, 1, 0, 6175)),
    "sabnzbd": ("d3e9d37", "2026-07-23", (3, 5, 1)),
    "sonarr": ("70afae8", "2026-06-26", (3, 0, 10, 1567)),
    "swag": ("bc02502", "2026-07-18", (1, 9, 0)),
    "syncthing": ("fe41108", "2026-07-18", ()),
    "tautulli": ("3d9ad57", "2026-05-15", (2, 5, 2)),
    "transmission": ("9e6226f", "2026-06-30", ()),
}
_HOME_OPERATIONS = (
    "bazarr cni-plugins deluge home-assistant irqbalance jackett jbops kopia lidarr nzbget nzbhydra2 octoprint plex-next "
    "prowlarr pyload-ng qbittorrent radarr sabnzbd smartctl-exporter sonarr stash tautulli thelounge transmission tududi "
    "whisparr"
).split()
_HOTIO = {
    "prowlarr": ("f151215/meta.json", "2026-01-17"),
    "qbittorrent": ("23a11e1/VERSION.json", "2026-01-09"),
    "radarr": ("1a57dc4a/meta.json", "2026-01-28"),
    "sonarr": ("bd86720/VERSION.json", "2026-01-04"),
}

ALPINE_IMAGES = {
    **{
        f"linuxserver/{name}": AlpineImage(f"{_GITHUB}/linuxserver/docker-{name}/blob/{commit}/Dockerfile", date, after)
        for name, (commit, date, after) in _LINUXSERVER.items()
    },
    **{
        f"home-operations/{name}": AlpineImage(
            f"{_GITHUB}/home-operations/containers/blob/a9b84a48/apps/{name}/Dockerfile", "2026-08-22"
        )
        for name in _HOME_OPERATIONS
    },
    # the base image is `alpinevpn` of hotio/base, which is built on `alpine`
    **{
        f"hotio/{name}": AlpineImage(f"{_GITHUB}/hotio/{name}/blob/{file}", date, None)
        for name, (file, date) in _HOTIO.items()
    },
}
"""By the name without the registry."""

_REGISTRIES = frozenset(("docker.io", "index.docker.io", "ghcr.io", "lscr.io", "cr.hotio.dev"))


def alpine_image(image: str) -> AlpineImage | None:
    """What is known of `image` where it is built on Alpine, as far as its name and version tell."""
    name, _, digest = image.partition("@")
    *registry, owner, name = name.split("/") if name.count("/") in (1, 2) else ("", name)
    name, _, tag = name.partition(":")
    known = ALPINE_IMAGES.get(f"{owner}/{name}")
    if known is None or not _REGISTRIES.issuperset(registry):
        return None
    if known.after == ():
        # before they had versions, images were numbered
        return None if tag.isdecimal() else known
    if tag in _NO_VERSION:
        return None if digest else known
    version = _VERSION.match(tag)
    if version is None or known.after is None or "ubuntu" in tag or len(tag) > _LONGEST_TAG:
        return None
    return known if tuple(map(int, version[1].split("."))) > known.after else None
