"""The picture of a stack."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.workbench.spans import width_of
from app.workbench.stack import Drawn, Writable, bar, blocks, draw, tidy
from app.workbench.yard import Layer
from tests.app.workbench.fakeyard import NGINX, NOW, digest

NAMES = {digest(0xA1): "debian:bookworm"}


def text(drawn: Drawn) -> str:
    return "\n".join("".join(span.text for span in spans) for spans in drawn.lines)


def test_the_kernel_carries_the_base_and_the_writable_layer_is_on_top() -> None:
    drawn = text(draw(blocks(NGINX, NOW, NAMES, Writable("web", 48_200)), "Linux 6.6.0", 50, 40))
    order = ["writable layer", "layer 4", "layer 3", "layer 2", "base layer · debian:bookworm", "bootfs"]
    assert sorted(order, key=drawn.index) == order
    assert "read-write" in drawn.splitlines()[0]
    assert drawn.count("read-only") == 4


def test_an_image_shows_where_a_writable_layer_would_be() -> None:
    drawn = text(draw(blocks(NGINX, NOW, {}, None), "Linux 6.6.0", 60, 40))
    assert "a container's writable layer goes on top" in drawn.splitlines()[0]


def test_bars_are_to_scale() -> None:
    drawn = text(draw(blocks(NGINX, NOW, {}, None), "Linux 6.6.0", 60, 40)).splitlines()
    lengths = {size: next(line for line in drawn if size in line).count("█") for size in ("117MB", "64.2MB")}
    assert lengths["64.2MB"] / lengths["117MB"] == pytest.approx(64.2 / 117, abs=0.03)


@pytest.mark.parametrize(
    ("part", "drawn"), [(0, ""), (1e-9, "▏"), (0.5, "█████"), (1, "█" * 10), (0.56, "█████▋")]
)
def test_bar(part: float, drawn: str) -> None:
    assert bar(part, 10) == drawn


def test_a_tall_stack_has_a_line_for_each_layer_and_opens_the_chosen_one() -> None:
    layers = [Layer(digest(n), n * 1000, NOW, f"RUN step {n}") for n in range(1, 31)]
    stood = blocks(layers, NOW, {}, Writable("web"))
    drawn = draw(stood, "Linux 6.6.0", 60, 20)
    assert len(drawn.lines) == 1 + 1 + 1 + 30 + 3
    chosen = text(draw(stood, "Linux 6.6.0", 60, 20, cursor=5))
    assert "▸ layer 26" in chosen
    assert f"chain {'001a' * 3}" in chosen


def test_a_chosen_block_tells_its_whole_command() -> None:
    stood = blocks(NGINX, NOW, {}, None)
    said = " ".join(text(draw(stood, "Linux 6.6.0", 50, 40, cursor=2)).replace("│", " ").split())
    assert "--no-install-recommends nginx ca-certificates && rm -rf /var/lib/apt/lists/*" in said


def test_a_size_that_is_still_measured() -> None:
    assert "… ┃" in text(draw(blocks((), NOW, {}, Writable("web")), "Linux 6.6.0", 50, 40))


@given(st.integers(16, 140), st.integers(3, 60), st.none() | st.integers(0, 4), st.booleans())
def test_every_line_has_the_same_width(width: int, height: int, cursor: int | None, running: bool) -> None:
    stood = blocks(NGINX, NOW, NAMES, Writable("web", 1) if running else None)
    drawn = draw(stood, "Linux 6.6.0-with-a-long-name", width, height, cursor)
    assert {width_of(spans) for spans in drawn.lines} == {width}
    assert len(drawn.lines) == len(drawn.owners)
    assert set(range(len(stood))) <= set(drawn.owners)


@pytest.mark.parametrize(
    ("recorded", "shown"),
    [
        ('/bin/sh -c #(nop)  CMD ["sh"]', 'CMD ["sh"]'),
        ("/bin/sh -c apt-get update", "RUN apt-get update"),
        ("COPY a b # buildkit", "COPY a b"),
        ("RUN /bin/sh -c make # buildkit", "RUN make"),
        ("", "(no command is recorded)"),
        ("a\nb", "a b"),
    ],
)
def test_commands_read_as_in_a_dockerfile(recorded: str, shown: str) -> None:
    assert tidy(recorded) == shown
