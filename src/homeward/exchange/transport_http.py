"""Messages over HTTP: each is a file named by its SHA-256, put and fetched in pieces that go on where they stopped.

``GET /messages`` lists what waits for the partner who asks. ``GET /messages/SHA`` gives a file, with ``Range`` from where the
reader stopped. ``HEAD /messages/SHA`` says in ``Received`` how much of one lies here. ``PUT /messages/SHA`` adds a piece, which
``Content-Range`` places. The bytes are those that travel as files; this way knows nothing of what is in them.
"""

from __future__ import annotations

import hashlib
import re
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from http.client import HTTPException, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

import msgspec

from homeward.core import HomewardError, WrongUse
from homeward.exchange.package import LARGEST
from homeward.exchange.transport_tls import fingerprint_of

T = TypeVar("T")
PIECE = 1 << 20
PATIENCE = 60.0
"""Seconds without a byte after which a connection is given up."""
MOST_BEGUN = 8
"""Files of one partner that may be begun and not complete."""
_GIVEN = {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}
_NAME = re.compile(r"/messages/([0-9a-f]{64})")
_PLACE = re.compile(r"bytes (\d{1,12})-(\d{1,12})/(\d{1,12})")


class Unreachable(HomewardError, OSError):
    """The partner's server does not answer, or is not the partner's."""


class Box(Protocol):
    """What a case gives to a partner, and takes from one."""

    def waiting(self, partner: str) -> list[str]:
        """SHA-256 of files for a partner, the oldest first."""

    def read(self, partner: str, name: str) -> bytes | None:
        """One of them."""

    def holds(self, name: str) -> bool:
        """Whether a file was taken in."""

    def take(self, partner: str, data: bytes) -> str:
        """Take a file in; empty, or one sentence that says why it is refused."""

    def spool(self, partner: str) -> Path:
        """A folder for files of a partner that are not complete."""


def serve(box: Box, context: ssl.SSLContext, partners: dict[str, str], address: tuple[str, int]) -> ThreadingHTTPServer:
    """A server that waits for ``serve_forever``; ``partners`` are pinned certificates by fingerprint."""
    made = _Server(address)
    made.box, made.context, made.partners = box, context, partners
    return made


class _Server(ThreadingHTTPServer):
    """A thread a connection, so that one that says nothing holds up nobody; but a case is read and written by one hand."""

    box: Box
    context: ssl.SSLContext
    partners: dict[str, str]
    daemon_threads = True

    def __init__(self, address: tuple[str, int]) -> None:
        self._hand = ThreadPoolExecutor(max_workers=1)  # first: where nothing can listen, the base class closes this again
        super().__init__(address, _Handler)

    def ask(self, call: Callable[[], T]) -> T:
        """The answer of the box to a call."""
        return self._hand.submit(call).result()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Answer what comes over a connection, once it is certain who speaks."""
        request.settimeout(PATIENCE)
        with self.context.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def server_close(self) -> None:
        """End, once what is being written is written."""
        super().server_close()
        self._hand.shutdown()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that breaks is no event: the partner goes on later."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "homeward", ""

    def do_GET(self) -> None:
        """What waits, or a file from where the reader stopped."""
        partner, name = self._partner(), _NAME.fullmatch(self.path)
        if self.path == "/messages":
            self._say(HTTPStatus.OK, msgspec.json.encode(self.server.ask(lambda: self.server.box.waiting(partner))))
            return
        data = self.server.ask(lambda: self.server.box.read(partner, name[1])) if name else None
        if data is None:
            self._say(HTTPStatus.NOT_FOUND, b"")
            return
        start = re.fullmatch(r"bytes=(\d{1,12})-", self.headers.get("Range", "bytes=0-"))
        first = min(int(start[1]), len(data)) if start else 0
        self._say(HTTPStatus.PARTIAL_CONTENT if first else HTTPStatus.OK, data[first:])

    def do_HEAD(self) -> None:
        """How much of a file lies here."""
        partner, name = self._partner(), _NAME.fullmatch(self.path)
        if name is None:
            self._say(HTTPStatus.NOT_FOUND, b"")
            return
        begun = self.server.box.spool(partner) / name[1]
        taken = self.server.ask(lambda: self.server.box.holds(name[1]))
        held = -1 if taken else begun.stat().st_size if begun.exists() else 0
        self._say(HTTPStatus.OK, b"", Received=str(held))

    def do_PUT(self) -> None:
        """The next piece of a file; the last one takes it in."""
        partner, name = self._partner(), _NAME.fullmatch(self.path)
        place = _PLACE.fullmatch(self.headers.get("Content-Range", ""))
        size = self.headers.get("Content-Length", "")
        if not size.isdecimal() or int(size) > PIECE:
            self.close_connection = True
            self._say(HTTPStatus.BAD_REQUEST, b"")
            return
        piece = self.rfile.read(int(size))
        if name is None or place is None:
            self._say(HTTPStatus.BAD_REQUEST, b"")
            return
        first, last, total = map(int, place.groups())
        folder = self.server.box.spool(partner)
        begun = folder / name[1]
        held = begun.stat().st_size if begun.exists() else 0
        many = sum(path != begun for path in folder.iterdir())
        if first != held or last - first + 1 != len(piece) or last >= total or total > LARGEST or many >= MOST_BEGUN:
            self._say(HTTPStatus.CONFLICT, b"", Received=str(held))
            return
        with begun.open("ab") as file:
            file.write(piece)
        if last + 1 < total:
            self._say(HTTPStatus.ACCEPTED, b"", Received=str(last + 1))
            return
        data = begun.read_bytes()
        begun.unlink()
        whole = hashlib.sha256(data).hexdigest() == name[1]
        reason = self.server.ask(lambda: self.server.box.take(partner, data)) if whole else "it was damaged on the way"
        self._say(HTTPStatus.UNPROCESSABLE_ENTITY if reason else HTTPStatus.CREATED, reason.encode())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base class
        """Nothing: the ledger tells what was exchanged."""

    def _partner(self) -> str:
        found = fingerprint_of(self.connection.getpeercert(binary_form=True), self.server.partners)
        if found is None:
            raise ssl.SSLError("no pinned certificate")
        return found

    def _say(self, status: HTTPStatus, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Client:
    """A connection to a partner's server."""

    def __init__(self, url: str, context: ssl.SSLContext, partners: dict[str, str], partner: str) -> None:
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port or 443
        except ValueError:
            host = None
        if not host or parts.scheme != "https":
            raise WrongUse(f"a partner's server is given as https://HOST:PORT, not {url!r}")
        self._connection = HTTPSConnection(host, port, timeout=PATIENCE, context=context)
        try:
            self._connection.connect()
            shown = self._connection.sock.getpeercert(binary_form=True)
        except (OSError, UnicodeError) as error:  # a name that cannot be one of a host
            raise Unreachable(f"{url} does not answer, or not as a partner: {error}") from error
        if fingerprint_of(shown, partners) != partner:
            self.close()
            raise Unreachable(f"{url} is the server of another partner")

    def waiting(self) -> list[str]:
        """SHA-256 of files that wait for us, the oldest first."""
        try:
            names = msgspec.json.decode(self._ask("GET", "/messages")[1], type=list[str])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise Unreachable("the partner's server answers with what is no list of messages") from error
        return [name for name in names if _NAME.fullmatch(f"/messages/{name}")]

    def put(self, data: bytes) -> str:
        """Give a file, from where an earlier try stopped; empty, or why it is refused."""
        path = f"/messages/{hashlib.sha256(data).hexdigest()}"
        at = _received(self._ask("HEAD", path)[2])
        while 0 <= at < len(data):
            piece = data[at : at + PIECE]
            place = f"bytes {at}-{at + len(piece) - 1}/{len(data)}"
            status, body, headers = self._ask("PUT", path, piece, {"Content-Range": place})
            if status in {HTTPStatus.CREATED, HTTPStatus.UNPROCESSABLE_ENTITY}:
                return body.decode("utf-8", "replace")[:2000]
            if status != HTTPStatus.ACCEPTED:
                raise Unreachable(f"the partner's server refuses a piece of a message ({status})")
            if _received(headers) != at + len(piece):
                raise Unreachable("the partner's server loses pieces of a message")
            at += len(piece)
        return ""

    def fetch(self, name: str, spool: Path) -> bytes:
        """A file, from where an earlier try stopped.

        Raises:
            Unreachable: what came is something else.
        """
        begun = spool / name
        at = begun.stat().st_size if begun.exists() else 0
        status = self._ask("GET", f"/messages/{name}", b"", {"Range": f"bytes={at}-"}, into=begun)[0]
        if status not in _GIVEN:
            raise Unreachable(f"the partner's server does not give a message that it lists ({status})")
        data = begun.read_bytes()
        begun.unlink()
        if hashlib.sha256(data).hexdigest() != name:
            raise Unreachable("a message was damaged on the way: try again")
        return data

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _ask(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None, into: Path | None = None
    ) -> tuple[int, bytes, dict[str, str]]:
        try:
            self._connection.request(method, path, body or None, headers or {})
            answer = self._connection.getresponse()
            if into is not None and answer.status in _GIVEN:
                with into.open("ab") as file:
                    while piece := answer.read(PIECE):
                        if file.tell() + len(piece) > LARGEST:
                            raise Unreachable("the partner's server sends more than a message")
                        file.write(piece)
                return answer.status, b"", dict(answer.getheaders())
            return answer.status, answer.read(LARGEST), dict(answer.getheaders())
        except (OSError, HTTPException) as error:
            raise Unreachable(f"the connection broke: {error or type(error).__name__}; the same command goes on") from error


def _received(headers: dict[str, str]) -> int:
    """How much of a message lies with the partner; -1: all of it, and it was taken in."""
    told = headers.get("Received", "0")
    if not re.fullmatch(r"-1|[0-9]{1,12}", told):
        raise Unreachable("the partner's server answers with what makes no sense")
    return int(told)
