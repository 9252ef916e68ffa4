"""A declared mapping: which column of somebody's rows is what. Written in YAML by the person who knows the rows.

::

    columns: {id: post_id, site: site, thread: thread, handle: handle, time: time, text: text}
    always: {board: general}
    time: {form: iso, zone: UTC}
    attachments: {in: attachments, name: name, start: file, after: f, captured: file}
    identifiers: {e-mail: contact.mail}

A column is a name, or names joined by dots for what lies inside. ``always`` gives a field one value for all rows. Where a
column of attachments holds texts instead of records, leave out everything but ``in`` (the texts are names) and ``between``,
which splits one text into several.
"""

from __future__ import annotations

from typing import Any

import msgspec
import yaml

from homeward.communities.captured import CaptureRefused
from homeward.communities.times import reading, rules_of

LARGEST = 1 << 16
"""Bytes of a mapping."""
_FIELDS = {"id", "site", "board", "thread", "handle", "shown", "time", "kind", "reply_to", "forwarded", "to", "text"}
_NEEDED = ("id", "site", "handle")
_UNITS = ("iso", "seconds", "milliseconds", "microseconds", "nanoseconds")


class TimeForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How times are written: ``iso``, a unit since 1970, or directives of ``strptime``; and the zone of those that say none."""

    form: str = "iso"
    zone: str = "none"


class Attached(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where attachments stand in a row."""

    within: str = msgspec.field(name="in")
    between: str = ""
    """What separates them, where the column is one text."""
    name: str = ""
    path: str = ""
    sha256: str = ""
    sha1: str = ""
    md5: str = ""
    start: str = ""
    """Column with the first digits of a SHA-256."""
    after: str = ""
    """What stands before those digits."""
    size: str = ""
    mime: str = ""
    captured: str = ""
    """Column that is empty, false or null where an attachment was seen and not captured."""


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """See the module."""

    columns: dict[str, str]
    always: dict[str, str] = {}
    time: TimeForm = TimeForm()
    attachments: Attached | None = None
    identifiers: dict[str, str] = {}
    delimiter: str = ""
    """Of the columns of a CSV file; found out from its first line where it is left out."""


class _NoAliases(yaml.SafeLoader):
    """Plain YAML: what refers to itself can grow without end."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("it uses an alias, which a mapping does not need")
        return super().compose_node(parent, index)


def read_mapping(text: bytes) -> Mapping:
    """Read and check a mapping.

    Raises:
        CaptureRefused: it is none, or leaves something out.
    """
    if len(text) > LARGEST:
        raise CaptureRefused("it is too large for a mapping")
    try:
        mapping = msgspec.convert(yaml.load(text, _NoAliases), Mapping)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, LookupError, AttributeError) as error:  # odd tags end in these
        raise CaptureRefused(f"it is no YAML: {' '.join(str(error).split())[:200]}") from None
    except (msgspec.ValidationError, ValueError) as error:
        raise CaptureRefused(f"it is no mapping: {error}") from None
    given = mapping.columns.keys() | mapping.always.keys()
    if unknown := sorted(given - _FIELDS):
        raise CaptureRefused(f"no field is called {unknown[0]!r}; there are {', '.join(sorted(_FIELDS))}")
    if lost := [name for name in _NEEDED if name not in given]:
        raise CaptureRefused(f"it does not say what the {lost[0]} of a message is")
    if len(mapping.delimiter) > 1 or mapping.delimiter in {'"', "\r", "\n"}:
        raise CaptureRefused("its delimiter is not one character that can stand between cells")
    if "time" in mapping.always or "text" in mapping.always:
        raise CaptureRefused("time and text are of one message each, and never the same always")
    if mapping.time.form not in _UNITS and "%" not in mapping.time.form:
        raise CaptureRefused(f"{mapping.time.form!r} is no form of time: write {', '.join(_UNITS)} or directives like %d.%m.%Y")
    try:
        reading(mapping.time.form, mapping.time.zone, rules_of(mapping.time.zone))
    except ValueError as error:
        raise CaptureRefused(str(error)) from None
    return mapping
