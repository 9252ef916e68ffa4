"""Made-up reports of platforms, of which it is known which cannot wait. Nothing is behind them: names, hashes and flags only.

What is urgent is decided first; flags follow from it with noise, by shares that are drawn anew for each set.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import msgspec

from homeward.communities.captured import When
from homeward.communities.reports import Access, PlatformReport, ReportedFile
from homeward.communities.triage import DAY, Local

NOW = 20_000 * DAY


class Made(msgspec.Struct, frozen=True):
    """A report, what a case would know of its files, and the truth."""

    report: PlatformReport
    local: Local
    incident: int
    """Number of the urgent incident that it is of, -1 where it is of none."""


class _Shares(msgspec.Struct, frozen=True):
    """How often each flag is set where something is urgent, and where nothing is."""

    novel: tuple[float, float]
    exif: tuple[float, float]
    infant: tuple[float, float]
    live: tuple[float, float]
    escalated: tuple[float, float]
    victim: tuple[float, float]
    prior: tuple[float, float]
    viral: float
    """Of what is not urgent, how much goes around."""
    said_viral: float
    """How often the provider says so."""


def make(seed: int, count: int = 100_000, urgent: int = 200) -> list[Made]:
    """``count`` reports in the order of their arrival, among them those of ``urgent`` incidents."""
    draw = random.Random(seed)  # noqa: S311 - a seed, not a secret

    def share(*around: float) -> tuple[float, float]:
        return draw.uniform(0.7, 1.3) * around[0], draw.uniform(0.5, 1.5) * around[1]

    shares = _Shares(
        novel=(draw.uniform(0.75, 0.95), draw.uniform(0.1, 0.3)),
        exif=share(0.35, 0.08),
        infant=share(0.25, 0.01),
        live=share(0.2, 0.005),
        escalated=share(0.45, 0.02),
        victim=share(0.4, 0.03),
        prior=share(0.3, 0.12),
        viral=draw.uniform(0.4, 0.6),
        said_viral=draw.uniform(0.5, 0.9),
    )
    made = [one for number in range(urgent) for one in _incident(draw, shares, number)]
    made += [_other(draw, shares, number) for number in range(count - len(made))]
    draw.shuffle(made)
    return made


def _incident(draw: random.Random, shares: _Shares, number: int) -> Iterator[Made]:
    """One to four reports of one account."""
    account, first = f"u{number}", draw.expovariate(1 / 12)
    for _ in range(draw.choice((1, 1, 1, 2, 3, 4))):
        yield _report(draw, shares, account, max(0.0, first - draw.random()), number)


def _other(draw: random.Random, shares: _Shares, number: int) -> Made:
    account, days = f"o{draw.randrange(1 + number)}", draw.uniform(0, 180)
    if draw.random() >= shares.viral:
        return _report(draw, shares, account, days, -1)
    flags = (draw.choice(("viral", "potentialMeme")),) if draw.random() < shares.said_viral else ()
    file = ReportedFile(md5=f"{draw.randrange(500):032x}", annotations=flags, viewed=True)
    return Made(_told(draw, account, days, (file,)), Local(known=frozenset({0})), -1)


def _report(draw: random.Random, shares: _Shares, account: str, days: float, incident: int) -> Made:
    side = 0 if incident >= 0 else 1

    def happens(share: tuple[float, float]) -> bool:
        return draw.random() < share[side]

    novel = happens(shares.novel)
    files, known = [], set()
    for place in range(1 + min(19, int(draw.expovariate(0.5)))):
        fresh = novel and draw.random() < 0.6
        known |= set() if fresh else {place}
        name = draw.getrandbits(128) if fresh else 10**6 + draw.randrange(200_000)
        flags = [flag for flag, share in (("infant", shares.infant), ("liveStreaming", shares.live)) if happens(share)]
        viewed = draw.random() < 0.7
        files.append(
            ReportedFile(md5=f"{name:032x}", annotations=tuple(flags), exif=fresh and happens(shares.exif), viewed=viewed)
        )
    told = _told(draw, account, days, tuple(files))
    told = msgspec.structs.replace(
        told,
        escalated="said to be urgent" if happens(shares.escalated) else "",
        victims=int(happens(shares.victim)),
        prior=("1", "2")[: draw.randrange(1, 3)] if happens(shares.prior) else (),
    )
    return Made(told, Local(known=frozenset(known)), incident)


def _told(draw: random.Random, account: str, days: float, files: tuple[ReportedFile, ...]) -> PlatformReport:
    at = When(NOW - round(days * DAY))
    address = f"10.{draw.randrange(64)}.{draw.randrange(256)}.{draw.randrange(256)}"
    return PlatformReport(
        id=f"{draw.getrandbits(48):x}",
        provider=f"provider {draw.randrange(5)}",
        time=at,
        account=account,
        accesses=(Access(address, at, "Upload"),) if draw.random() < 0.8 else (),
        files=files,
    )
