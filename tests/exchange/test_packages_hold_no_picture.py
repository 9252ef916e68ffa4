"""Every byte of a package about real pictures is looked at for pictures and veils, once it is decrypted."""

from __future__ import annotations

import hashlib
import io
from datetime import datetime
from pathlib import Path

import msgspec
from exchange_case import make_case
from no_pictures import assert_no_picture

from homeward.flow import partners
from homeward.flow.clues import sight
from homeward.flow.packages import Terms, send
from homeward.flow.process import process
from homeward.flow.progress import Quiet
from homeward.flow.settling import settle
from homeward.flow.steps import SERIES
from homeward.store import Case
from homeward.testing import scenes
from homeward.testing.encoding import encode
from homeward.testing.exif_blocks import Shot


def test_nothing_of_a_picture_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "seized").mkdir()
    shot = Shot("Halden", "H2", datetime(2015, 5, 1, 12), "H2-0471")  # noqa: DTZ001 - as cameras say it
    for seed in range(2):
        (tmp_path / "seized" / f"{seed}.jpg").write_bytes(encode(scenes.room(seed), shot=shot))
    Case.create(tmp_path / "b", "Unit B").close()
    with make_case(tmp_path / "a", tmp_path / "seized", "Unit A") as a, Case.open(tmp_path / "b") as b:
        process(a, "inline", 1, Quiet(), until="describe")
        settle(a, SERIES, Quiet())
        for one in (a, b):
            partners.own_card(one, new=True, who="me")
        (tmp_path / "b.card").write_bytes(msgspec.json.encode(partners.own_card(b, new=False, who="me")))
        card = partners.add(a, tmp_path / "b.card", partners.CONTENTS, "me").card
        partners.trust(a, card.fingerprint, "me", "by telephone")
        shown = hashlib.sha256((tmp_path / "seized" / "0.jpg").read_bytes()).hexdigest()
        sight(a, "text", "Platform 3", shown, None, (0, 0, 9, 9), "me", "")
        told = send(
            a, tmp_path / "p.age", ["Unit B"], partners.CONTENTS, [], Terms("one series?", "Art. 1", "amber", "red", 5), "me"
        )
        assert told.counts == {"briefs": 1, "clues": 1, "hashes": 2}
        plain = io.BytesIO()
        with (tmp_path / "p.age").open("rb") as source:
            partners.load_keys(b).decrypt(source, plain)
        data = plain.getvalue()
        assert shown.encode() in data
        assert_no_picture(data, a)
