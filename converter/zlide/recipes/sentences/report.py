"""`evaluation.json`, whole: figures, the curve they lie on, samples and counts; and the model card made from it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from zlide.axes import Axes
from zlide.checkpoint import SentenceVAE
from zlide.errors import ZlideError
from zlide.files import atomic_file
from zlide.recipes.sentences.bias import count_bias
from zlide.recipes.sentences.card import render_card
from zlide.recipes.sentences.corpus import Corpus
from zlide.recipes.sentences.encode_corpus import encode_corpus
from zlide.recipes.sentences.evaluate import DRAWS, Stages, Texts, evaluate
from zlide.recipes.sentences.samples import collect_samples


def report(
    model: SentenceVAE,
    corpus: Corpus,
    axes: Axes,
    sentences: Sequence[str] = (),
    *,
    seed: int = 1,
    progress: Stages | None = None,
) -> dict[str, Any]:
    """Everything that `evaluation.json` holds except the curve.

    sentences: examples to take samples around and between; held-out sentences where fewer than two are given.
    """
    tell = progress or (lambda _stage, _done, _total: None)
    coded = [corpus.encode(s) for s in corpus.sentences()]
    training = encode_corpus(
        model.encoder,
        coded,
        lambda done, total: tell("encoding the training sentences", done, total),
    )
    figures = evaluate(model, corpus, axes, training, seed=seed, progress=progress)
    held = [s for part in corpus.held_out.values() for s in part]
    around = list(sentences) if len(sentences) > 1 else held[:6]
    means = encode_corpus(model.encoder, [corpus.encode(s) for s in around]).means
    texts = Texts(model, corpus.vocabulary, progress)
    spoken = texts(
        "sampling the aggregate posterior", training.draw(DRAWS, np.random.default_rng(seed + 1))
    )
    seen = [s for name, part in corpus.train.items() for s in part * corpus.repeats[name]]
    return {
        **figures,
        "seed": seed,
        "parameters": sum(p.numel() for p in model.parameters()),
        "shares": [] if axes.share is None else [float(share) for share in axes.share],
        "corpus": {
            "digest": corpus.digest,
            "vocabulary": len(corpus.vocabulary),
            "files": {
                name: {
                    "training": len(part),
                    "repeats": corpus.repeats[name],
                    "held_out": len(corpus.held_out[name]),
                }
                for name, part in corpus.train.items()
            },
        },
        "samples": collect_samples(texts, around, means, axes, training, seed=seed),
        "bias": count_bias(seen, spoken),
    }


def curve_point(
    kl_weight: float, evaluation: Mapping[str, Any], *, shipped: bool = False
) -> dict[str, Any]:
    """A model as one point of the rate-distortion curve."""
    keys = ("exact", "words", "active", "kl", "perplexity", "variety")
    return {"kl_weight": kl_weight, **{key: evaluation[key] for key in keys}, "shipped": shipped}


def read_curve(path: Path) -> list[dict[str, Any]]:
    """The points of sibling checkpoints, as `add_to_curve` wrote them; none when there is no such file. Raises ZlideError for another file."""
    if not path.exists():
        return []
    try:
        points = json.loads(path.read_text("utf-8"))
        return [curve_point(float(point["kl_weight"]), point) for point in points]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ZlideError(
            path,
            f"expected a list of points with kl_weight and figures, found: {error}",
            "evaluate the checkpoints again",
        ) from error


def add_to_curve(path: Path, kl_weight: float, evaluation: Mapping[str, Any]) -> None:
    """Add a sibling that does not ship to the points in `path`, in the place of one with the same weight."""
    others = [point for point in read_curve(path) if point["kl_weight"] != kl_weight]
    points = sorted(
        [*others, curve_point(kl_weight, evaluation)], key=lambda point: point["kl_weight"]
    )
    with atomic_file(path) as beside:
        beside.write_text(_json(points), "utf-8")


def write_report(folder: Path, config: Mapping[str, Any], evaluation: Mapping[str, Any]) -> None:
    """Write `evaluation.json` and the model card `README.md`, both or neither; the siblings in `curve.json`, if there is one, and this model are
    its curve.
    """
    shipped = curve_point(config["schedule"]["kl_weight"], evaluation, shipped=True)
    curve = sorted(
        [*read_curve(folder / "curve.json"), shipped],
        key=lambda point: (point["kl_weight"], point["shipped"]),
    )
    whole = {**evaluation, "curve": curve}
    with atomic_file(folder / "evaluation.json") as figures:
        figures.write_text(_json(whole), "utf-8")
        with atomic_file(folder / "README.md") as card:
            card.write_text(render_card(config, whole), "utf-8")


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
