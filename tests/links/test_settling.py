"""Every member is linked to its exemplar itself; the order of links plays no part; hearsay is exactly what is missing."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from homeward.links.settling import Links, hearsay, settle

pairs = st.integers(1, 12).flatmap(
    lambda count: st.tuples(
        st.just(count),
        st.dictionaries(
            st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)).filter(lambda p: p[0] < p[1]),
            st.integers(0, 5),
            max_size=30,
        ),
        st.randoms(use_true_random=False),
    )
)


def links(table: dict[tuple[int, int], int]) -> Links:
    a, b = (np.array([pair[side] for pair in table], np.int64) for side in (0, 1))
    return Links(a, b, np.array(list(table.values()), np.float64))


def literal(count: int, table: dict[tuple[int, int], int]) -> list[int]:
    """The rule as it is written down, word by word."""
    exemplar: list[int] = []
    for row in range(count):
        near = [(-table[other, row], other) for other in range(row) if (other, row) in table and exemplar[other] == other]
        exemplar.append(min(near)[1] if near else row)
    return exemplar


@given(pairs)
def test_the_rule_is_followed_whatever_the_order(given_pairs: tuple[int, dict[tuple[int, int], int], object]) -> None:
    count, table, random = given_pairs
    shuffled = list(table.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    turned = {(pair if at % 2 else pair[::-1]): strength for at, (pair, strength) in enumerate(shuffled)}
    assert settle(count, links(table)).tolist() == settle(count, links(turned)).tolist() == literal(count, table)


@given(pairs)
def test_hearsay_is_what_neighbours_say_of_exemplars(given_pairs: tuple[int, dict[tuple[int, int], int], object]) -> None:
    count, table, _ = given_pairs
    exemplar = settle(count, links(table))
    said = {tuple(pair) for pair in hearsay(links(table), exemplar).tolist()}
    expected = set()
    for pair in table:
        for one, other in (pair, pair[::-1]):
            if exemplar[one] != exemplar[other]:
                expected.add(tuple(sorted((one, int(exemplar[other])))))
    assert said == expected


def test_a_chain_is_cut() -> None:
    chain = {(0, 1): 1, (1, 2): 1, (2, 3): 1}
    assert settle(4, links(chain)).tolist() == [0, 0, 2, 2]


def test_nothing_is_settled_without_links() -> None:
    assert settle(3, links({})).tolist() == [0, 1, 2]
    assert hearsay(links({}), np.arange(3)).shape == (0, 2)
