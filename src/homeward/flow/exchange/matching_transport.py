"""Matchings over a connection: the same messages as in files, taken in by the same functions."""

from __future__ import annotations

from contextlib import closing, suppress
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

from homeward.core import HomewardError, WrongUse
from homeward.core.errors import said
from homeward.core.time import utc_now
from homeward.exchange import transport_http, transport_tls
from homeward.exchange.errors import PackageRefused
from homeward.exchange.keys import newest_signing
from homeward.exchange.target import write_file
from homeward.flow.exchange import matching
from homeward.flow.exchange.matching_memory import DAYS
from homeward.flow.exchange.partners import MATCHING, TRUSTED, Directory, own_card
from homeward.store import matching as store

if TYPE_CHECKING:
    from homeward.core.canonical import Plain
    from homeward.store import Case


class CaseBox:
    """A case as a box of messages."""

    def __init__(self, case: Case, who: str) -> None:
        self._case, self._who = case, who

    def waiting(self, partner: str) -> list[str]:
        """What was made for a partner, the oldest first."""
        if partner not in _certificates(self._case):  # whose trust may have ended while the server runs
            return []
        return [row.file for row in store.messages(self._case) if row.sent and row.partner == partner]

    def read(self, partner: str, name: str) -> bytes | None:
        """One of these."""
        return self._case.blobs.get(name) if name in self.waiting(partner) else None

    def holds(self, name: str) -> bool:
        """Whether a partner's message was taken in."""
        return any(row.file == name and not row.sent for row in store.messages(self._case))

    def take(self, partner: str, data: bytes) -> str:
        """Take a partner's message in, as from a file."""
        try:
            matching.take_bytes(self._case, data, partner, self._who)
        except HomewardError as error:
            return str(error)
        self._case.custody.publish()
        return ""

    def spool(self, partner: str) -> Path:
        """Where incomplete messages of a partner lie, as long as they can still become whole."""
        folder = self._case.folder / "spool" / partner
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        oldest = utc_now().timestamp() - DAYS * 86_400
        for path in folder.iterdir():
            with suppress(FileNotFoundError):  # which another connection has completed meanwhile
                if path.stat().st_mtime < oldest:  # a message has expired by then
                    path.unlink()
        return folder


def own_certificate(case: Case, file: Path) -> None:
    """Write the certificate that partners pin.

    Raises:
        WrongUse: the case has no keys.
    """
    card = own_card(case, new=False, who="")
    data = transport_tls.certificate(card, newest_signing(case.folder / "keys"))
    write_file(case, file, [data], {"format": "certificate", "fingerprint": card.fingerprint})


def pin(case: Case, file: Path, who: str) -> str:
    """Take in the certificate of a trusted partner; the partner's agency.

    Raises:
        WrongUse: it cannot be read.
        PackageRefused: its key is not that of a trusted partner.
    """
    trusted = [one.card for one in Directory(case).partners.values() if one.state == TRUSTED]
    try:
        with file.open("rb") as source:
            card, pem = transport_tls.pinned(source.read(transport_tls.LARGEST + 1), trusted)
    except OSError as error:
        raise WrongUse(f"{file} cannot be read: {(error.strerror or str(error)).lower()}") from error
    except PackageRefused as error:
        raise PackageRefused(f"{file}: {error}") from error
    details: dict[str, Plain] = {"fingerprint": card.fingerprint, "certificate": pem}
    with case.batch("partner.certificate", details, {"who": said(who, "who says so")}):
        pass
    return card.agency


def server(case: Case, host: str, port: int, who: str) -> ThreadingHTTPServer:
    """A server for all partners who may match and whose certificates are pinned; it waits for ``serve_forever``.

    Raises:
        WrongUse: there is no such partner, or nothing can listen there.
    """
    partners = _certificates(case)
    if not partners:
        raise WrongUse("there is no partner who may match and whose certificate is pinned: homeward match pin CASE FILE")
    card = own_card(case, new=False, who=who)
    key = newest_signing(case.folder / "keys")
    own = transport_tls.certificate(card, key)
    context = transport_tls.context(serving=True, own=own, key_file=key, partners=partners.values())
    try:
        return transport_http.serve(CaseBox(case, who), context, partners, (host, port))
    except (OSError, UnicodeError, OverflowError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise WrongUse(f"nothing can listen at {host}:{port}: {why.lower()}") from error


def connect(case: Case, partner: str, url: str, who: str) -> tuple[int, int, list[str]]:
    """Give all our messages to a partner's server, and fetch all of theirs, until neither has anything new.

    Returns how many went and came, and why any was refused.

    Raises:
        WrongUse: no such partner, or its certificate is not pinned.
        Unreachable: the server does not answer, is another one, or the connection broke; the same call goes on.
    """
    card, partners = Directory(case).recipient(partner, [MATCHING]).card, _certificates(case)
    if card.fingerprint not in partners:
        raise WrongUse(f"the certificate of {card.agency} is not pinned: homeward match pin CASE FILE")
    key = newest_signing(case.folder / "keys")
    own = transport_tls.certificate(own_card(case, new=False, who=who), key)
    context = transport_tls.context(serving=False, own=own, key_file=key, partners=[partners[card.fingerprint]])
    box, given, refused = CaseBox(case, who), set[str](), dict[str, str]()
    came = 0
    with closing(transport_http.Client(url, context, partners, card.fingerprint)) as client:
        while True:
            new = [name for name in box.waiting(card.fingerprint) if name not in given]
            for name in new:
                data = box.read(card.fingerprint, name)
                if data is not None and (why := client.put(data)):
                    refused[name] = why
                given.add(name)
            before = came
            fetched = [name for name in client.waiting() if not box.holds(name) and name not in refused]
            for name in fetched:
                if why := box.take(card.fingerprint, client.fetch(name, box.spool(card.fingerprint))):
                    refused[name] = why
                came += not why
            if not new and came == before:  # also where a server lists what is refused, and more of it each time
                return len(given), came, list(refused.values())


def _certificates(case: Case) -> dict[str, str]:
    """Fingerprint -> pinned certificate, of partners who are trusted and may match."""
    found = Directory(case)
    return {
        name: found.certificates[name]
        for name, one in found.partners.items()
        if one.state == TRUSTED and MATCHING in one.may and name in found.certificates
    }
