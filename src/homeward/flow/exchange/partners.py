"""Agencies that a case exchanges with: what people decided about their keys, as the ledger tells it and in no other place."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from homeward.core import WrongUse
from homeward.core.errors import said
from homeward.core.time import utc_now
from homeward.exchange import keys
from homeward.exchange.errors import PackageRefused
from homeward.exchange.keys import Card, Keys, grouped
from homeward.store.ledger.entries import decode, timestamp

if TYPE_CHECKING:
    from homeward.store import Case

CONTENTS = ("briefs", "clues", "hashes", "fingerprints")
"""What a package may hold."""
KEPT = ("briefs", "fingerprints")
"""What of it is kept as it came, under the SHA-256 that the ledger's entry names."""
MATCHING = "matching"
"""That something may be matched privately, with :mod:`homeward.flow.exchange.matching`."""
NEW, TRUSTED, REVOKED, REPLACED = "not compared yet", "trusted", "revoked", "replaced"
_ACTS = ("partner.add", "partner.trust", "partner.revoke", "partner.certificate", "package.keys", "package.open")


class Partner(msgspec.Struct):
    """A card, and what was decided about it."""

    card: Card
    may: tuple[str, ...]
    """What it may receive."""
    state: str = NEW

    def listed(self) -> dict[str, Any]:
        """As it is shown."""
        card = self.card
        told = {"agency": card.agency, "fingerprint": card.fingerprint, "origin": card.origin, "made": card.made}
        return {**told, "state": self.state, "may": list(self.may)}


class Directory:
    """The replay of every decision."""

    def __init__(self, case: Case) -> None:
        self.partners: dict[str, Partner] = {}
        self.own: list[str] = []
        """Fingerprints of this case's cards, the newest last."""
        self.opened: set[tuple[str, str]] = set()
        """Packages that were taken in: sender and number."""
        self.certificates: dict[str, str] = {}
        """Fingerprint -> pinned certificate of the partner's server (PEM), the newest."""
        for _, body in case.custody.entries():
            if any(act.encode() in body for act in _ACTS):
                entry = decode(body)
                self._replay(entry.act, entry.details)

    def _replay(self, act: str, details: dict[str, Any]) -> None:
        if act == "package.keys":
            self.own.append(details["fingerprint"])
        elif act == "package.open":
            self.opened.add((details["sender"], details["package"]))
        elif act == "partner.add":
            card = msgspec.convert(details["card"], Card)
            self.partners[card.fingerprint] = Partner(card, tuple(details["may"]))
        elif act == "partner.trust":
            found = self.partners[details["fingerprint"]]
            for other in self.partners.values():
                if other.card.agency == found.card.agency and other.state == TRUSTED:
                    other.state = REPLACED
            found.state = TRUSTED
        elif act == "partner.certificate":
            self.certificates[details["fingerprint"]] = details["certificate"]
        elif act == "partner.revoke":
            self.partners[details["fingerprint"]].state = REVOKED

    def sender(self, fingerprint: str) -> Card:
        """The card of who may send to us.

        Raises:
            PackageRefused: nobody of that fingerprint is trusted.
        """
        found = self.partners.get(fingerprint)
        if found is None:
            raise PackageRefused("its sender is not among the partners of this case: ask for their card")
        if found.state != TRUSTED:
            raise PackageRefused(f"the key of {found.card.agency} that signed it is {found.state}")
        return found.card

    def recipient(self, name: str, contents: Collection[str]) -> Partner:
        """The trusted partner called ``name`` (or of that fingerprint), who may receive all of ``contents``.

        Raises:
            WrongUse: there is none, or they may not.
        """
        found = [one for one in self.partners.values() if name in (one.card.agency, one.card.fingerprint)]
        trusted = [one for one in found if one.state == TRUSTED]
        if not trusted:
            why = f"its key is {found[-1].state}" if found else "there is no partner of that name"
            raise WrongUse(f"nothing can be sent to {name}: {why}")
        if refused := [one for one in contents if one not in trusted[0].may]:
            raise WrongUse(f"{name} may not receive {', '.join(refused)}")
        return trusted[0]


def own_card(case: Case, *, new: bool, who: str) -> Card:
    """The case's card; with ``new`` its keys are made, or replaced by new ones.

    Raises:
        WrongUse: it has no keys.
    """
    folder, info = case.folder / "keys", case.info
    if new:
        keys.create(folder)
    card = keys.load(folder).card(info.agency, info.origin, timestamp(utc_now()))
    if not case.read_only and card.fingerprint not in Directory(case).own:  # also after a kill before this entry
        with case.batch("package.keys", {"fingerprint": card.fingerprint}, {"who": said(who, "who says so")}):
            pass
    return card


def load_keys(case: Case) -> Keys:
    """Private keys of the case; see :func:`homeward.exchange.keys.load`."""
    return keys.load(case.folder / "keys")


def add(case: Case, file: Path, may: Collection[str], who: str) -> Partner:
    """Take a partner's card in; nothing is sent to them or taken from them before its fingerprint was compared.

    Raises:
        WrongUse: it is no card, or one that was revoked.
    """
    try:
        with file.open("rb") as source:
            card = keys.read_card(source.read(keys.LARGEST_CARD + 1))
    except OSError as error:
        raise WrongUse(f"{file} cannot be read: {(error.strerror or str(error)).lower()}") from error
    except PackageRefused as error:
        raise WrongUse(f"{file}: {error}") from error
    before = Directory(case).partners.get(card.fingerprint)
    if card.origin == case.info.origin or (before and before.state != NEW):
        raise WrongUse(f"{file}: this card is known already ({before.state if before else 'it is that of this case'})")
    details: Any = {"card": msgspec.to_builtins(card), "may": sorted(may)}
    with case.batch("partner.add", details, {"who": said(who, "who says so")}):
        pass
    return Partner(card, tuple(sorted(may)))


def trust(case: Case, fingerprint: str, who: str, how: str) -> Partner:
    """Record that a person has compared the whole ``fingerprint`` with the partner, and how.

    Raises:
        WrongUse: no card has it, or it was revoked.
    """
    wanted = "".join(fingerprint.split()).lower()
    found = Directory(case).partners.get(wanted)
    if found is None:
        raise WrongUse(f"no card has the fingerprint {grouped(wanted)}: compare it again, digit by digit")
    if found.state != NEW:
        raise WrongUse(f"the key of {found.card.agency} is {found.state} already")
    names = {"who": said(who, "who compared it"), "how": said(how, "how it was compared (--how)")}
    with case.batch("partner.trust", {"fingerprint": wanted}, names):
        pass
    return msgspec.structs.replace(found, state=TRUSTED)


def revoke(case: Case, name: str, who: str, why: str) -> int:
    """Trust no key of the partner called ``name`` (or the one of that fingerprint) any more; how many that were.

    Raises:
        WrongUse: there is none.
    """
    found = [
        one.card.fingerprint
        for one in Directory(case).partners.values()
        if name in (one.card.agency, one.card.fingerprint) and one.state != REVOKED
    ]
    if not found:
        raise WrongUse(f"no key of {name} could be revoked")
    names = {"who": said(who, "who says so"), "why": said(why, "the reason (--why)")}
    for fingerprint in found:
        with case.batch("partner.revoke", {"fingerprint": fingerprint}, names):
            pass
    return len(found)
