"""Results as tables and lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from zlide.bundle import MAX_REFERENCE_BYTES, AxesSet, Manifest, graph_nodes, graphs_of
from zlide.files import gzip_path

if TYPE_CHECKING:
    from zlide.axes import Axes
    from zlide.decoders import Decoded
    from zlide.describe import AxisDescription
    from zlide.exporter import Report, WrittenReference
    from zlide.verify import Verdict
    from zlide.vocabulary import Vocabulary

Part = Table | Text

MAX_EFFECTS = 4
"""Effects in the row of an axis."""


def format_report(report: Report) -> Iterator[Part]:
    """Yield the graphs of an export, the comparisons, the remarks and the timing."""
    rows = [
        (name, str(sum(graph.ops.values())), _size(graph.weights), f"{graph.difference:.1e}")
        for name, graph in report.graphs.graphs.items()
    ]
    yield _table(("graph", "nodes", "weights", "written graph − PyTorch"), rows)
    manifest, (changed, total) = report.manifest, report.changed_by_quantization
    spec = manifest.decoder
    yield Text(
        f"PyTorch, lowered PyTorch and the written graph agree at {report.positions} positions, "
        f"{spec.agreement}"
    )
    reason = f"; {report.overflow}" if report.overflow else ""
    yield Text(
        f"weights stored as {manifest.precision}: "
        f"{changed} of {total:,} {spec.samples} differ from those of float32{reason}"
    )
    if report.reference is not None:
        yield Text(_reference_summary(report.reference))
    yield from map(Text, report.remarks)
    yield Text(", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in report.seconds.items()))
    size = _size(sum(file.bytes for file in manifest.files))
    seconds = sum(report.seconds.values())
    yield Text(f"{manifest.name}: {size} in {len(manifest.files)} files, {seconds:.1f} s")


def format_verdict(verdict: Verdict) -> Iterator[Part]:
    """Yield the figures of a verification, and a line for each sample that differs."""
    result = "equal" if verdict.passed else "NOT EQUAL"
    yield Text(f"{verdict.name}: {result} to {verdict.reference}")
    encoder = (f"encoder, {verdict.encoded} samples", f"{verdict.encoder_difference:.1e}")
    tensors = ", ".join("–" if count is None else str(count) for count in verdict.tensors)
    rows = [
        *verdict.samples.rows(),
        ("largest difference in z", f"{verdict.z_difference:.1e}"),
        *([encoder] if verdict.encoded else []),
        ("live tensors after 10, 500 decodes", tensors),
        ("median decode", f"{verdict.milliseconds:.1f} ms, {verdict.backend}"),
        ("browser", verdict.browser),
    ]
    yield _table(("", "found"), rows)
    yield from map(Text, verdict.samples.lines())


def format_manifest(bundle: Path, manifest: Manifest) -> Iterator[Part]:
    """Yield the manifest, the files and the graphs of a bundle whose hashes have been checked."""
    yield _table(("manifest", ""), _manifest_rows(manifest))
    compressed = {
        file.path: f"{path.stat().st_size:,}"
        for file in manifest.files
        if (path := gzip_path(bundle / file.path)).is_file()
    }
    files = [
        (file.path, f"{file.bytes:,}", compressed.get(file.path, "–"), f"{file.sha256[:12]}… ✓")
        for file in manifest.files
    ]
    yield _table(("file", "bytes", "as .gz", "sha256"), files)
    nodes = [
        (graph.path.removesuffix("/model.json"), graph_nodes(bundle / graph.path))
        for graph in graphs_of(manifest)
    ]
    rows = [
        (name, str(sum(ops.values())), ", ".join(f"{op} {count}" for op, count in ops.items()))
        for name, ops in nodes
    ]
    yield _table(("graph", "nodes", "by op, without constants"), rows)


def _manifest_rows(manifest: Manifest) -> list[tuple[str, str]]:
    checkpoint = (manifest.checkpoint or "unknown")[:12]
    versions = ", ".join(f"{name} {number}" for name, number in manifest.versions.items())
    return [
        ("format", manifest.format),
        ("title", manifest.title),
        ("license", manifest.license or "none given"),
        ("kind", manifest.decoder.summary(manifest.tokens)),
        ("latent size", f"{manifest.latent_size}"),
        *((f"axes {axes.name}", _axes_summary(axes)) for axes in manifest.axes),
        ("weights", f"{manifest.precision}, from checkpoint {checkpoint}"),
        ("made with", versions),
    ]


def _axes_summary(axes: AxesSet) -> str:
    points = f", {axes.points.count:,} points" if axes.points else ""
    return f"{len(axes.axes)}, {axes.default_count} shown first, ±{axes.range:g} σ{points}"


def format_axes(axes: Axes, described: Sequence[AxisDescription]) -> Iterator[Part]:
    """Yield a table of axes, with a suggested name and the largest effects of each."""
    rows = [
        (
            axes.names[axis.axis],
            axis.name or "–",
            "; ".join(effect.summary() for effect in axis.effects[:MAX_EFFECTS])
            or "no effect that chance alone does not explain",
        )
        for axis in described
    ]
    header = ("axis", "suggested", "change from −2 σ to 2 σ, ± its standard error")
    yield _table(header, rows)


def format_confidence(decoded: Decoded, vocabulary: Vocabulary) -> Iterator[Part]:
    """Yield a line for each word of a sentence and for its end, with the model's probability."""
    for token, probability in zip(decoded.tokens, decoded.confidence, strict=True):
        yield Text(f"{probability:.3f}  {vocabulary.words[token]}")
    if decoded.end_confidence is None:
        yield Text("       (cut at the maximum length)")
    else:
        yield Text(f"{decoded.end_confidence:.3f}  (end)")


def format_evaluation(figures: Mapping[str, Any]) -> Table:
    """Return the main figures of a sentence model's evaluation."""
    perplexity = figures["perplexity"]
    rows = [
        (name, _figure(figures[name]))
        for name in ("exact", "words", "unknown", "active", "kl", "variety")
    ]
    rows += [
        (f"perplexity {name}", f"{value:.1f} ({value / perplexity['held_out']:.2f} × held out)")
        for name, value in perplexity.items()
    ]
    return _table(("figure", "value"), rows)


def format_world_evaluation(figures: Mapping[str, Any]) -> Table:
    """Return the main figures of a world's evaluation."""
    rows = [
        ("rmse", f"{figures['rmse']:.4f}"),
        ("kl", f"{figures['kl']:.1f}"),
        ("active", str(figures["active"])),
    ]
    if balls := figures.get("fireballs"):
        shares = {
            "reconstructed": "with_fireball",
            "invented": "without_fireball",
            "shown": "without_fireball",
            "faint": "without_fireball",
        }
        rows += [
            (f"fireballs {key}".replace("_", " "), f"{balls[key]:.1%} of {balls[of]:,}")
            for key, of in shares.items()
        ]
    return _table(("figure", "value"), rows)


def _reference_summary(reference: WrittenReference) -> str:
    """Return where the reference of an export is, and how much it has."""
    count = f"{reference.positions:,} positions"
    if reference.positions < reference.available:
        limit = _size(MAX_REFERENCE_BYTES)
        count = f"{count} of {reference.available:,}, as many as fit in {limit} of samples"
    return (
        f"{reference.path}: {count}, {reference.dtype}, {_size(reference.bytes)}; "
        "`zlide verify` compares them, do not publish it"
    )


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """Return a table whose last column alone may wrap; cells are never markup."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for number, name in enumerate(header, 1):
        table.add_column(name, no_wrap=number < len(header))
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _figure(value: float) -> str:
    """Return all digits of an int, and three digits of a float."""
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.3g}" if abs(value) < 999.5 else f"{value:,.0f}"


def _size(count: int) -> str:
    return f"{count / 1e6:.2f} MB" if count >= 1e5 else f"{count / 1e3:.1f} kB"
