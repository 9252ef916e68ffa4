"""Exports damaged at random come out as messages that can be handed on, or as one refusal, and nothing is printed."""

from __future__ import annotations

import json
import random
import re

import msgspec
import pytest
from test_capture_formats import PAGE
from test_web_archives import wacz

from homeward.communities.captured import CaptureRefused, Identifier, Message
from homeward.communities.reports import PlatformReport
from homeward.communities.worker import Answer, read_answer
from tiny_exports import CYBERTIP, FULL, MBOX, SMF, read, telegram, ufdr, warc

SEEDS = {
    "telegram": telegram(),
    "ufdr": b"",  # its report is damaged, and packed again: an archive that is damaged is refused nearly always
    "mbox": MBOX,
    "cybertip": CYBERTIP.encode(),
    "warc": warc(SMF, gzip=False),
    "warc by Brotli": warc(SMF, gzip=False, br=True),
    "telegram-pages": PAGE.encode(),
    "wacz": wacz(warc(SMF, gzip=False)),
    "discord": json.dumps(
        {
            "guild": {"id": "1", "name": "House"},
            "channel": {"id": "2", "type": "DirectTextChat", "name": "lamps"},
            "messages": [
                {
                    "id": "5",
                    "type": "RecipientAdd",
                    "timestamp": "2020-05-01T12:00:00+02:00",
                    "author": {"id": "1"},
                    "mentions": [{"id": "3"}],
                    "attachments": [{"url": "a/b"}],
                    "reference": {"messageId": "4"},
                },
            ],
        }
    ).encode(),
    "whatsapp": b"01/05/2020, 10:00 - Hanna: a\n13/05/2020, 10:00 - Otto: <attached: a.jpg>\n",
}
ODD = [b"null", b"[1]", b'{"a": 1}', b"-1", b"9" * 30, b'"', b"\xff\xfe", b"\0", b"<a>", b"\\ud800", b"\r\n\r\n", b"1e999", b""]
COUNT = 150


def damaged(draw: random.Random, body: bytes) -> bytes:
    for _ in range(draw.choice((1, 1, 2, 5, 20))):
        at, other = draw.randrange(len(body) + 1), draw.randrange(len(body) + 1)
        places = list(re.finditer(rb'"[^"]{0,40}"|\d+', body))
        place = draw.choice(places) if places else None
        body = draw.choice(
            [
                body[:at] + bytes([draw.randrange(256)]) + body[at + 1 :],
                body[:at] + body[at + draw.randrange(1, 30) :],
                body[:at] + body[other : other + 200] + body[at:],
                body[:at] + draw.choice(ODD) + body[at:],
                body[: place.start()] + draw.choice(ODD) + body[place.end() :] if place else body,
            ]
        )
    return body


@pytest.mark.parametrize("form", SEEDS)
def test_damage_ends_in_messages_or_in_one_refusal(form: str, capfd: pytest.CaptureFixture[str]) -> None:
    draw = random.Random(form)
    refused = 0
    for _ in range(COUNT):
        try:
            found, summary = read(
                damaged(draw, SEEDS[form]) if form != "ufdr" else ufdr(damaged(draw, FULL.encode())), form.partition(" ")[0]
            )
        except CaptureRefused:
            refused += 1
            continue
        kinds = [[one for one in found if type(one) is kind] for kind in (Message, Identifier, PlatformReport)]
        answer = Answer(0, *kinds, summary)  # type: ignore[arg-type]
        assert read_answer(msgspec.msgpack.encode(answer)) == answer
    assert refused < COUNT
    assert capfd.readouterr() == ("", "")
