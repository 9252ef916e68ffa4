"""One stand-in for two clearing houses, on loopback: what the services' own published clients speak with, and we."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

LOGIN = "Basic " + base64.b64encode(b"unit:secret").decode()
SPACE = "https://hashsharing.ncmec.org/hashsharing/v2"


class Fake(ThreadingHTTPServer):
    """Entries are (XML, time), in any order; ``size`` of them make a page."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.entries: list[tuple[str, str]] = []
        self.size = 2
        self.known: dict[str, str] = {}
        """PDQ in hexadecimal to classification."""
        self.asked: list[tuple[str, str, bytes]] = []
        self.failures: list[int] = []
        """Statuses of the next answers."""
        self.answer: bytes | None = None
        """Given to every request instead."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


@contextmanager
def serving() -> Iterator[Fake]:
    fake = Fake()
    thread = threading.Thread(target=fake.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield fake
    finally:
        fake.shutdown()
        thread.join()
        fake.server_close()


def entry(number: int, hashes: dict[str, str], *, kind: str = "image", code: str = "A1") -> str:
    prints = "".join(f"<{name}>{value}</{name}>" for name, value in hashes.items())
    return (
        f'<{kind}><member id="7">Unit &amp; Co</member><id>entry{number}</id><timestamp>2026-01-01T00:00:00Z</timestamp>'
        f"<classification>{code}</classification><fingerprints>{prints}</fingerprints></{kind}>"
    )


class _Handler(BaseHTTPRequestHandler):
    server: Fake

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append((self.command, self.path, body))
        status, told = 200, b""
        if self.headers.get("Authorization") != LOGIN:
            status = 401
        elif self.server.failures:
            status = self.server.failures.pop(0)
        elif self.server.answer is not None:
            told = self.server.answer
        else:
            told = self._say(body)
        self.send_response(status)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    do_GET = do_PUT = do_POST = _answer  # noqa: N815 - the names that the base class looks for

    def _say(self, body: bytes) -> bytes:
        where = urlsplit(self.path)
        if where.path == "/v1/pdq/":
            return self._look_up(json.loads(body))
        if where.path == "/v2/status":
            return f'<status xmlns="{SPACE}"><member id="7">Unit</member></status>'.encode()
        if where.path == "/v2/entries":
            return self._page(parse_qs(where.query))
        if where.path.startswith("/v2/feedback/"):
            offered = '<feedbackReason guid="01-a" name="Not what it says &amp; more"/><feedbackReason guid="02-b" name="x"/>'
            told = f"<availableFeedbackReasons>{offered}</availableFeedbackReasons>"
            return f'<feedback xmlns="{SPACE}">{told}</feedback>'.encode()
        if where.path.endswith("/feedback"):
            assert ElementTree.fromstring(body).tag == f"{{{SPACE}}}feedbackSubmission"
            return b""
        raise AssertionError(where.path)

    def _page(self, asked: dict[str, list[str]]) -> bytes:
        since, start = asked["from"][0], int(asked.get("start", ["0"])[0])
        found = [(text, at) for text, at in self.server.entries if at >= since]
        some = found[start : start + self.server.size]
        newest = max((at for _, at in some), default="")
        following = ""
        if start + self.server.size < len(found):
            size = self.server.size
            following = f"/v2/entries?from={since}&amp;start={start + size}&amp;size={size}&amp;max={len(found)}"
        images = (
            f'<images count="{len(some)}" maxTimestamp="{newest}">{"".join(text for text, _ in some)}</images>' if some else ""
        )
        paging = f"<paging><next>{following}</next></paging>" if following else ""
        return f'<queryResult xmlns="{SPACE}">{images}{paging}</queryResult>'.encode()

    def _look_up(self, asked: dict[str, Any]) -> bytes:
        told = {}
        for one in asked["hashes"]:
            code = self.server.known.get(base64.b64decode(one).hex())
            near = {"timestamp": 0.0, "sha1_base32": "A" * 32, "sha256_hex": "0" * 64, "classification": code}
            told[one] = {
                "classification": code or "no-known-match",
                "match_type": "near" if code else None,
                "near_match_details": near if code else None,
            }
        return json.dumps({"scanned_hashes": told}).encode()

    def log_message(self, format: str, *told: Any) -> None:  # noqa: A002 - as the base class calls it
        """Keep quiet."""
