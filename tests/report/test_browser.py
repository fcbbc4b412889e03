"""Pages in a browser: no request, no message, and pictures in light and dark that differ.

Chromium runs as a process of its own, without a network.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import samenet
from tests.report.results import HOSTILE, ablation, write_json
from tests.specs import ROOT

CHROMIUM = (
    shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")
)
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--hide-scrollbars", "--enable-logging=stderr", "--v=0", "--window-size=1000,1400"),
)

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
    pytest.mark.slow,
]


def browse(page: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    """Open a page; every name and address but that of the file fails."""
    profile = page.with_suffix(f".{len(list(page.parent.iterdir()))}")
    hosts = "--host-resolver-rules=MAP * ~NOTFOUND"
    command = [str(CHROMIUM), *FLAGS, hosts, f"--user-data-dir={profile}", *flags, page.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Path:
    tree = ablation(rungs=3)
    tree["variants"][1]["title"] = HOSTILE
    folder = tmp_path_factory.mktemp("page")
    html = samenet.report(write_json(folder / "result.json", tree))
    (folder / "page.html").write_text(html, encoding="utf-8")
    return folder / "page.html"


def test_a_page_asks_for_nothing_and_has_no_complaints(page):
    log = page.with_name("net.json")
    ended = browse(page, f"--log-net-log={log}", "--dump-dom")
    pictures = 2 + 1 + 4 + 4 + 1  # what helped, the gap, curves and networks of variants, the best
    assert ended.stdout.count("<svg") == pictures
    assert "<img" not in ended.stdout
    assert "CONSOLE" not in ended.stderr
    assert requests(log) == set()


def requests(log: Path) -> set[str]:
    """What was asked for, but for what Chromium asks its makers for updates and the time."""
    found = set(re.findall(r'"url":"((?:https?|wss?|ftp):[^"]*)"', log.read_text()))
    own = r"https?://([\w-]+\.)*(google|googleapis|gstatic|gvt1)\.com[/:]"
    return {address for address in found if not re.match(own, address)}


def test_this_test_sees_requests_and_complaints(tmp_path):
    file, log = tmp_path / "bad.html", tmp_path / "net.json"
    file.write_text("<img src='http://example.test/x.png'><script>nothing()</script>")
    ended = browse(file, f"--log-net-log={log}", "--dump-dom")
    assert "CONSOLE" in ended.stderr
    assert requests(log) == {"http://example.test/x.png"}


def test_light_and_dark(page):
    pictures = []
    for scheme in ("1", "0"):  # light, dark
        file = page.with_name(f"{scheme}.png")
        flag = f"--blink-settings=preferredColorScheme={scheme}"
        browse(page, flag, f"--screenshot={file}")
        pictures.append(file.read_bytes())
    light, dark = map(brightness, (page.with_name("1.png"), page.with_name("0.png")))
    assert light > 240
    assert dark < 50


def brightness(file: Path) -> float:
    """The mean of all pixels, from 0 to 255."""
    from PIL import Image, ImageStat

    with Image.open(file) as picture:
        assert picture.size == (1000, 1400)
        return float(ImageStat.Stat(picture.convert("L")).mean[0])


def test_a_picture_of_a_network_is_drawn(tmp_path):
    file = tmp_path / "network.svg"
    file.write_text(samenet.diagram(ROOT / "specs" / "networks" / "unet.net.toml"))
    ended = browse(file, "--dump-dom")
    assert "parsererror" not in ended.stdout
    assert "CONSOLE" not in ended.stderr
