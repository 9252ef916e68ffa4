from __future__ import annotations

from homeward.known.grading import label, schemes


def test_a_code_is_explained_by_its_own_scheme_and_version_alone() -> None:
    assert label("project-vic", "2.0/US", "0") == "non-pertinent"
    assert label("project-vic", "2.0/US", "1") == "child abuse material (not verified)"
    assert label("project-vic", "2.0/UK", "0") is None
    assert label("project-vic", "2.0/US", "9") is None
    assert label("ncmec-industry", "", "A1") is None
    assert label("", "", "1") is None
    assert label("uk-sentencing", "2014", "A") != label("uk-sentencing", "2014", "B")
    assert label("uk-sentencing", "2007", "A") is None
    assert label("inhope-ucs", "3", "1") is None


def test_every_scheme_says_where_it_is_from_and_has_each_code_once() -> None:
    assert len(schemes()) == 8
    for scheme in schemes().values():
        assert scheme.source
        assert len({code.code for code in scheme.codes}) == len(scheme.codes)
