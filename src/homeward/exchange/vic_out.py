"""A case in the shape of Project VIC JSON, versions 2.0 and 1.3, record by record: nothing is held.

No public schema text could be had; fields are those that published readers and writers agree on (see ``known/vic.py``). What
we add stands in ``AlternativeHashes`` and ``MediaMetadata`` alone, and a grade is never made up: ``Category`` is null. Nothing
in it is a picture; ``RelativeFilePath`` is empty because no file comes with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from homeward.exchange.medium import Medium, Place, found_of, readable

VERSIONS = ("2.0", "1.3")
_ROOT = {
    "2.0": ("@odata.context", "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/Default/$metadata#Cases"),
    "1.3": ("odata.metadata", "http://github.com/ICMEC/ProjectVic/DataModels/1.3.xml#Cases"),
}
_UNSAID = ("VictimIdentified", "OffenderIdentified", "IsDistributed", "IsSuspected", "SelfGenerated")
_encode = msgspec.json.Encoder().encode


class Heading(msgspec.Struct, frozen=True):
    """What is said of the case as a whole."""

    case_id: str
    number: str
    agency: str
    program: str
    media: int


def vic_case(heading: Heading, media: Iterable[Medium], version: str) -> Iterator[bytes]:
    """The file, piece by piece."""
    key, context = _ROOT[version]
    told = {
        "CaseID": heading.case_id,
        "CaseNumber": heading.number,
        "ContactOrganization": heading.agency,
        "SourceApplicationName": "Homeward",
        "SourceApplicationVersion": heading.program,
        "TotalMediaFiles": heading.media,
        "TotalPrecategorized": 0,
    }
    before = {"odata.id": f'Case("{heading.case_id}")', **told} if version == "1.3" else told
    yield b"{" + _encode(key) + b":" + _encode(context) + b',"value":[' + _encode(before)[:-1] + b',"Media":['
    first = True
    for medium in media:
        yield (b"\n" if first else b",\n") + _encode(_record(medium, version))
        first = False
    yield b"\n]}]}\n"


def additions(medium: Medium, version: str) -> dict[str, list[dict[str, str]]]:
    """What we add to a record, by the array that it stands in."""
    hashes = [("SHA256", medium.sha256), *([("PDQ", medium.pdq)] if medium.pdq else [])]
    found = {"AlternativeHashes": [{"MD5": medium.md5, "HashName": name, "HashValue": value} for name, value in hashes]}
    if version != "1.3":  # which has no place for them
        found["MediaMetadata"] = _properties(medium.md5, found_of(medium))
    return found


def _record(medium: Medium, version: str) -> dict[str, Any]:
    record: dict[str, Any] = {"odata.id": f'Media("{medium.md5}")'} if version == "1.3" else {}
    return {
        **record,
        "MediaID": medium.number,
        "Category": None,
        "MD5": medium.md5,
        "SHA1": medium.sha1,
        "MediaSize": medium.size,
        "MimeType": medium.mime,
        "RelativeFilePath": "",
        **dict.fromkeys(_UNSAID),
        "IsPrecategorized": False,
        "Series": None,
        "Tags": "",
        "Comments": "",
        "MediaFiles": [_file(medium.md5, place) for place in medium.places],
        "Exifs": _properties(medium.md5, medium.exif),
        **additions(medium, version),
    }


def _properties(md5: str, told: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"MD5": md5, "PropertyName": name, "PropertyValue": value} for name, value in told]


def _file(md5: str, place: Place) -> dict[str, Any]:
    *around, last = map(readable, place.layers)
    folder, _, name = last.rpartition("/")
    return {
        "MD5": md5,
        "FileName": name,
        "FilePath": f"{folder}/" if folder else "",
        "Created": place.created or None,
        "Written": place.modified or None,
        "Accessed": place.accessed or None,
        "Unallocated": place.deleted,
        "Deleted": place.deleted,
        "SourceID": place.exhibit,
        "ParentMD5": "",
        "ParentFileName": around[-1].rpartition("/")[2] if around else "",
        "ParentFilePath": " > ".join(around),
    }
