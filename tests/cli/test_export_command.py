"""``homeward export`` and ``homeward clearing`` as a person calls them: what makes no sense is one sentence and code 2."""

from __future__ import annotations

import json
from pathlib import Path

from command_line import homeward

WRONG = (
    ("export", "case", "--format", "case", "out"),
    ("export", "case", "--format", "vics", "out"),
    ("export", "case", "--format", "csv", "--into", "theirs.json", "x.csv"),
    ("export", "case", "--format", "vics", "--into", "none.json", "x.json"),
    ("export", "case", "--format", "package", "--to", "B", "--agreed", "1", "x.age"),
    ("clearing", "fetch", "case"),
    ("clearing", "vote", "case", "f" * 64),
    ("clearing", "vote", "case", "f" * 64, "--right"),
    ("clearing", "ask", "case", "--purpose", "p", "--legal-basis", "b"),
)


def test_formats_of_others_are_written_or_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "theirs.json").write_text('{"@odata.context": "2.0.xml/US", "value": [ ] }\n')
    assert homeward("init", "case", "--agency", "A", cwd=tmp_path).returncode == 0
    done = homeward("export", "case", "--format", "case", "out", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "Wrote 1 shards to out. It holds paths and hashes, no pictures.\n"
    shard = json.loads((tmp_path / "out" / "000000.jsonld").read_text())
    assert shard["@graph"][0]["uco-core:name"] == "case"
    back = homeward("export", "case", "--format", "vics", "--into", "theirs.json", "back.json", cwd=tmp_path)
    assert (back.returncode, back.stdout.count("0 of 0 records")) == (0, 1)
    assert (tmp_path / "back.json").read_bytes() == (tmp_path / "theirs.json").read_bytes()
    for command in WRONG:
        refused = homeward(*command, cwd=tmp_path)
        assert (refused.returncode, refused.stdout) == (2, ""), command
        assert refused.stderr.strip().splitlines()[-1].startswith("Error: "), command
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(("x.", ".homeward"))]
