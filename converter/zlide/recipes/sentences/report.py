"""Write `evaluation.json` of a sentence VAE, and the model card that is rendered from it."""

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
from zlide.recipes.report import model_facts, to_json, write_evaluation
from zlide.recipes.sentences.bias import count_bias
from zlide.recipes.sentences.card import render_card
from zlide.recipes.sentences.corpus import Corpus
from zlide.recipes.sentences.encode_corpus import encode_corpus
from zlide.recipes.sentences.evaluate import DRAWS, encode_training, evaluate
from zlide.recipes.sentences.greedy_decoder import GreedyDecoder, StageProgress, ignore_progress
from zlide.recipes.sentences.samples import collect_samples


def compile_report(
    model: SentenceVAE,
    corpus: Corpus,
    axes: Axes,
    sentences: Sequence[str] = (),
    *,
    seed: int = 1,
    progress: StageProgress | None = None,
) -> dict[str, Any]:
    """Return the content of `evaluation.json`, except the curve.

    sentences: examples to sample around and between; held-out sentences if there are fewer than 2.
    Raises ZlideError as `evaluate` does.
    """
    progress = progress or ignore_progress
    training = encode_training(model, corpus, progress)
    figures = evaluate(model, corpus, axes, training, seed=seed, progress=progress)
    around = list(sentences) if len(sentences) > 1 else corpus.held_out_sentences()[:6]
    means = encode_corpus(model.encoder, [corpus.encode(s) for s in around]).means
    decode = GreedyDecoder(model, corpus.vocabulary, progress)
    draws = decode(
        "sampling the aggregate posterior", training.draw(DRAWS, np.random.default_rng(seed + 1))
    )
    return {
        **figures,
        "seed": seed,
        **model_facts(model, axes),
        "corpus": _corpus_facts(corpus),
        "samples": collect_samples(decode, around, means, axes, training, seed=seed),
        "bias": count_bias(corpus.repeated_sentences(), draws),
    }


def curve_point(
    kl_weight: float, evaluation: Mapping[str, Any], *, shipped: bool = False
) -> dict[str, Any]:
    """Return the figures of a model as a point of the rate-distortion curve."""
    keys = ("exact", "words", "active", "kl", "perplexity", "variety")
    return {"kl_weight": kl_weight, **{key: evaluation[key] for key in keys}, "shipped": shipped}


def read_curve(path: Path) -> list[dict[str, Any]]:
    """Read the points of sibling checkpoints that `add_to_curve` wrote; none without the file.

    Raises ZlideError for another file.
    """
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
    """Add a sibling that does not ship to the points in `path`.

    It replaces the point with the same KL weight.
    """
    others = [point for point in read_curve(path) if point["kl_weight"] != kl_weight]
    points = [*others, curve_point(kl_weight, evaluation)]
    with atomic_file(path) as partial:
        partial.write_text(to_json(sorted(points, key=lambda point: point["kl_weight"])), "utf-8")


def write_report(folder: Path, config: Mapping[str, Any], evaluation: Mapping[str, Any]) -> None:
    """Write the model card `README.md` and `evaluation.json`, as `write_evaluation` does.

    The curve has this model and the siblings in `curve.json`, if there is one.
    """
    shipped = curve_point(config["schedule"]["kl_weight"], evaluation, shipped=True)
    curve = sorted(
        [*read_curve(folder / "curve.json"), shipped],
        key=lambda point: (point["kl_weight"], point["shipped"]),
    )
    complete = {**evaluation, "curve": curve}
    write_evaluation(folder, complete, render_card(config, complete))


def _corpus_facts(corpus: Corpus) -> dict[str, Any]:
    return {
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
    }
