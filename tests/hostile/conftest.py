"""The hostile corpus, written once for each worker process."""

from __future__ import annotations

import pytest

from homeward.testing.corpus import Planted, plant


@pytest.fixture(scope="session")
def hostile_corpus(tmp_path_factory: pytest.TempPathFactory) -> tuple[Planted, ...]:
    """Every hostile file on disk with what may come of it; read them, change nothing."""
    return plant(tmp_path_factory.mktemp("hostile"))
