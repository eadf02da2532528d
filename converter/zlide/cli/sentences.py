"""The commands of a checkpoint of sentences."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zlide.cli.console import print_parts, progress_bar
from zlide.cli.tables import format_confidence, format_evaluation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zlide.checkpoint import SentenceCheckpoint
    from zlide.decoders import Decoded
    from zlide.recipes.sentences import Corpus
    from zlide.vocabulary import Vocabulary


def evaluate(
    checkpoint: SentenceCheckpoint, files: tuple[Path, ...], curve: Path | None, seed: int
) -> None:
    """Evaluate on the corpus in `files`, and write the model card or add to `curve`."""
    from zlide.recipes.sentences import add_to_curve, compile_report, write_report

    settings = checkpoint.settings
    corpus = _read_corpus(checkpoint, files)
    with progress_bar("evaluating") as bar:
        figures = compile_report(
            checkpoint.model,
            corpus,
            checkpoint.axes,
            list(checkpoint.examples)[:6],
            seed=seed,
            progress=lambda stage, done, total: bar.update(done, total, stage),
        )
    print_parts([format_evaluation(figures)])
    if curve:
        add_to_curve(curve, settings.schedule.kl_weight, figures)
    else:
        write_report(checkpoint.folder, settings.model_dump(), figures)


def encode_points(checkpoint: SentenceCheckpoint, files: tuple[Path, ...]) -> NDArray[Any]:
    """Return the posterior means (N, Z) of up to 2,000 training sentences."""
    from zlide.recipes.sentences import encode_training_points

    return encode_training_points(checkpoint, _read_corpus(checkpoint, files))


def decode(
    checkpoint: SentenceCheckpoint,
    decoder: Any,
    position: tuple[NDArray[Any], NDArray[Any]],
    options: dict[str, Any],
) -> None:
    """Decode sliders (K,) and z (1, Z) of a position, and print the sentence."""
    import torch

    from zlide.decoders import Sampling, decode_sentences

    if options["png"] is not None:
        raise click.UsageError("--png needs a model that decodes pictures.")
    vocabulary, (sliders, z) = checkpoint.vocabulary, position
    temperature = options["temperature"]
    mode = (
        None
        if temperature is None
        else Sampling(temperature, options["top_k"] or None, options["seed"] or 0)
    )
    (decoded,) = decode_sentences(
        decoder,
        torch.from_numpy(z),
        [mode],
        begin=vocabulary.begin,
        end=vocabulary.end,
        max_length=vocabulary.max_length,
    )
    if options["as_json"]:
        click.echo(_to_json(decoded, vocabulary, sliders, z, confidence=options["confidence"]))
        return
    click.echo(vocabulary.text(decoded.tokens))
    if options["confidence"]:
        print_parts(format_confidence(decoded, vocabulary))


def _to_json(
    decoded: Decoded,
    vocabulary: Vocabulary,
    sliders: NDArray[Any],
    z: NDArray[Any],
    *,
    confidence: bool,
) -> str:
    return json.dumps(
        {
            "text": vocabulary.text(decoded.tokens),
            "tokens": decoded.tokens,
            **(
                {"confidence": decoded.confidence, "ending": decoded.end_confidence}
                if confidence
                else {}
            ),
            "sliders": sliders.tolist(),
            "z": z[0].tolist(),
        }
    )


def _read_corpus(checkpoint: SentenceCheckpoint, files: tuple[Path, ...]) -> Corpus:
    from zlide.recipes.sentences import training_corpus

    if not files:
        raise click.UsageError(
            f"Missing option '--corpus': {checkpoint.folder} is a sentence VAE; "
            "name the files it was trained on."
        )
    return training_corpus(checkpoint, files)
