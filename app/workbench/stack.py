"""The picture of a stack: kernel, base, layers, writable layer, drawn as blocks that stand on each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from rich.cells import cell_len

from app.workbench.figures import ago, short_id, size
from app.workbench.spans import Span, cut, cut_spans, plain, spread, width_of, wrap
from app.workbench.trees import File
from app.workbench.yard import Layer

HUES = 6
"""How many colours neighbouring layers take turns in."""
EIGHTHS = " ▏▎▍▌▋▊▉█"
BLOCK_LINES = 3
BOTTOM = 3
"""Lines below the lowest layer."""
NOOP = "/bin/sh -c #(nop)"


class Block(NamedTuple):
    """One thing that stands in the stack."""

    kind: Literal["writable", "layer"]
    label: str
    size: int | None
    """None while it is being measured."""
    command: str
    when: str = ""
    id: str = ""
    trace: Span = Span("")
    """What it has of the path that is traced."""


class Drawn(NamedTuple):
    """Lines, and to which block each belongs (-1: to none)."""

    lines: list[list[Span]]
    owners: list[int]


class Writable(NamedTuple):
    """A container's own layer."""

    name: str
    """The container's."""
    size: int | None = None
    """None while it is being measured."""
    changes: tuple[int, int, int] | None = None
    """How many names it added, changed and deleted."""

    @property
    def note(self) -> str:
        """Say what is in it."""
        if self.changes is None:
            return f"what {self.name} wrote; goes when it is removed"
        words = ("added", "changed", "deleted")
        told = [f"{count} {word}" for count, word in zip(self.changes, words, strict=True) if count]
        return f"{self.name}: {', '.join(told) or 'nothing'}; goes when it is removed"


def blocks(
    layers: Sequence[Layer],
    now: float,
    also: Mapping[str, str],
    writable: Writable | None,
    trace: Mapping[int, Span] = {},
) -> list[Block]:
    """Name what stands in the stack, the top first.

    `also` names the images that end at a chain id; `trace` says what the layers, counted from 1, have of a
    path.
    """
    found: list[Block] = []
    if writable:
        note, traced = writable.note, trace.get(len(layers) + 1, Span(""))
        found.append(Block("writable", "writable layer", writable.size, note, trace=traced))
    for number in range(len(layers), 0, -1):
        layer = layers[number - 1]
        label = "base layer" if number == 1 else f"layer {number}"
        if layer.chain_id in also:
            label += f" · {also[layer.chain_id]}"
        command, when = tidy(layer.command), ago(layer.created, now)
        traced = trace.get(number, Span(""))
        found.append(Block("layer", label, layer.size, command, when, layer.chain_id, traced))
    return found


def tidy(command: str) -> str:
    """Write the step that made a layer the way it stood in the Dockerfile."""
    command = plain(command).strip().removesuffix(" # buildkit")
    ran = command.removeprefix("RUN ")
    if command.startswith(NOOP):
        return command.removeprefix(NOOP).strip()
    for shell in ("/bin/sh -c ", "|0 /bin/sh -c "):
        if ran.startswith(shell):
            return f"RUN {ran.removeprefix(shell)}"
    return command or "(no command is recorded)"


def bar(part: float, width: int) -> str:
    """Draw a share of `width` cells, to an eighth of a cell; what is not nothing is seen."""
    eighths = round(part * width * 8)
    if part > 0:
        eighths = max(1, eighths)
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()


def draw(blocks: Sequence[Block], kernel: str, width: int, height: int, cursor: int | None = None) -> Drawn:
    """Draw the stack; blocks have three lines if all fit, else one. The one under the cursor tells all."""
    ghost = not blocks or blocks[0].kind != "writable"
    tall = len(blocks) * BLOCK_LINES + ghost + BOTTOM <= height
    painter = _Painter(width, max((block.size or 0 for block in blocks), default=0))
    if ghost:
        painter.ghost()
    for number, block in enumerate(blocks):
        above = blocks[number - 1] if number else None
        painter.block(number, block, above, len(blocks) - number, tall or number == cursor, number == cursor)
    painter.kernel(kernel)
    return painter.drawn


class _Painter:
    def __init__(self, width: int, largest: int) -> None:
        self.width = max(16, width)
        self.largest = largest
        self.parted = False
        """Whether the block above must be told apart by an edge."""
        self.drawn = Drawn([], [])

    def _add(self, owner: int, spans: list[Span]) -> None:
        self.drawn.lines.append(spans)
        self.drawn.owners.append(owner)

    def ghost(self) -> None:
        """Show where a container's own layer would stand."""
        text = cut(" a container's writable layer goes on top ", self.width - 4)
        dashes = "╌" * (self.width - 3 - cell_len(text))
        self._add(-1, [Span(f"┌╌{text}{dashes}┐", "dim")])

    def block(
        self, number: int, block: Block, above: Block | None, level: int, tall: bool, chosen: bool
    ) -> None:
        """Draw one block: its upper edge with its name, and what it holds."""
        heavy = block.kind == "writable"
        role = "accent" if heavy else "rule"
        side = "┃" if heavy else "│"
        hue = "accent" if heavy else f"hue{level % HUES}"
        self._edge(number, block, above, tall, chosen)
        inner = self.width - 4
        for spans in self._inside(block, hue, inner, tall, chosen):
            filled = [*spans, Span(" " * (inner - width_of(spans)))]
            self._add(number, [Span(f"{side} ", role), *filled, Span(f" {side}", role)])

    def _edge(self, number: int, block: Block, above: Block | None, tall: bool, chosen: bool) -> None:
        joins = above is not None and above.kind == block.kind
        if not tall and joins and not self.parted:
            return
        self.parted = chosen
        if not tall and joins:
            self._add(number, [Span("├" + "─" * (self.width - 2) + "┤", "rule")])
            return
        heavy = block.kind == "writable"
        if heavy:
            left, dash, right = "┏", "━", "┓"
        elif above is None:
            left, dash, right = "├", "─", "┤"
        else:
            left, dash, right = ("┡", "━", "┩") if above.kind == "writable" else ("├", "─", "┤")
        mode = " read-write " if heavy else " read-only "
        label = f" {'▸ ' if chosen else ''}{block.label if tall or heavy else 'layers'} "
        room = self.width - 4 - len(mode)
        label = cut(label, room)
        role = "accent" if heavy or dash == "━" else "rule"
        filling = dash * (self.width - 4 - cell_len(label) - len(mode))
        name_role = "accent strong" if heavy else "strong"
        spans = [Span(left + dash, role), Span(label, name_role), Span(filling, role), Span(mode, "dim")]
        self._add(number, [*spans, Span(dash + right, role)])

    def _inside(self, block: Block, hue: str, width: int, tall: bool, chosen: bool) -> list[list[Span]]:
        weight = "…" if block.size is None else size(block.size)
        share = (block.size or 0) / self.largest if self.largest else 0
        if not tall:
            room = max(6, width // 4)
            drawn = bar(share, room)
            scale = [Span(drawn, hue), Span(" " * (room - len(drawn) + 1))]
            told = block.trace if block.trace.text else Span(block.command, "dim")
            left = [*scale, Span(f"{weight:>7}  "), told]
            return [spread(left, [], width)]
        lines = [spread([Span(bar(share, width - 9), hue)], [Span(f"{weight:>8}")], width)]
        if block.trace.text:
            lines.append(cut_spans([block.trace], width))
        elif not chosen:
            return [*lines, spread([Span(block.command, "dim")], [Span(block.when, "dim")], width, gap=2)]
        if chosen:
            lines += [[Span(text)] for text in wrap(block.command, width)]
        if not chosen:
            return lines
        id = short_id(block.id)
        details = " · ".join(part for part in (block.when, id and f"chain {id}") if part)
        return [*lines, [Span(cut(details, width), "dim")]] if details else lines

    def kernel(self, kernel: str) -> None:
        """Draw the ground on which everything stands."""
        inner = self.width - 4
        self._add(-1, [Span("╞" + "═" * (self.width - 2) + "╡", "rule")])
        words = [Span("bootfs", "strong"), Span(" · the kernel all share", "dim")]
        told = spread(words, [Span(kernel, "dim")], inner)
        self._add(-1, [Span("│ ", "rule"), *told, Span(" │", "rule")])
        self._add(-1, [Span("╘" + "═" * (self.width - 2) + "╛", "rule")])


def traced(path: str, file: File) -> dict[int, Span]:
    """Say what each layer has to do with a path."""
    shown = plain(path)
    if file.mark == "removed":
        found = {file.layer: Span(f" deletes {shown} ", "found")}
    else:
        found = {file.layer: Span(f" {shown} comes from here ", "found")}
    return found | dict.fromkeys(file.shadows, Span(f"hidden: its {shown}", "warn"))
