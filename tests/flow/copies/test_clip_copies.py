"""Copies of one clip as they go round: compressed, resized, trimmed, letterboxed, mirrored, turned, at another frame rate."""

from __future__ import annotations

import pytest

from homeward.links.clips import ClipMatch, clip_matches
from homeward.testing.clips import EDITS, described, encoded, hand_held


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [8, 30])
def test_every_copy_is_found_in_the_original_at_its_time(seconds: int) -> None:
    film, stranger = hand_held(3, seconds), hand_held(21, seconds)
    clips = [encoded(film, crf="18"), encoded(stranger, crf="23"), *(edit.make(film) for edit in EDITS.values())]
    found: dict[tuple[int, int], ClipMatch] = {(match.a, match.b): match for match in clip_matches(described(clips))}
    assert not any(1 in pair for pair in found)
    for number, (name, edit) in enumerate(EDITS.items(), 2):
        assert (0, number) in found, name
        match = found[0, number]
        assert match.orientation == edit.orientation, name
        assert match.share_b >= 850, (name, match.share_b)
        # A restless clip of more than 240 frames is not seen whole: its ends may be missed by some frames.
        begin, end = (1000 * share * seconds for share in edit.shows)
        assert abs(match.stretches[0].a_from - begin) <= 300 + 60 * seconds, (name, match.stretches)
        assert abs(match.stretches[-1].a_to - end) <= 300 + 60 * seconds, (name, match.stretches)
