"""Why something that came from outside is not taken."""

from __future__ import annotations

from homeward.core import HomewardError


class PackageRefused(HomewardError, ValueError):
    """The package, or the card of a partner, is not what it has to be; the message is one sentence."""
