"""The connection by itself: who gets in, and pieces that go on where they stopped."""

from __future__ import annotations

import hashlib
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from homeward.core import WrongUse
from homeward.exchange import keys, transport_http, transport_tls
from homeward.exchange.errors import PackageRefused
from homeward.exchange.keys import Card
from homeward.exchange.transport_http import Client, Unreachable


class Shelf:
    """Messages in memory."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.taken, self.out = folder, dict[str, bytes](), dict[str, bytes]()

    def waiting(self, partner: str) -> list[str]:
        return list(self.out)

    def read(self, partner: str, name: str) -> bytes | None:
        return self.out.get(name)

    def holds(self, name: str) -> bool:
        return name in self.taken

    def take(self, partner: str, data: bytes) -> str:
        if data.startswith(b"bad"):
            return "it is bad"
        self.taken[hashlib.sha256(data).hexdigest()] = data
        return ""

    def spool(self, partner: str) -> Path:
        folder = self.folder / partner
        folder.mkdir(exist_ok=True)
        return folder


class Agency:
    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder / name
        self.folder.mkdir()
        keys.create(self.folder)
        self.card: Card = keys.load(self.folder).card(name, f"homeward.case/{name}", "2020-01-01T00:00:00.000000Z")
        self.pem = transport_tls.certificate(self.card, keys.newest_signing(self.folder))

    def context(self, *others: Agency, serving: bool = False) -> ssl.SSLContext:
        key = keys.newest_signing(self.folder)
        trusted = [one.pem.decode() for one in others]
        return transport_tls.context(serving=serving, own=self.pem, key_file=key, partners=trusted)


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> tuple[Agency, ...]:
    folder = tmp_path_factory.mktemp("agencies")
    return tuple(Agency(folder, name) for name in "abc")


@pytest.fixture
def served(three: tuple[Agency, ...], tmp_path: Path) -> Iterator[tuple[Shelf, str]]:
    a, b, _ = three
    shelf = Shelf(tmp_path)
    server = transport_http.serve(shelf, b.context(a, serving=True), {a.card.fingerprint: a.pem.decode()}, ("127.0.0.1", 0))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield shelf, f"https://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def client(three: tuple[Agency, ...], url: str, who: int = 0, knows: int = 1) -> Client:
    known = three[knows]
    return Client(url, three[who].context(known), {known.card.fingerprint: known.pem.decode()}, three[1].card.fingerprint)


def test_a_certificate_is_the_same_each_time_and_pinned_by_the_card(three: tuple[Agency, ...]) -> None:
    a, b, c = three
    assert a.pem == transport_tls.certificate(a.card, keys.newest_signing(a.folder))
    card, pem = transport_tls.pinned(a.pem, [b.card, a.card])
    assert (card, pem.encode()) == (a.card, a.pem)
    with pytest.raises(PackageRefused, match="not that of a trusted partner"):
        transport_tls.pinned(c.pem, [a.card, b.card])
    with pytest.raises(PackageRefused, match="not that of its card"):
        transport_tls.certificate(a.card, keys.newest_signing(b.folder))
    for broken in (b"", a.pem[:-80], b"x" * 20_000, a.pem.replace(a.pem[60:70], b"AAAAAAAAAA")):
        with pytest.raises(PackageRefused):
            transport_tls.pinned(broken, [a.card])


@pytest.mark.parametrize(
    ("at", "by"),
    [(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x51"),
     (b"\x06\x03\x2b\x65\x70\x03", b"\x06\x03\x2b\x65\x63\x03")],
    ids=["version", "kind of key"],
)  # fmt: skip
def test_a_certificate_of_a_kind_that_nobody_knows_is_refused(three: tuple[Agency, ...], at: bytes, by: bytes) -> None:
    body = ssl.PEM_cert_to_DER_cert(three[0].pem.decode())
    assert at in body
    with pytest.raises(PackageRefused, match="no certificate"):
        transport_tls.pinned(ssl.DER_cert_to_PEM_cert(body.replace(at, by)).encode(), [three[0].card])


def test_files_go_and_come_whole(three: tuple[Agency, ...], served: tuple[Shelf, str], tmp_path: Path) -> None:
    shelf, url = served
    large = bytes(range(256)) * 10_000
    shelf.out = {hashlib.sha256(body).hexdigest(): body for body in (b"one", large, b"")}
    talk = client(three, url)
    assert talk.put(large) == ""
    assert list(shelf.taken.values()) == [large]
    assert talk.put(large) == ""
    assert talk.put(b"bad news") == "it is bad"
    assert talk.waiting() == list(shelf.out)
    (tmp_path / "spool").mkdir()
    assert [talk.fetch(name, tmp_path / "spool") for name in talk.waiting()] == [b"one", large, b""]
    talk.close()


def test_what_broke_goes_on_where_it_stopped(three: tuple[Agency, ...], served: tuple[Shelf, str], tmp_path: Path) -> None:
    shelf, url = served
    body = bytes(range(256)) * 9000
    name = hashlib.sha256(body).hexdigest()
    talk = client(three, url)
    talk._ask("PUT", f"/messages/{name}", body[:1000], {"Content-Range": f"bytes 0-999/{len(body)}"})
    talk.close()
    again = client(three, url)
    _, _, headers = again._ask("HEAD", f"/messages/{name}")
    assert headers["Received"] == "1000"
    for place in (
        "bytes 0-999/9",
        "bytes 2000-2999/2304000",
        "bytes 999-1998/2304000",
        "bytes 1000-1999/999999999999",
        "words",
    ):
        assert again._ask("PUT", f"/messages/{name}", body[:1000], {"Content-Range": place})[0] in {400, 409}
        again = client(three, url)
    assert again.put(body) == ""
    assert shelf.taken == {name: body}
    shelf.out = {name: body}
    spool = tmp_path / "spool"
    spool.mkdir()
    (spool / name).write_bytes(body[:777])
    assert again.fetch(name, spool) == body
    (spool / name).write_bytes(b"damaged")
    with pytest.raises(Unreachable, match="damaged"):
        again.fetch(name, spool)
    assert again.fetch(name, spool) == body


def test_a_file_that_is_not_what_it_is_called_is_refused(three: tuple[Agency, ...], served: tuple[Shelf, str]) -> None:
    shelf, url = served
    talk = client(three, url)
    status, why, _ = talk._ask("PUT", f"/messages/{'0' * 64}", b"x", {"Content-Range": "bytes 0-0/1"})
    assert (status, why, shelf.taken) == (422, b"it was damaged on the way", {})
    for path in ("/", "/messages/../x", f"/messages/{'g' * 64}", f"/messages/{'0' * 64}"):
        assert talk._ask("GET", path)[0] == 404


LIES = {
    "/messages": [b"{", b"[1]", b"\xff", b"[" * 100_000],
    "Received": ["", "many", "-2", "1e3", "0" * 5000],
}


@pytest.mark.parametrize("lie", LIES["/messages"], ids=range(4))
def test_a_server_whose_list_is_none(
    three: tuple[Agency, ...], served: tuple[Shelf, str], monkeypatch: pytest.MonkeyPatch, lie: bytes
) -> None:
    monkeypatch.setattr(transport_http._Handler, "do_GET", lambda self: self._say(200, lie))
    with pytest.raises(Unreachable, match="no list"):
        client(three, served[1]).waiting()


@pytest.mark.parametrize("lie", LIES["Received"])
def test_a_server_that_says_nonsense_of_what_it_has(
    three: tuple[Agency, ...], served: tuple[Shelf, str], monkeypatch: pytest.MonkeyPatch, lie: str
) -> None:
    monkeypatch.setattr(transport_http._Handler, "do_HEAD", lambda self: self._say(200, b"", Received=lie))
    with pytest.raises(Unreachable, match="makes no sense"):
        client(three, served[1]).put(b"x")


def test_a_server_that_loses_all_it_takes_is_not_fed_for_ever(
    three: tuple[Agency, ...], served: tuple[Shelf, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(handler: transport_http._Handler) -> None:
        handler.rfile.read(int(handler.headers["Content-Length"]))
        handler._say(202, b"", Received="0")

    monkeypatch.setattr(transport_http._Handler, "do_PUT", lose)
    with pytest.raises(Unreachable, match="loses"):
        client(three, served[1]).put(b"x" * 9)


def test_a_message_that_is_listed_and_not_given(three: tuple[Agency, ...], served: tuple[Shelf, str], tmp_path: Path) -> None:
    (tmp_path / "spool").mkdir()
    with pytest.raises(Unreachable, match="does not give"):
        client(three, served[1]).fetch("0" * 64, tmp_path / "spool")


@pytest.mark.parametrize("url", ["http://h", "https://", "https://h:99999", "https://h:x", "https://[::1", "h:1"])
def test_what_is_no_address_of_a_server(url: str) -> None:
    with pytest.raises(WrongUse, match="HOST:PORT"):
        Client(url, ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), {}, "x")


@pytest.mark.parametrize("host", ["a" * 300, "x\udcff"])
def test_a_name_that_no_host_has_does_not_answer(host: str) -> None:
    with pytest.raises(Unreachable, match="does not answer"):
        Client(f"https://{host}:1", ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), {}, "x")


def test_begun_files_are_few(three: tuple[Agency, ...], served: tuple[Shelf, str]) -> None:
    _, url = served
    talk = client(three, url)
    answers = [
        talk._ask("PUT", f"/messages/{at:064x}", b"x", {"Content-Range": "bytes 0-0/2"})[0]
        for at in range(transport_http.MOST_BEGUN + 2)
    ]
    assert answers == [202] * transport_http.MOST_BEGUN + [202, 409][1:] * 2


def test_nobody_else_gets_in_or_poses_as_a_partner(three: tuple[Agency, ...], served: tuple[Shelf, str]) -> None:
    shelf, url = served
    with pytest.raises(Unreachable):
        client(three, url, who=2).waiting()
    with pytest.raises(Unreachable, match="not as a partner"):
        client(three, url, knows=2)
    bare = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    bare.check_hostname, bare.verify_mode = False, ssl.CERT_NONE
    b = three[1]
    with pytest.raises(Unreachable):
        Client(url, bare, {b.card.fingerprint: b.pem.decode()}, b.card.fingerprint).waiting()
    with pytest.raises(Unreachable):
        Client("https://127.0.0.1:1", bare, {}, "x")
    assert shelf.taken == {}
