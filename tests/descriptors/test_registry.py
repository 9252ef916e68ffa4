from __future__ import annotations

import pytest

from homeward.core import WrongUse
from homeward.descriptors import REGISTRY, descriptor
from homeward.testing.descriptors import check_descriptor


@pytest.mark.parametrize("name", REGISTRY)
def test_every_registered_descriptor_keeps_the_contract(name: str) -> None:
    check_descriptor(descriptor(name))
    assert descriptor(name).name == name


def test_an_unknown_name_is_wrong_use() -> None:
    with pytest.raises(WrongUse, match="pdqq"):
        descriptor("pdqq")
