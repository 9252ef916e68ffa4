"""What a clue says about a country: nothing, one cue or several."""

from __future__ import annotations

from collections.abc import Iterator

from homeward.series.daylight import DAYLIGHT, observed
from homeward.series.likeness import SESSION, attribute, likeness, position
from homeward.series.tables import calling_code, numbered_by, script_of, tables
from homeward.series.whereabouts import POSITION, Cue


def cues_of(kind: str, value: str, origin: str, clock: tuple[str, str] = ("", "")) -> Iterator[Cue]:
    """Cues of one clue. Latin letters are no cue: labels in them are everywhere. Nor is a session, which speaks of clocks.

    ``clock``: time and offset from UTC as the camera of the picture wrote them; light speaks of places only by the hour.
    """
    if kind == "attribute":
        about, what = attribute(value)
        if about == SESSION:
            return
        yield Cue(about, observed(what, *clock) if about == DAYLIGHT else what, origin)
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
