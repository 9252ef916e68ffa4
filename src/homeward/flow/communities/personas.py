"""``homeward personas``: handles of two sites that may be one person. Hypotheses; people decide (:mod:`.rulings`)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from homeward.communities import personas as groups
from homeward.communities.linking import shipped
from homeward.core import WrongUse
from homeward.flow.communities import captures
from homeward.flow.communities.linked import linked
from homeward.flow.communities.observed import TABLES, observed

if TYPE_CHECKING:
    from homeward.communities.linking import Link
    from homeward.communities.rulings import State
    from homeward.flow.communities.captures import Reason
    from homeward.flow.communities.linked import Said
    from homeward.store import Case

    _Told = tuple[Link, str, Said, State]

MOST_LINKS = 200
"""Hypotheses that one query shows at most."""


def hypotheses(
    case: Case,
    reason: Reason,
    least: float = 0.5,
    limit: int = 50,
    prior: float | None = None,
    *,
    rejected: bool = False,
) -> dict[str, Any]:
    """Pairs of handles of two sites that may be one person, the most probable first, and groups that hold together.

    The share of handles that have a counterpart (``prior``) is estimated for each pair of sites unless told, and stands beside
    each; ``priors`` are the least and the greatest. Where more pairs share something than can be compared, that is told.
    What people rejected is counted, and shown only where it is asked for (``rejected``). What they
    supported is shown whatever speaks against it, and the limit cuts it last.

    Raises:
        WrongUse: ``least`` or ``prior`` is no share, or more is asked for than may be shown.
    """
    if not 0 < limit <= MOST_LINKS:
        raise WrongUse(f"one query shows between 1 and {MOST_LINKS} hypotheses")
    if not (0 < least <= 1 and (prior is None or 0 < prior < 1)):
        raise WrongUse("a probability and a prior lie between 0 and 1")
    with captures.opened(case, "personas", "", reason, TABLES) as (events, standing, asked):
        seen = observed(case, events, standing)
        whole = linked(case, seen, standing, prior)
        told = [(link, *whole.of(link)) for link in whole.links if link.probability >= least or standing.rulings]
        states = Counter(state for *_, state in told)
        hidden = set() if rejected else {"rejected"}
        kept = [one for one in told if one[-1] not in hidden and (one[0].probability >= least or one[-1] != "proposed")]
        shown = _within(kept, limit)
        asked.shown, asked.withheld = len(shown), len(kept) - len(shown)
        made = groups.personas(whole.comparer, [link for link, *_ in shown], whole.rulings(), least=least)
    return {
        "handles": len(whole.comparer.pool.handles),
        "protected": seen.protected,
        "compared": whole.compared,
        "more_share_something": whole.more,
        "prior": prior,
        "priors": [of(link.prior for link in whole.links) for of in (min, max)] if whole.links else [],
        "links": [told_link(case, *one) for one in shown],
        "personas": [msgspec.to_builtins(one) | {"handles": [h._asdict() for h in one.handles]} for one in made],
        "rejected": states["rejected"],
        "beyond_limit": asked.withheld,
    }


def _within(kept: list[_Told], limit: int) -> list[_Told]:
    """As many as may be shown, in their order: what people supported, then the first of the others."""
    first = sorted(range(len(kept)), key=lambda at: kept[at][-1] not in {"supported", "accepted"})
    return [kept[at] for at in sorted(first[:limit])]


def told_link(case: Case, link: Link, name: str, words: Said, state: State) -> dict[str, Any]:
    """A hypothesis as it is shown, with everything that was said of it."""
    told: dict[str, Any] = msgspec.to_builtins(link)
    told |= {"id": name, "a": link.a._asdict(), "b": link.b._asdict(), "log10_lr": link.log_lr / float(np.log(10))}
    told["parts"] = [{"of": part, "log10_lr": value / float(np.log(10))} for part, value in link.parts]
    told["state"] = state
    told["said"] = [
        {
            "who": case.custody.names(entry).get("who", ""),
            "says": word.says,
            "when": word.at,
            "why": word.why,
            "log10_lr": word.log10_lr / 1000,
            "calibration_changed": word.calibration != shipped().made,
        }
        for word, entry in words
    ]
    del told["log_lr"]
    return told
