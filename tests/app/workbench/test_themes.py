"""Colour themes."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.color import Color

from app.workbench import themes
from engine.errors import InvalidInput, NotFound

OURS = Path(__file__).resolve().parents[3] / "themes"
ALL = sorted(path.stem for path in OURS.glob("*.yaml"))
NAMES = [name for name in ALL if name not in ("plain", "terminal")]
"""Those with colours of their own."""


def luminance(colour: str) -> float:
    """WCAG 2.2's relative luminance."""
    parts = [part / 255 for part in Color.parse(colour).rgb]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_the_default_at_hand_is_the_one_in_the_file() -> None:
    assert themes.read(str(OURS / "stackyard.yaml")) == themes.default()


@pytest.mark.parametrize("name", NAMES)
def test_words_are_legible(name: str) -> None:
    colours = {key.removeprefix("yard-"): value for key, value in themes.load(name).variables.items()}
    least = 7.0 if name in ("floodlight", "noon") else 4.5
    for role in ("foreground", "dim", "accent", "good", "warn", "bad"):
        assert contrast(colours[role], colours["background"]) >= least, role
        assert contrast(colours[role], colours["panel"]) >= 4, role
    for under in ("cursor", "found"):
        assert contrast(colours[f"{under}-text"], colours[under]) >= least, under
    for hue in range(6):
        assert contrast(colours[f"hue{hue}"], colours["background"]) >= 3, hue


@pytest.mark.parametrize("name", ["beacon", "beacon-day"])
def test_good_and_bad_are_told_apart_without_red_and_green(name: str) -> None:
    """Machado, Oliveira and Fernandes (2009), deuteranopia of severity 1, on linear light."""
    matrix = ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881))

    def seen(colour: str) -> list[float]:
        linear = [(part / 255) ** 2.2 for part in Color.parse(colour).rgb]
        mixed = [sum(a * b for a, b in zip(row, linear, strict=True)) for row in matrix]
        return [255 * max(0.0, min(1.0, part)) ** (1 / 2.2) for part in mixed]

    colours = themes.load(name).variables
    for one, other in (("good", "bad"), ("good", "warn"), ("warn", "bad")):
        pair = seen(colours[f"yard-{one}"]), seen(colours[f"yard-{other}"])
        assert sum((a - b) ** 2 for a, b in zip(*pair, strict=True)) ** 0.5 > 35, (one, other)


def test_there_are_enough_to_choose_from() -> None:
    assert len(ALL) >= 8
    assert sum(not themes.load(name).dark for name in ALL) >= 3


def test_a_users_theme_is_found_and_fills_its_gaps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "stackyard" / "themes"
    folder.mkdir(parents=True)
    (folder / "mine.yaml").write_text("accent: '#ff0000'\n")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert "mine" in themes.names()
    assert themes.names()[0] == "stackyard"
    theme = themes.load("mine")
    assert theme.name == "mine"
    assert theme.variables["yard-accent"] == "#ff0000"
    assert theme.variables["yard-good"] == themes.default().variables["yard-good"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("accent: [", "bad.yaml:"),
        ("- a\n- b\n", "bad.yaml:1:1: this must be `name: value` lines, not a list"),
        ("dark: true\nacent: red\n", "bad.yaml:2:1: there is no colour 'acent': did you mean 'accent'"),
        ("accent: reddish\n", "bad.yaml:1:9: 'reddish' is no colour"),
    ],
)
def test_a_bad_file_says_what_is_wrong(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(InvalidInput, match=sentence):
        themes.read(str(path))


def test_an_unknown_name_says_which_there_are() -> None:
    with pytest.raises(NotFound, match="no such theme: neon") as problem:
        themes.load("neon")
    assert "daylight" in (problem.value.resolution or "")
