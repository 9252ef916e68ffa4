"""Plug-ins by the command line: in, asked, listed, out, and each wrong use in one sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import homeward

import tiny_plugins as tiny
from homeward.testing import scenes
from homeward.testing.encoding import encode
from homeward.testing.lettering import Sign, written


@pytest.mark.slow
def test_a_plugin_from_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "seized").mkdir()
    (tmp_path / "seized" / "room.jpg").write_bytes(encode(scenes.room(3, 320, 240)))
    tiny.made(tmp_path, "global", "thumb", tiny.thumbnail())
    assert homeward("init", "case", "--agency", "A", cwd=tmp_path).returncode == 0
    assert homeward("ingest", "case", "seized", "--exhibit", "X", "--authority", "W", cwd=tmp_path).returncode == 0
    added = homeward("plugin", "add", "case", "thumb", cwd=tmp_path)
    assert added.returncode == 0, added.stderr
    assert "uncalibrated" in added.stdout
    data = tiny.detector()
    told = tiny.manifest("detector", "things", data)
    told["model"]["states"] = {"lamp": "socket: F"}
    tiny.written(tmp_path / "things", told, data)
    assert "nobody hears them yet" in homeward("plugin", "add", "case", "things", cwd=tmp_path).stdout
    early = homeward("find", "case", "seized/room.jpg", "--by", "place", "--with", "thumb", cwd=tmp_path)
    assert (early.returncode, "has said nothing about this case yet" in early.stderr) == (2, True)
    assert homeward("process", "case", "--executor", "inline", cwd=tmp_path).returncode == 0
    row, other = json.loads(homeward("plugin", "list", "case", "--json", cwd=tmp_path).stdout)
    assert (other["states"], other["listened"]) == ({"lamp": "socket: F"}, False)
    heard = homeward("plugin", "listen", "case", "things", "--reason", "a test", cwd=tmp_path)
    assert (heard.returncode, "lamp (socket: F)" in heard.stdout) == (0, True)
    (told,) = json.loads(homeward("whereabouts", "case", "--json", cwd=tmp_path).stdout)
    assert told["cues"][0]["seen"].keys() == {"plugin", "version", "manifest", "picture", "region", "score"}
    shown_one = homeward("whereabouts", "case", told["items"][0][:12], cwd=tmp_path)
    assert "plug-in things 1.0" in " ".join(shown_one.stdout.split())
    assert homeward("plugin", "listen", "case", "things", "--off", "--reason", "a test", cwd=tmp_path).returncode == 0
    assert json.loads(homeward("whereabouts", "case", "--json", cwd=tmp_path).stdout) == []
    assert (row["id"], row["kind"], row["done"], row["failed"], row["calibration"]) == ("thumb", "global", 1, 0, None)
    asked = homeward("find", "case", "seized/room.jpg", "--by", "place", "--with", "thumb", "--json", cwd=tmp_path)
    (found,) = json.loads(asked.stdout)
    assert {"sha256", "time", "paths", "score", "log10_lr", "region"} <= found.keys()
    assert (found["score"], found["log10_lr"], found["region"]) == (1.0, None, [0, 0, 320, 240])
    shown = homeward("find", "case", "seized/room.jpg", "--by", "place", "--with", "thumb", cwd=tmp_path)
    assert "uncalibrated" in shown.stdout
    for wrong, words in (
        (("find", "case", "seized/room.jpg", "--by", "copy", "--with", "thumb"), "by place or by object"),
        (("find", "case", "seized/room.jpg", "--by", "place", "--with", "other"), "no plug-in 'other'"),
        (("plugin", "add", "case", "seized"), "plugin.json cannot be read"),
        (("plugin", "remove", "case", "other", "--reason", "a test"), "no plug-in 'other'"),
        (("plugin", "listen", "case", "thumb", "--reason", "a test"), "'thumb' states nothing"),
        (("plugin", "listen", "case", "things"), "Missing option '--reason'"),
        (("find", "case", "--text", "lamp", "--with", ""), "no plug-in ''"),
        (("find", "case", "seized/room.jpg", "--by", "copy", "--with", ""), "by place or by object"),
        (("find", "case", "seized/room.jpg", "--by", "place", "--with", ""), "no plug-in ''"),
        (("find", "case", "seized/room.jpg", "--by", "copy", "--region", ""), "a region is asked about"),
        (("find", "case", "--text", "lamp", "--region", ""), "a region is asked about"),
    ):
        done = homeward(*wrong, cwd=tmp_path)
        assert (done.returncode, words in done.stderr, "Traceback" in done.stderr) == (2, True, False), done.stderr
    assert homeward("plugin", "remove", "case", "thumb", "--reason", "a test", cwd=tmp_path).returncode == 0
    assert homeward("plugin", "remove", "case", "things", "--reason", "a test", cwd=tmp_path).returncode == 0
    assert json.loads(homeward("plugin", "list", "case", "--json", cwd=tmp_path).stdout) == []
    assert homeward("verify", "case", cwd=tmp_path).returncode == 0


@pytest.mark.slow
def test_words_and_sounds_from_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "seized").mkdir()
    sign = written([Sign("TABEREL 77", (30, 30))], (260, 100))[0]
    (tmp_path / "seized" / "sign.png").write_bytes(encode(sign[..., None].repeat(3, axis=2), "png"))
    reading = tiny.reading([0.95, 0.75, 0.45])
    told = tiny.manifest("ocr-rec", "shades", reading)
    told["model"]["least"] = 0.1
    tiny.written(tmp_path / "shades", told, reading)
    tiny.made(tmp_path, "audio", "tones", tiny.hearing(8000, [60, 150, 250, 400, 700, 1000, 1500, 2200]))
    assert homeward("init", "case", "--agency", "A", cwd=tmp_path).returncode == 0
    assert homeward("ingest", "case", "seized", "--exhibit", "X", "--authority", "W", cwd=tmp_path).returncode == 0
    for name in ("shades", "tones"):
        assert homeward("plugin", "add", "case", name, cwd=tmp_path).returncode == 0
    assert homeward("process", "case", "--executor", "inline", cwd=tmp_path).returncode == 0
    rows = json.loads(homeward("plugin", "list", "case", "--json", cwd=tmp_path).stdout)
    assert [(row["id"], row["kind"], row["done"], row["failed"]) for row in rows] == [
        ("shades", "ocr-rec", 1, 0),
        ("tones", "audio", 0, 0),
    ]
    assert "shades reads print.\ntones ranks clips" in homeward("plugin", "list", "case", cwd=tmp_path).stdout
    (read,) = json.loads(homeward("find", "case", "--text", "абаба", "--with", "shades", "--json", cwd=tmp_path).stdout)
    assert (read["paths"], read["plugin"]["id"], read["log10_lr"]) == (["X > sign.png"], "shades", None)
    assert "uncalibrated" in homeward("find", "case", "--text", "абаба", "--with", "shades", cwd=tmp_path).stdout
    for wrong, words in (
        (("find", "case", "seized/sign.png", "--by", "place", "--with", "shades"), "it is asked with --text"),
        (("find", "case", "seized/sign.png", "--by", "place", "--with", "tones"), "has said nothing about this case yet"),
        (("find", "case", "--text", "абаба", "--with", "tones"), "asked with a picture or a clip"),
        (("find", "case", "seized/sign.png", "--by", "text", "--with", "shades"), "one that detects or reads by --text"),
    ):
        done = homeward(*wrong, cwd=tmp_path)
        assert (done.returncode, words in done.stderr, "Traceback" in done.stderr) == (2, True, False), done.stderr
