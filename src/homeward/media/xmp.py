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
_DECLARES = "its XMP packet declares entities and was left unread"
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"


def read(packet: bytes) -> dict[str, str]:
    """Wanted properties by their local name, lists joined with commas.

    Raises:
        ValueError: too large, no XML, or with a document type (which XMP forbids and attackers like).
    """
    if len(packet) > LARGEST:
        raise ValueError(f"its XMP packet is larger than {LARGEST >> 10} KiB and was left unread")
    parser = ET.XMLParser(target=_NoDeclarations())  # noqa: S314 - its target refuses declarations
    try:
        parser.feed(_trimmed(packet))
        root: ET.Element = parser.close()
    except ET.ParseError as error:
        raise ValueError("its XMP packet is no valid XML") from error
    except ValueError as error:
        raise ValueError(_DECLARES if str(error) == _DECLARES else "its XMP packet is no valid XML") from error
    found: dict[str, str] = {}
    for description in root.iter(f"{_RDF}Description"):
        for name, value in description.attrib.items():
            _keep(found, name, value)
        for element in description:
            values = [item.text or "" for item in element.iter(f"{_RDF}li")] or [element.text or ""]
            _keep(found, element.tag, ", ".join(value.strip() for value in values))
    return found


class _NoDeclarations(ET.TreeBuilder):
    """Stops at a document type, in whatever encoding it is written; without one there is no entity to expand."""

    def doctype(self, name: str, public: str | None, system: str | None) -> None:  # noqa: ARG002
        """Called by the parser."""
        raise ValueError(_DECLARES)


def _trimmed(packet: bytes) -> bytes:
    """Without the padding that cameras leave; in UTF-16 a NUL is half of a character."""
    if packet.startswith((b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")):
        return packet[: len(packet) & ~1]
    return packet.strip(b"\0 \r\n\t")


def _keep(found: dict[str, str], name: str, value: str) -> None:
    local = name.rpartition("}")[2]
    if local in WANTED and value.strip():
        found.setdefault(local, value.strip())
