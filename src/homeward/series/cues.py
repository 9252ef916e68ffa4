"""What a clue says about a country: nothing, one cue or several."""

from __future__ import annotations

from collections.abc import Iterator

from homeward.series.likeness import attribute, likeness, position
from homeward.series.tables import calling_code, numbered_by, script_of, tables
from homeward.series.whereabouts import POSITION, Cue


def cues_of(kind: str, value: str, origin: str) -> Iterator[Cue]:
    """Cues of one clue. Latin letters are no cue: labels in them are everywhere."""
    if kind == "attribute":
        yield Cue(*attribute(value), origin)
    elif kind == "coordinate":
        yield Cue(POSITION, ",".join(map(str, position(value))), origin)
    elif kind == "code":
        if prefix := numbered_by(likeness(kind, value)):
            yield Cue("barcode", prefix, origin)
    elif kind == "text":
        if code := calling_code(value):
            yield Cue("calling code", code, origin)
        script = script_of(value)
        if script and script != tables()["script"].otherwise:
            yield Cue("script", script, origin)
