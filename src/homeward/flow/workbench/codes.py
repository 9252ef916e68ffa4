"""One-time codes that a telephone shows: the second proof of who comes in (RFC 6238, HMAC-SHA-1, six digits, 30 seconds)."""

from __future__ import annotations

import base64
import hmac
import secrets
from urllib.parse import quote, urlencode

import numpy as np

SECONDS = 30
DIGITS = 6
AROUND = 1
"""Codes before and after the present one that count too: clocks differ."""
LONGEST = 800
"""Characters that a square holds whose parts a telephone still tells apart on a screen."""


def new_secret() -> str:
    """160 random bits in base32, as telephones take them."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code(secret: str, number: int) -> str:
    """The code with this number (RFC 4226, section 5.3); codes are numbered by half minutes since 1970."""
    mac = hmac.digest(base64.b32decode(secret), number.to_bytes(8, "big"), "sha1")
    at = mac[-1] & 15
    return f"{(int.from_bytes(mac[at : at + 4], 'big') & 0x7FFFFFFF) % 10**DIGITS:0{DIGITS}}"


def number_of(secret: str, typed: str, now: float, used: int) -> int | None:
    """The number of the code that somebody typed at ``now`` (seconds since 1970), if it is one of these minutes and later than
    the ``used`` one; None for any other.
    """
    wanted = typed.replace(" ", "").encode()
    present = int(now // SECONDS)
    found = None
    for number in range(present - AROUND, present + AROUND + 1):
        if hmac.compare_digest(code(secret, number).encode(), wanted) and number > used:
            found = number
    return found


def address(secret: str, name: str, agency: str) -> str:
    """What telephones read out of a square code, or take by a link."""
    told = {"secret": secret, "issuer": agency, "digits": DIGITS, "period": SECONDS}
    return f"otpauth://totp/{quote(f'{agency}:{name}', safe='')}?{urlencode(told, quote_via=quote)}"


def square(told: str) -> list[str]:
    """The square code (QR, ISO/IEC 18004) of an address: a row a line, ``1`` for dark, without the white border around it; no
    rows where it is longer than telephones read well.
    """
    if len(told) > LONGEST:
        return []
    import cv2  # slow to load, and nothing else about codes needs it

    light = cv2.QRCodeEncoder.create().encode(told) > 0
    rows, columns = np.flatnonzero(~light.all(axis=1)), np.flatnonzero(~light.all(axis=0))
    inside = light[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return ["".join("0" if one else "1" for one in row) for row in inside]
