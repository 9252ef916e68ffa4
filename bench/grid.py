"""The grid of veils in Chromium: frames while scrolling, jumps, requests and bytes, beside one small picture a tile.

usage: python bench/grid.py [--json FILE] [--sizes N,N]      120000 and 1000000 tiles unless told

The rows are made up: veils of noise, every third stack of two copies. The peer is what galleries do: an ``<img>`` for every
tile on the screen, 24 x 18 JPEGs of some 400 bytes, elements used again, in the same browser and from a server as plain as can
be. A frame gap is the time between two frames while the wheel turns for some seconds; a jump ends when everything on the screen
is there.
"""

from __future__ import annotations

import argparse
import io
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from common import HOMEWARD, report
from homeward.core.digests import Hasher
from homeward.flow.process import segment_folder
from homeward.flow.units import VEIL
from homeward.store import Case, bulk, results
from homeward.store.models import Item
from homeward.store.results import CopyRow
from homeward.store.segments import record_dtype

LIMITS = {"first": 1.0, "jump": 100.0, "gap": 100.0}
"""Seconds to the first tiles, milliseconds of a jump (median) and of a frame."""
AT_ONCE = 100_000
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
TURNS, JUMPS = 60, 12
READY = "#stage[data-ready]:not([data-ready=''])"
GAPS = """() => { const gaps = []; let last = performance.now(); window.gaps = gaps;
  const tick = (now) => { gaps.push(now - last); last = now; if (!window.stopped) requestAnimationFrame(tick); };
  window.stopped = false; requestAnimationFrame(tick); }"""
JUMP = """(share) => new Promise((resolve) => { const box = document.getElementById('scroller'), began = performance.now();
  box.scrollTop = share * (box.scrollHeight - box.clientHeight);
  const over = () => window.complete() || performance.now() - began > MOST;
  const look = () => (over() ? resolve(performance.now() - began) : requestAnimationFrame(look));
  requestAnimationFrame(() => requestAnimationFrame(look)); })""".replace("MOST", "15000")
"""Given up after 15 seconds: a picture that did not come is not asked for again."""
OURS = "() => { window.complete = () => Boolean(document.getElementById('stage').dataset.ready); }"
PEER = (Path(__file__).parent / "grid_peer.html").read_text(encoding="utf-8")


def main() -> None:
    """Make a case of each size, drive both through the same browser, and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--sizes", default="120000,1000000")
    asked = parser.parse_args()
    rows = []
    for size in map(int, asked.sizes.split(",")):
        with tempfile.TemporaryDirectory(prefix="homeward-bench-") as scratch:
            case = made(Path(scratch) / "case", size)
            for measure in (partial(ours, case), peer):
                measured = measure(size)
                print(measured, file=sys.stderr, flush=True)
                rows.append(measured)
            rows[-2]["to the peer"] = ratio(rows[-1], rows[-2])
            rows[-1]["to the peer"] = ""
    report("The grid of veils in Chromium", rows, asked.json)


def made(folder: Path, tiles: int) -> Path:
    """A case with so many stacks."""
    with Case.create(folder, "Bench") as case:
        fill(case, tiles)
    return folder


def fill(case: Case, tiles: int) -> None:
    """So many stacks, every third of them of two copies."""
    items = tiles + tiles // 3
    random = np.random.default_rng(7)
    for first in range(0, items, AT_ONCE):
        some = range(first + 1, min(items, first + AT_ONCE) + 1)
        columns = ("id", "sha256", "md5", "sha1", "size", "mime", "kind")
        records = np.zeros(len(some), record_dtype(VEIL))
        records["item"], records["time_ms"] = np.array(some), -1
        records["value"] = random.integers(0, 256, (len(some), VEIL), np.uint8)
        with case.batch("step.batch", {"step": "describe"}) as batch:
            bulk.insert(case.alias, Item, columns, [_item(number) for number in some])
            batch.append(segment_folder("veil", VEIL), records)
    with case.batch("step.set", {"step": "copies"}) as batch:
        pairs = [(item, item) for item in range(1, tiles // 3 + 1)]
        pairs += [(tiles + item, item) for item in range(1, tiles // 3 + 1)]
        results.replace_copies(case, [CopyRow(item, exemplar, "hash", 0, None, "") for item, exemplar in pairs])
        results.write_step_key(case, batch, "copies", "bench")


def _item(number: int) -> tuple[Any, ...]:
    hasher = Hasher()
    hasher.update(str(number).encode())
    said = hasher.digests
    return number, said.sha256, said.md5, said.sha1, 1, "image/jpeg", "still"


def ours(case: Path, size: int) -> dict[str, str]:
    """The workbench, opened by its link."""
    serving = subprocess.Popen([*HOMEWARD, "serve", str(case), "--port", "0"], stdout=subprocess.PIPE, text=True)
    assert serving.stdout is not None
    link = next(found[0] for line in serving.stdout if (found := re.search(r"http://\S+/enter#\S+", line)))
    try:
        return driven(f"Homeward, {size:,} tiles", link, link.partition("/enter")[0] + "/grid?queue=all", OURS, READY)
    finally:
        serving.terminate()
        serving.wait()


def peer(size: int) -> dict[str, str]:
    """A page with one picture a tile."""
    out = io.BytesIO()
    pixels = np.random.default_rng(7).integers(0, 256, (18, 24), np.uint8)
    Image.fromarray(pixels).save(out, "JPEG", quality=40)

    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            picture = self.path.startswith("/veil/")
            body = out.getvalue() if picture else PEER.replace("COUNT", str(size)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "image/jpeg" if picture else "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """A browser that scrolls on hangs up."""

    server = Server(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        address = f"http://127.0.0.1:{server.server_address[1]}/"
        return driven(f"one <img> a tile, {size:,} tiles", "", address, "() => {}", "img")
    finally:
        server.shutdown()


def driven(name: str, link: str, address: str, prepare: str, ready: str) -> dict[str, str]:
    """Open, scroll and jump."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or "chromium"
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        page = browser.new_page(viewport={"width": 1600, "height": 900})
        page.set_default_timeout(300_000)
        began = time.perf_counter()
        if link:
            page.goto(link)
            page.wait_for_selector("#queues:not([aria-busy])")
        entered = time.perf_counter() - began
        sizes: list[int] = []
        page.on("response", lambda response: sizes.append(int(response.headers.get("content-length", 0))))
        page.goto(address)
        page.wait_for_selector(ready)
        page.evaluate(prepare)
        first = page.evaluate("performance.now()") / 1000
        page.mouse.move(600, 500)
        page.evaluate(GAPS)
        for turn in range(TURNS):
            page.mouse.wheel(0, 400 + 40 * turn)
            page.wait_for_timeout(50)
        gaps = sorted(page.evaluate("() => { window.stopped = true; return window.gaps; }"))
        jumps = [page.evaluate(JUMP, float(share)) for share in np.random.default_rng(3).random(JUMPS)]
        browser.close()
    return {
        "what": name,
        "from the link to the queues": f"{entered:.1f} s" if link else "",
        "first tiles": f"{first:.2f} s (limit {LIMITS['first']:.0f})",
        "frame gap p50 / p95 / most": " / ".join(f"{gaps[min(len(gaps) - 1, int(len(gaps) * q))]:.0f}" for q in (0.5, 0.95, 1))
        + f" ms (limit {LIMITS['gap']:.0f})",
        "jump p50 / most": f"{statistics.median(jumps):.0f} / {max(jumps):.0f} ms (limit {LIMITS['jump']:.0f})",
        "requests": str(len(sizes)),
        "kilobytes": f"{sum(sizes) / 1000:.0f}",
    }


def ratio(peer_row: dict[str, str], our_row: dict[str, str]) -> str:
    """How many times fewer requests, and how much shorter the median jump."""
    jump = [float(row["jump p50 / most"].split()[0]) for row in (peer_row, our_row)]
    return f"requests 1/{int(peer_row['requests']) / int(our_row['requests']):.0f}, jump 1/{jump[0] / max(jump[1], 1):.1f}"


if __name__ == "__main__":
    main()
