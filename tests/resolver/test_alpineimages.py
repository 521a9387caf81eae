"""Images that are built on Alpine, though their names do not say so."""

from __future__ import annotations

import re

import pytest

from kpl.resolver.alpineimages import ALPINE_IMAGES, alpine_image


@pytest.mark.parametrize(
    "image",
    [
        "lscr.io/linuxserver/sonarr",
        "linuxserver/sonarr:latest",
        "ghcr.io/linuxserver/sonarr:4.0.0.741-ls219",
        "docker.io/linuxserver/sonarr:version-4.0.16.2944@sha256:00ff",
        "linuxserver/qbittorrent:4.4.1-r0-ls174",
        "linuxserver/transmission:2.92-r5",
        "lscr.io/linuxserver/syncthing:v1.29.3@sha256:00ff",
        "ghcr.io/home-operations/sonarr:4.0.16.2944@sha256:00ff",
        "ghcr.io/home-operations/home-assistant@sha256:00ff",
        "ghcr.io/hotio/sonarr:release",
        "cr.hotio.dev/hotio/radarr",
    ],
)
def test_an_image_is_known(image: str) -> None:
    assert alpine_image(image) is not None


@pytest.mark.parametrize(
    "image",
    [
        "",
        "sonarr",
        "ghcr.io/sonarr",
        "linuxserver/plex",
        "linuxserver/sonarr:3.0.10.1567-ls218",
        "linuxserver/radarr:4.1.0.6175-ls141",
        "linuxserver/radarr:nightly",
        "linuxserver/qbittorrent:14.3.9.99202110311443-7435-01519b5e7ubuntu20.04.1-ls166",
        "linuxserver/qbittorrent:libtorrentv1",
        "linuxserver/sonarr@sha256:00ff",
        "linuxserver/transmission:15",
        "registry.example.com/linuxserver/sonarr",
        "registry.example.com:5000/mirror/linuxserver/sonarr",
        "ghcr.io/hotio/sonarr:release-3.0.6",
        "ghcr.io/home-operations/plex:1.42",
        "ghcr.io/onedr0p/sonarr:4.0.16",
        "linuxserver/sonarr:4." + "9" * 5000,
    ],
)
def test_another_image_or_an_older_one_is_not(image: str) -> None:
    assert alpine_image(image) is None


# the last version before the base became Alpine, and one behind it
@pytest.mark.parametrize(
    ("name", "last", "behind"),
    [
        ("bazarr", "0.7.5.1", "0.7.5.2"),
        ("lidarr", "1.0.2.2592", "1.0.2.2593"),
        ("nextcloud", "20.0.1", "20.0.2"),
        ("prowlarr", "1.0.0", "1.0.1"),
        ("qbittorrent", "4.3.9", "4.3.10"),
        ("radarr", "4.1.0.6175", "4.1.0.6176"),
        ("sabnzbd", "3.5.1", "3.5.2"),
        ("sonarr", "3.0.10.1567", "3.0.10.1568"),
        ("swag", "1.9.0", "1.9.1"),
        ("tautulli", "2.5.2", "2.5.3"),
    ],
)
def test_the_version_tells(name: str, last: str, behind: str) -> None:
    for tag, known in ((last, False), (behind, True), (f"v{behind}-ls1", True), (f"version-{last}", False)):
        assert (alpine_image(f"linuxserver/{name}:{tag}") is not None) is known


@pytest.mark.parametrize("length", [128, 129])
def test_a_tag_has_so_many_characters(length: int) -> None:
    tag = "99.1-" + "x" * (length - 5)
    assert (alpine_image(f"linuxserver/sonarr:{tag}") is not None) is (length <= 128)


@pytest.mark.parametrize("name", ALPINE_IMAGES)
def test_each_has_a_source_and_a_date(name: str) -> None:
    known = ALPINE_IMAGES[name]
    assert re.fullmatch(r"https://github\.com/[\w-]+/[\w-]+/blob/\w+/[\w./-]+", known.source)
    assert re.fullmatch(r"20\d\d-[01]\d-[0-3]\d", known.date)
