"""What commands have to say, as tables and lines for people; `cli.py` prints them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from zlide.bundle import AxesSet, Manifest, graph_nodes, graphs_of
from zlide.files import beside

if TYPE_CHECKING:
    from zlide.axes import Axes
    from zlide.describe import Described
    from zlide.exporter import Report
    from zlide.verify import Verdict

Printed = Table | Text

_TOLD = 4  # effects in the row of an axis
_NOTHING = "nothing changes by more than chance"


def of_report(report: Report) -> Iterator[Printed]:
    """An export: its graphs, what was compared, and what came of it."""
    graphs = report.graphs.graphs.items()
    rows = [
        (name, str(sum(g.ops.values())), _bytes(g.weights), f"{g.difference:.1e}")
        for name, g in graphs
    ]
    yield _table(("graph", "nodes", "weights", "TensorFlow − PyTorch"), rows)
    manifest, (changed, of) = report.manifest, report.changed_by_rounding
    exactly, samples = (
        ("word for word", "sentences")
        if manifest.decoder.kind == "text"
        else ("pixel by pixel", "pictures")
    )
    yield Text(
        f"PyTorch, lowered PyTorch and TensorFlow agree at {report.positions} positions, {exactly}"
    )
    because = f"; {report.overflow}" if report.overflow else ""
    yield Text(
        f"weights travel as {manifest.precision}: {changed} of {of:,} {samples} differ from float32's{because}"
    )
    yield from map(Text, report.remarks)
    total = sum(file.bytes for file in manifest.files)
    yield Text(", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in report.seconds.items()))
    yield Text(
        f"{manifest.name}: {_bytes(total)} in {len(manifest.files)} files, {sum(report.seconds.values()):.1f} s"
    )


def of_verdict(verdict: Verdict) -> Iterator[Printed]:
    """A verification: how many sentences agree, and each that does not."""
    yield Text(f"{verdict.name}: {'equal' if verdict.passed else 'NOT EQUAL'} to {verdict.reference}")
    rows = [
        *verdict.samples.rows(),
        ("largest difference in z", f"{verdict.z_difference:.1e}"),
        *(
            [(f"of the encoder, {verdict.encoded} samples", f"{verdict.encoder_difference:.1e}")]
            if verdict.encoded
            else []
        ),
        (
            "tensors alive after 10, 500 decodes",
            ", ".join("–" if n is None else str(n) for n in verdict.tensors),
        ),
        ("median decode", f"{verdict.milliseconds:.1f} ms, {verdict.backend}"),
        ("browser", verdict.browser),
    ]
    yield _table(("", "found"), rows)
    yield from map(Text, verdict.samples.lines())


def of_manifest(bundle: Path, manifest: Manifest) -> Iterator[Printed]:
    """A bundle whose hashes have been checked: what it is, its files, its graphs."""
    tokens = manifest.tokens
    rows = [
        ("format", manifest.format),
        ("title", manifest.title),
        ("license", manifest.license or "none given"),
        (
            "kind",
            manifest.decoder.kind
            + (f", sentences of up to {tokens.max_length} words" if tokens else ""),
        ),
        ("latent", f"{manifest.latent_size} dimensions"),
        *(("axes " + s.name, _set(s)) for s in manifest.axes),
        (
            "weights",
            f"as {manifest.precision}, from checkpoint {(manifest.checkpoint or 'unknown')[:12]}",
        ),
        ("made with", ", ".join(f"{name} {number}" for name, number in manifest.versions.items())),
    ]
    yield _table(("manifest", ""), rows)
    packed = {
        file.path: f"{path.stat().st_size:,}"
        for file in manifest.files
        if (path := beside(bundle / file.path)).is_file()
    }
    files = [
        (file.path, f"{file.bytes:,}", packed.get(file.path, "–"), f"{file.sha256[:12]}… ✓")
        for file in manifest.files
    ]
    yield _table(("file", "bytes", "as .gz", "sha256"), files)
    counted = [
        (graph.path.removesuffix("/model.json"), graph_nodes(bundle / graph.path))
        for graph in graphs_of(manifest)
    ]
    by_op = [
        (name, str(sum(ops.values())), ", ".join(f"{op} {n}" for op, n in ops.items()))
        for name, ops in counted
    ]
    yield _table(("graph", "nodes", "by op, constants left out"), by_op)


def _set(axes: AxesSet) -> str:
    points = f", {axes.points.count:,} points" if axes.points else ""
    return f"{len(axes.axes)}, {axes.default_count} shown first, ±{axes.range:g} σ{points}"


def of_axes(axes: Axes, described: Sequence[Described]) -> Iterator[Printed]:
    """What axes do: each with the name that is suggested, and what changes most from −2 to 2 σ."""
    rows = [
        (
            axes.names[one.axis],
            one.name or "–",
            "; ".join(effect.line() for effect in one.effects[:_TOLD]) or _NOTHING,
        )
        for one in described
    ]
    yield _table(
        ("axis", "suggested", "from −2 σ to 2 σ, ± the standard error of the change"), rows
    )


def of_figures(figures: Mapping[str, Any]) -> Table:
    """An evaluation, in short."""
    perplexity = figures["perplexity"]
    plain = [
        (name, _figure(figures[name]))
        for name in ("exact", "words", "unknown", "active", "kl", "variety")
    ]
    relative = [
        (f"perplexity {name}", f"{value:.1f} ({value / perplexity['heldout']:.2f} × held out)")
        for name, value in perplexity.items()
    ]
    return _table(("figure", "value"), plain + relative)


def of_world_figures(figures: Mapping[str, Any]) -> Table:
    """An evaluation of a world, in short."""
    rows = [
        ("rmse", f"{figures['rmse']:.4f}"),
        ("kl", f"{figures['kl']:.1f}"),
        ("active", str(figures["active"])),
    ]
    if balls := figures.get("fireballs"):
        shares = {
            "shown": "frames",
            "invented": "others",
            "others_seen": "others",
            "others_true": "others",
        }
        rows += [
            (f"fireballs {key}".replace("_", " "), f"{balls[key]:.1%} of {balls[of]:,}")
            for key, of in shares.items()
        ]
    return _table(("figure", "value"), rows)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for place, name in enumerate(header, 1):
        table.add_column(
            name, no_wrap=place < len(header)
        )  # only what stands last is long enough to go on below
    for row in rows:
        table.add_row(*map(Text, row))  # as Text, so that no title is taken for markup
    return table


def _figure(value: float) -> str:
    """A count as it is, anything else in three digits."""
    return (
        f"{value:,}"
        if isinstance(value, int)
        else f"{value:.3g}"
        if abs(value) < 999.5
        else f"{value:,.0f}"
    )


def _bytes(count: int) -> str:
    return f"{count / 1e6:.2f} MB" if count >= 1e5 else f"{count / 1e3:.1f} kB"
