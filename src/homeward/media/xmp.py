"""XMP packets (ISO 16684-1), read with entities refused and sizes bounded."""

from __future__ import annotations

import xml.etree.ElementTree as ET

LARGEST = 1 << 18
"""Bytes of a packet that are looked at; larger ones carry history and brushes, which nobody asks for here."""
SERIALS = ("SerialNumber", "Lens", "LensSerialNumber")
WANTED = frozenset({
    "CreateDate", "ModifyDate", "MetadataDate", "DateCreated", "CreatorTool", "DocumentID", "InstanceID",
    "OriginalDocumentID", "title", "description", "creator", "subject", "GPSLatitude", "GPSLongitude", *SERIALS,
})  # fmt: skip
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"


def read(packet: bytes) -> dict[str, str]:
    """Wanted properties by their local name, lists joined with commas.

    Raises:
        ValueError: too large, no XML, or with a document type (which XMP forbids and attackers like).
    """
    if len(packet) > LARGEST:
        raise ValueError(f"its XMP packet is larger than {LARGEST >> 10} KiB and was left unread")
    if b"<!" in packet.replace(b"<!--", b""):
        raise ValueError("its XMP packet declares entities and was left unread")
    try:
        root = ET.fromstring(packet.strip(b"\0 \r\n\t"))  # noqa: S314 - declarations were refused above
    except (ET.ParseError, ValueError) as error:
        raise ValueError("its XMP packet is no valid XML") from error
    found: dict[str, str] = {}
    for description in root.iter(f"{_RDF}Description"):
        for name, value in description.attrib.items():
            _keep(found, name, value)
        for element in description:
            values = [item.text or "" for item in element.iter(f"{_RDF}li")] or [element.text or ""]
            _keep(found, element.tag, ", ".join(value.strip() for value in values))
    return found


def _keep(found: dict[str, str], name: str, value: str) -> None:
    local = name.rpartition("}")[2]
    if local in WANTED and value.strip():
        found.setdefault(local, value.strip())
