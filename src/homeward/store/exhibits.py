"""Exhibits: registered once, found again where they lie now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from homeward.core import WrongUse
from homeward.core.time import utc_now
from homeward.store.models import Exhibit

if TYPE_CHECKING:
    from homeward.core.canonical import Plain
    from homeward.store.case import Case


def register(case: Case, label: str, location: str, authority: str, acquirer: str) -> Exhibit:
    """The exhibit called ``label``, made if it is new; one that has been moved on disk is recorded as moved.

    Raises:
        WrongUse: the label is registered under another authority.
    """
    exhibit = Exhibit.objects.using(case.alias).filter(label=label).first()
    names = {"location": location}
    if exhibit is None:
        now = utc_now()
        details: dict[str, Plain] = {"label": label, "authority": authority, "registered": now.isoformat()}
        # The acquirer is a person, whose name can be erased by law.
        with case.batch("exhibit.add", details, {**names, "acquirer": acquirer}):
            return Exhibit.objects.using(case.alias).create(
                label=label, authority=authority, acquirer=acquirer, registered=now, location=location
            )
    if exhibit.authority != authority:
        raise WrongUse(f"the exhibit {label} is already registered under the authority {exhibit.authority}")
    if exhibit.location != location:
        with case.batch("exhibit.move", {"label": label}, names):
            exhibit.location = location
            exhibit.save(using=case.alias)
    return exhibit
