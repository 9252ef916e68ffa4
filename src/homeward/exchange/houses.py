"""Clearing houses: hashes in from one that shares them with police, and look-ups by hash at another. Media is never sent.

Sources: the published client python-threatexchange (NCMEC hash sharing, version 2) and the Arachnid Shield SDK; tests have both
drive the same local stand-in that this drives.
"""

from __future__ import annotations

import base64
import http.client
import os
import re
import ssl
import stat
import time
from pathlib import Path
from typing import Annotated, BinaryIO, Literal
from urllib.parse import urlencode, urlsplit

import msgspec

from homeward.core import HomewardError, WrongUse

SETTING = "HOMEWARD_CLEARING"
"""Environment variable: the file in which the houses stand. Without it nothing is ever asked or sent."""
LARGEST_PAGE = 64 << 20
"""Bytes of one answer."""
MOST_ASKED = 100
"""Hashes of one look-up."""
NO_MATCH = "no-known-match"
_TIMEOUT = 60.0
_TRIES = 4
_PATIENCE = 0.5
"""Seconds before the second try; doubled for each further one."""
_CHUNK = 1 << 20
_AGAIN = {429, 500, 502, 503, 504}
_SPACE = "https://hashsharing.ncmec.org/hashsharing/v2"
_FOLLOWING = re.compile(r"/[\x21-\x7e]{1,2000}")
_GUID = re.compile(r"[0-9A-Za-z-]{1,64}")
_KEY = re.compile(r"(\d{1,12})/([\x21-\x2e\x30-\x7e]{1,200})")
_KINDS = {"md5": "MD5", "sha1": "SHA1", "pdq": "PDQ"}


class HouseFailed(HomewardError, OSError):
    """The clearing house cannot be reached, or answers with what makes no sense."""


class House(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a clearing house is, and who asks."""

    url: str
    user: str
    password: str


class Houses(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands in the file."""

    ncmec: House | None = None
    arachnid: House | None = None


class Match(msgspec.Struct, frozen=True):
    """What a house says of a hash."""

    classification: Annotated[str, msgspec.Meta(pattern=r"^[a-z-]{1,60}\Z")] | None
    match_type: Literal["exact", "near"] | None = None


class _Looked(msgspec.Struct, frozen=True):
    scanned_hashes: Annotated[dict[Annotated[str, msgspec.Meta(max_length=64)], Match | None], msgspec.Meta(max_length=1000)]


def house(name: str) -> House:
    """The house called ``name``, from the file that :data:`SETTING` names.

    Raises:
        WrongUse: there is no such setting or file, others can read it, or it says no such house over an encrypted way.
    """
    path = os.environ.get(SETTING, "")
    if not path:
        raise WrongUse(f"no clearing house is set up: nothing is asked or sent unless {SETTING} names a file that says where")
    try:
        if stat.S_IMODE(Path(path).stat().st_mode) & 0o077:
            raise WrongUse(f"{path} holds a password and can be read by others: chmod 600 {path}")
        found = getattr(msgspec.json.decode(Path(path).read_bytes(), type=Houses), name)
    except OSError as error:
        raise WrongUse(f"{path} cannot be read: {(error.strerror or str(error)).lower()}") from error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise WrongUse(f"{path} does not say where clearing houses are: {error}") from error
    if not isinstance(found, House):
        raise WrongUse(f"{path} does not say where {name} is")
    try:
        where = urlsplit(found.url)
        _ = where.port
    except ValueError as error:
        raise WrongUse(f"{path}: the address of {name} is none") from error
    if where.scheme != "https" and not (where.scheme == "http" and where.hostname in ("127.0.0.1", "localhost", "::1")):
        raise WrongUse(f"{path}: {name} has to be reached by https")
    return found


class Client:
    """Speaks with one house, and with no other: redirections are not followed."""

    def __init__(self, found: House) -> None:
        self._where = urlsplit(found.url)
        login = base64.b64encode(f"{found.user}:{found.password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {login}"}

    def _connect(self) -> http.client.HTTPConnection:
        host = self._where.hostname or ""
        if self._where.scheme == "https":
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(host, self._where.port, timeout=_TIMEOUT, context=context)
        return http.client.HTTPConnection(host, self._where.port, timeout=_TIMEOUT)

    def entries(self, since: str, until: str, following: str, target: BinaryIO) -> None:
        """Write a page of what NCMEC's members share to ``target``: what changed between two times (``2026-01-02T03:04:05Z``),
        or (``following``) what the page before says comes next.

        Raises:
            HouseFailed: there is no usable answer.
        """
        if following and not _FOLLOWING.fullmatch(following):
            raise HouseFailed("the clearing house names a next page that is no address")
        path = following or f"/v2/entries?{urlencode({'from': since, 'to': until})}"
        self._ask("GET", path, target)

    def reasons(self, kind: str, target: BinaryIO) -> None:
        """Write for which reasons members can disagree with a kind of fingerprint to ``target``.

        Raises:
            WrongUse: there is no such kind.
            HouseFailed: there is no usable answer.
        """
        if kind not in _KINDS:
            raise WrongUse(f"no votes are cast on {kind}; on {', '.join(_KINDS)}")
        self._ask("GET", f"/v2/feedback/{_KINDS[kind]}/reasons", target)

    def vote(self, key: str, kind: str, reason: str) -> None:
        """Agree with a fingerprint of the entry ``key`` (member/id), or, with the GUID of a ``reason``, disagree.

        Raises:
            WrongUse: there is no such kind or reason.
            HouseFailed: it was not taken.
        """
        entry = _KEY.fullmatch(key)
        if entry is None or kind not in _KINDS or not (reason == "" or _GUID.fullmatch(reason)):
            raise WrongUse("such a vote cannot be cast: it needs an entry, one of its fingerprints, and the GUID of a reason")
        said = f"<negative><reasonIds><guid>{reason}</guid></reasonIds></negative>" if reason else "<affirmative/>"
        body = f'<feedbackSubmission xmlns="{_SPACE}">{said}</feedbackSubmission>'.encode()
        path = f"/v2/entries/{entry[1]}/{entry[2]}/{_KINDS[kind]}/feedback"
        self._ask("PUT", path, None, body, "application/xml; charset=utf-8")

    def look_up(self, hashes: list[str]) -> dict[str, Match]:
        """What Arachnid Shield says of PDQ hashes (hexadecimal, :data:`MOST_ASKED` at most); those it knows nothing of are
        left out.

        Raises:
            HouseFailed: there is no usable answer.
        """
        asked = {base64.b64encode(bytes.fromhex(one)).decode(): one for one in hashes}
        body = msgspec.json.encode({"hashes": list(asked)})
        answer = self._ask("POST", "/v1/pdq/", None, body, "application/json")
        try:
            found = msgspec.json.decode(answer, type=_Looked).scanned_hashes
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise HouseFailed("the clearing house answers with what is no answer") from error
        if not found.keys() <= asked.keys():
            raise HouseFailed("the clearing house answers about hashes that it was not asked about")
        return {
            asked[one]: match
            for one, match in found.items()
            if match is not None and match.classification not in (None, NO_MATCH)
        }

    def _ask(self, method: str, path: str, target: BinaryIO | None, body: bytes = b"", kind: str = "") -> bytes:
        """One exchange; what changes nothing there is tried again where the house is busy or the way is bad."""
        tries = 1 if method == "PUT" else _TRIES
        for left in reversed(range(tries)):
            try:
                status, answer = self._once(method, path, target, body, kind)
            except (OSError, UnicodeError, http.client.HTTPException) as error:  # also a name that cannot be one of a host
                if not left:
                    raise HouseFailed(f"the clearing house cannot be reached: {error or type(error).__name__}") from error
            else:
                if status in {200, 201, 202, 204}:
                    return answer
                if status in {401, 403}:
                    raise HouseFailed("the clearing house refuses the name or the password")
                if status not in _AGAIN or not left:
                    raise HouseFailed(f"the clearing house answers with status {status}")
            time.sleep(_PATIENCE * 2 ** (tries - 1 - left))
        raise AssertionError("every try ends")

    def _once(self, method: str, path: str, target: BinaryIO | None, body: bytes, kind: str) -> tuple[int, bytes]:
        headers = {**self._headers, **({"Content-Type": kind} if kind else {})}
        connection = self._connect()
        try:
            connection.request(method, f"{self._where.path.rstrip('/')}{path}", body or None, headers)
            answer = connection.getresponse()
            if target is None:
                told = answer.read(LARGEST_PAGE + 1)
                if len(told) > LARGEST_PAGE:
                    raise HouseFailed("the clearing house answers with too much")
                return answer.status, told
            target.seek(0)
            target.truncate()
            size = 0
            while part := answer.read(_CHUNK):
                size += len(part)
                if size > LARGEST_PAGE:
                    raise HouseFailed("the clearing house answers with too much")
                target.write(part)
            target.flush()
            return answer.status, b""
        finally:
            connection.close()
