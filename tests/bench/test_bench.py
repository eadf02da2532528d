"""The bench times only contenders that decode what PyTorch does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.bench import contenders, decoding, floor, results, rival
from tests.bench.bench import Measured
from tests.bench.figures import Figure
from tests.bench.larger import LARGER, LATENT, Row, larger_decoder
from zlide.checkpoint import SentenceCheckpoint, WorldCheckpoint, read_checkpoint
from zlide.checkpoint.networks.world import WorldConfig, WorldDecoder
from zlide.decoders.values import decode_values
from zlide.errors import ZlideError

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def sentences() -> SentenceCheckpoint:
    checkpoint = read_checkpoint(ROOT / "weights/sentences")
    assert isinstance(checkpoint, SentenceCheckpoint)
    return checkpoint


@pytest.fixture(scope="module")
def doom() -> WorldCheckpoint:
    checkpoint = read_checkpoint(ROOT / "weights/doom")
    assert isinstance(checkpoint, WorldCheckpoint)
    return checkpoint


def test_the_whole_sentence_in_one_graph_is_what_greedy_decoding_writes(
    sentences: SentenceCheckpoint,
) -> None:
    whole = rival.Whole(sentences.axes, sentences.model.decoder, sentences.vocabulary)
    sliders, residual = decoding.single_positions(sentences, 5)
    with torch.no_grad():
        tokens = whole(torch.from_numpy(sliders), torch.from_numpy(residual)).tolist()
    end = sentences.vocabulary.end
    assert [row[: row.index(end)] if end in row else row for row in tokens] == decoding.written(
        sentences, sentences.axes.to_z(sliders, residual)
    )


def test_a_step_of_the_rival_sends_only_what_changes_through_the_graph(
    sentences: SentenceCheckpoint,
) -> None:
    assert rival.renewed_by(sentences.model.decoder, torch.zeros(2, 128), 0) == [
        0
    ]  # of h and what z adds to the gates and the logits


def test_the_grid_is_that_of_the_original_and_strips_move_one_slider(
    sentences: SentenceCheckpoint,
) -> None:
    sliders, residual = decoding.grid_positions(sentences)
    assert sliders.shape == (1215, 16)
    assert residual.shape == (1215, 128)
    assert len(np.unique(sliders, axis=0)) == 1215
    strips, _ = decoding.strip_positions(sentences, 3)
    for strip in strips.reshape(3, 7, 16):
        (moved,) = np.flatnonzero(np.ptp(strip, axis=0))
        assert strip[:, moved].tolist() == list(decoding.STRIP)


def test_the_floor_of_pictures_is_the_unpadded_products() -> None:
    products = floor.of_picture(WorldDecoder(WorldConfig(32)))
    assert [p.rows for p in products] == [1, 1, 25, 169, 900]
    assert (
        sum(p.multiplications for p in products)
        == 32 * 1024 + 1024 * 3200 + 25 * 128 * 1600 + 169 * 64 * 1152 + 900 * 32 * 108
    )


def test_who_decodes_something_else_is_named_and_not_timed(
    sentences: SentenceCheckpoint, doom: WorldCheckpoint
) -> None:
    def refuse(
        checkpoint: SentenceCheckpoint | WorldCheckpoint, sliders: Any, residual: Any, decoded: Any
    ) -> None:
        contender = contenders.Contender({}, checkpoint.model.decoder)
        decoding._refuse_others(
            "mine", contender, checkpoint, {"sliders": sliders, "residual": residual}, decoded
        )

    sliders, residual = decoding.single_positions(doom, 2)
    pictures = decode_values(doom.model.decoder, doom.axes.to_z(sliders, residual)).reshape(2, -1)
    pictures[1, 99] += 0.9 / 255
    refuse(doom, sliders, residual, pictures)
    for wrong in (2 / 255, np.nan):
        pictures[1, 99] += wrong
        with pytest.raises(
            ZlideError,
            match=r"^mine: expected PyTorch's pictures, to 0.0039 a pixel, "
            r"found one (0.0114|nan) away; ",
        ):
            refuse(doom, sliders, residual, pictures)
    sliders, residual = decoding.single_positions(sentences, 3)
    written = decoding.written(sentences, sentences.axes.to_z(sliders, residual))
    refuse(sentences, sliders, residual, written)
    with pytest.raises(
        ZlideError, match=r"^mine: expected PyTorch's words, found 1 of 3 sentences that differ; "
    ):
        refuse(sentences, sliders, residual, [written[0], written[1][:-1], written[2]])


@pytest.mark.parametrize("row", {(row.family, row.side): row for row in LARGER.values()}.values())
def test_a_larger_decoder_is_the_same_at_every_call_and_gives_pixels(row: Row) -> None:
    one, other = (larger_decoder(row.family, row.side) for _ in range(2))
    z = torch.randn(1, LATENT, generator=torch.Generator().manual_seed(1))
    pixels = one.decoder(z)
    assert pixels.shape == (1, row.side, row.side, 3)
    assert 0 <= pixels.min() < pixels.max() <= 1
    assert torch.equal(pixels, other.decoder(z))


def test_results_are_kept_with_those_before_and_become_the_table_of_the_readme(
    tmp_path: Path,
) -> None:
    path, readme = tmp_path / "results.json", tmp_path / "README.md"
    larger = tmp_path / "benchmarks.md"
    first = results.read_results(path)
    first.take(
        "image, doom",
        Measured(
            {
                "zlide": Figure.of([2.0, 4.0]),
                "onnxruntime-web": Figure.of([6.0]),
                "floor": Figure.of([1.0]),
            }
        ),
        quick=False,
    )
    first.take(
        "image 128, DCGAN-like",
        Measured(
            {"zlide": Figure.of([1.0]), "onnxruntime-web": Figure.of([2.0])}, {"LiteRT.js": "no"}
        ),
        quick=False,
    )
    results.write_results(first, path)
    second = results.read_results(path)
    second.take(
        "image, racing",
        Measured({"zlide": Figure.of([4.0]), "onnxruntime-web": Figure.of([5.0])}, {"stock": "no"}),
        quick=False,
    )
    assert second.held["ratios"] == {
        "image/rival": 0.8,
        "image/floor": 3.0,
        "image_128/rival": 0.5,
    }  # the worse of the two worlds
    readme.write_text(f"before\n{results.BEGIN}\nold\n{results.END}\nafter\n")
    larger.write_text(f"{results.BEGIN}\n{results.END}\n")
    results.write_table(second, readme, larger)
    assert larger.read_text().splitlines()[1:4] == [
        "|  | zlide | onnxruntime-web | LiteRT.js | PyTorch |",
        "| --- | ---: | ---: | ---: | ---: |",
        "| image 128, DCGAN-like | 1 ms | 2 ms | fails |  |",
    ]
    assert readme.read_text().splitlines()[2:6] == [
        "|  | zlide | onnxruntime-web | stock | PyTorch | floor | float32 |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
        "| image, doom | 3 ms | 6 ms |  |  | 1 ms |  |",
        "| image, racing | 4 ms | 5 ms | fails |  |  |  |",
    ]
    readme.write_text("no marks")
    with pytest.raises(
        ZlideError, match="expected <!-- written by `make bench` --> and <!-- end -->"
    ):
        results.write_table(second, readme, larger)
    path.write_text("[1]")
    with pytest.raises(ZlideError, match="expected results of the bench"):
        results.read_results(path)
