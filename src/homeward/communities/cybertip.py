"""CyberTipline reports as XML: the submission schema (roots ``report`` and ``fileDetails``), and what is left of it elsewhere.

Element names are those of the schema that the reporting interface serves. Nothing but the element ``report`` is needed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from homeward.communities.captured import Identifier, Summary, When, fit
from homeward.communities.reports import MOST_FILES, UNDER_AGE, Access, PlatformReport, ReportedFile
from homeward.communities.times import iso
from homeward.communities.xml_stream import Element, trees

if TYPE_CHECKING:
    from homeward.communities.worker import Order
    from homeward.sandbox import ByteRange

_PORT = re.compile(r"[0-9]{1,5}")
_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_IDENTIFIERS = {
    "email": "e-mail",
    "phone": "phone",
    "screenName": "screen name",
    "espIdentifier": "account",
    "deviceId": "device",
    "profileUrl": "url",
}


_DOCUMENTED = {
    "report": "reportId incidentSummary internetDetails lawEnforcement reporter personOrUserReported intendedRecipient victim"
    " additionalInfo fileDetails",
    "incidentSummary": "incidentType platform escalateToHighPriority reportAnnotations incidentDateTime"
    " incidentDateTimeDescription",
    "personOrUserReported": "personOrUserReportedPerson vehicleDescription espIdentifier espService compromisedAccount"
    " screenName displayName profileUrl profileBio ipCaptureEvent deviceId thirdPartyUserReported priorCTReports"
    " groupIdentifier accountTemporarilyDisabled accountPermanentlyDisabled estimatedLocation associatedAccount"
    " allEmailsReported email phone additionalInfo",
    "fileDetails": "reportId fileId originalFileName originalFileHash locationOfFile fileViewedByEsp exifViewedByEsp"
    " publiclyAvailable fileRelevance fileAnnotations industryClassification originalBinaryHashOfFile ipCaptureEvent deviceId"
    " details additionalInfo filename viewedByEsp md5 sha1 sha256",
}
"""What elements hold by the schema; anything else is told of."""
_NONE = {"", "false", "0", "no"}
_GROWN = 18


def looks(head: bytes) -> bool:
    """Whether a file begins like one."""
    begin = head.lstrip(b"\xef\xbb\xbf \r\n\t")
    return begin.startswith(b"<") and any(name in head for name in (b"<report", b"incidentSummary", b"<fileDetails"))


def read(source: ByteRange, order: Order, summary: Summary) -> Iterator[PlatformReport | Identifier]:
    """Reports, and what their accounts can be recognised by.

    Files that are told of outside of any report (``fileDetails`` with a ``reportId``) are handed on as a report of that number.
    """
    source.seek(0)
    unknown = unread = others = 0
    for tree in trees(source, lambda name, *_: name in {"report", "fileDetails"}):
        report = _numbered(_report(tree, order.site) if tree.name == "report" else _file_alone(tree, order.site))
        if report.state == "partial":
            summary.note("some reports are cut down: no incident, no account, or no hash of any file")
        unknown, unread, others = unknown + _unknown(tree), unread + _unread(tree), others + _others(tree)
        yield report
        for kind, value in report.identifiers:
            yield Identifier(report.provider, report.account, kind, value)
    for count, sentence in (
        (unknown, "elements are of no kind that the schema has: they are left out"),
        (unread, "times cannot be read: they count as not told"),
        (others, "more accounts are reported beside the first of their report: of these nothing is read"),
    ):
        if count:
            summary.note(f"{count} {sentence}")


def _report(tree: Element, site: str) -> PlatformReport:
    incident = (tree.all("incidentSummary") or [Element("", {})])[0]
    person = _person(tree)
    files = tuple(_file(one) for one in _everywhere(tree, "fileDetails")[:MOST_FILES])
    provider = _text(tree, "reporter", "reportingPerson", "companyName") or _text(person, "espService") or site
    identifiers = _identified([person])
    account = _text(person, "espIdentifier") or _text(person, "screenName") or (identifiers[0][1] if identifiers else "")
    escalated = _text(incident, "escalateToHighPriority")
    whole = bool(incident.first("incidentDateTime") and account and any(one.md5 or one.sha1 or one.sha256 for one in files))
    return PlatformReport(
        id=fit(tree.first("reportId") or tree.attributes.get("id") or ""),
        provider=provider,
        incident=_text(incident, "incidentType"),
        time=_when(incident.first("incidentDateTime")),
        escalated=escalated if escalated.lower() not in _NONE else "",
        account=account,
        identifiers=identifiers,
        accesses=tuple(map(_access, _everywhere(tree, "ipCaptureEvent", outside="fileDetails")[:MOST_FILES])),
        prior=tuple(fit(one.text) for one in _everywhere(person, "priorCTReports") if one.text)[:MOST_FILES],
        victims=len(tree.all("victim")),
        recipients=len(tree.all("intendedRecipient")),
        guarded=_identified([*tree.all("victim"), *tree.all("intendedRecipient")]),
        files=files,
        state="whole" if whole else "partial",
        flags=(*_flags(incident.all("reportAnnotations")), *((UNDER_AGE,) if _under_age(person, incident) else ())),
    )


def _file_alone(tree: Element, site: str) -> PlatformReport:
    return PlatformReport(fit(tree.first("reportId")), site, files=(_file(tree),), state="partial")


def _numbered(report: PlatformReport) -> PlatformReport:
    """One without a number is called by what it says: another of the same provider is another, in whatever file it comes."""
    if report.id:
        return report
    return msgspec.structs.replace(report, id=f"without number {hashlib.sha256(msgspec.json.encode(report)).hexdigest()[:16]}")


def _person(tree: Element) -> Element:
    """The one who was reported; not the reporter, a victim or a recipient."""
    found = tree.all("personOrUserReported")
    return found[0] if found else Element("", {})


def _identified(people: list[Element]) -> tuple[tuple[str, str], ...]:
    """What they can be recognised by."""
    found = [
        (kind, fit(text))
        for name, kind in _IDENTIFIERS.items()
        for one in people
        for value in _everywhere(one, name)
        if (text := value.first("idValue") or value.text)
    ]
    return tuple(found[:MOST_FILES])


def _file(tree: Element) -> ReportedFile:
    hashes = {
        one.attributes.get("hashType", "").lower().replace("-", ""): one.text.lower()
        for one in _everywhere(tree, "originalFileHash")
    }
    hashes |= {name: tree.first(name).lower() for name in ("md5", "sha1", "sha256") if tree.first(name)}
    for pair in (one for details in tree.all("details") for one in details.all("nameValuePair")):
        if (name := pair.first("name").lower().replace("-", "")) in {"md5", "sha1", "sha256"}:
            hashes.setdefault(name, pair.first("value").lower())
    kinds = {one.first("type") for one in tree.all("details")}
    return ReportedFile(
        name=_text(tree, "originalFileName") or _text(tree, "filename"),
        **{kind: _hex(hashes.get(kind, ""), digits) for kind, digits in (("md5", 32), ("sha1", 40), ("sha256", 64))},
        viewed=_truth(tree.first("fileViewedByEsp") or tree.first("viewedByEsp")),
        public=_truth(tree.first("publiclyAvailable")),
        classification=_text(tree, "industryClassification"),
        annotations=_flags(tree.all("fileAnnotations")),
        exif="EXIF" in kinds or bool(_truth(tree.first("exifViewedByEsp"))),
        accesses=tuple(map(_access, tree.all("ipCaptureEvent")[:MOST_FILES])),
    )


def _access(tree: Element) -> Access:
    port = tree.first("port")
    return Access(
        _text(tree, "ipAddress"),
        _when(tree.first("dateTime")),
        _text(tree, "eventName"),
        int(port) if _PORT.fullmatch(port) and int(port) < 1 << 16 else None,
        _truth(tree.first("possibleProxy")),
    )


def _flags(blocks: list[Element]) -> tuple[str, ...]:
    """Names of the elements in ``blocks`` that say yes, be it by being there."""
    return tuple(fit(one.name) for block in blocks for one in block.children if one.text.lower() in {"", "true", "1"})


def _under_age(person: Element, incident: Element) -> bool:
    """Whether the account is said to be of somebody under 18 at the time of the incident; where nothing says so it is not."""
    who = [person, *person.all("personOrUserReportedPerson")]
    if any(age.text.isdecimal() and int(age.text[:4]) < _GROWN for one in who for age in one.all("age")):
        return True
    found = _DAY.match(incident.first("incidentDateTime"))
    born = [day for one in who for told in one.all("dateOfBirth") if (day := _DAY.match(told.text))]
    return found is not None and any(_day(found) < (year + _GROWN, month, day) for year, month, day in map(_day, born))


def _day(found: re.Match[str]) -> tuple[int, int, int]:
    return int(found[1]), int(found[2]), int(found[3])


def _unknown(tree: Element) -> int:
    """How many elements of a tree no schema knows, where they stand in one whose elements are known."""
    known = _DOCUMENTED.get(tree.name)
    return sum((known is not None and one.name not in known.split()) + _unknown(one) for one in tree.children)


def _unread(tree: Element) -> int:
    """How many times of a tree cannot be read."""
    times = [*_everywhere(tree, "dateTime"), *_everywhere(tree, "incidentDateTime")]
    return sum(bool(one.text) and _when(one.text) is None for one in times)


def _others(tree: Element) -> int:
    """How many accounts a report tells of beyond the first."""
    return max(0, len(tree.all("personOrUserReported")) - 1)


def _everywhere(tree: Element, name: str, outside: str = "") -> list[Element]:
    """All elements of a name below ``tree``, but not those inside elements called ``outside``."""
    found = []
    waiting = list(reversed(tree.children))
    while waiting:
        one = waiting.pop()
        if one.name == name:
            found.append(one)
        if one.name != outside:
            waiting.extend(reversed(one.children))
    return found


def _text(tree: Element, *names: str) -> str:
    return fit(tree.first(*names))


def _when(text: str) -> When | None:
    try:
        return iso(text) if text else None
    except (ValueError, OverflowError):
        return None


def _truth(text: str) -> bool | None:
    return {"true": True, "1": True, "false": False, "0": False}.get(text.lower())


def _hex(text: str, digits: int) -> str:
    return text if len(text) == digits and set(text) <= set("0123456789abcdef") else ""
