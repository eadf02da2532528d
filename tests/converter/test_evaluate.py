"""Each figure against a case by hand, and all of them on a small trained model."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from zlide.axes import Axes
from zlide.errors import ZlideError
from zlide.recipes.sentences.evaluate import (
    count_unknown,
    evaluate,
    exact_share,
    move_randomly,
    shuffle_words,
    traversals,
    variety,
    word_share,
)


def tilted_axes() -> Axes:
    """Six orthonormal directions in eight dimensions."""
    q, _ = np.linalg.qr(np.random.default_rng(0).standard_normal((8, 8)))
    return Axes(
        mean=np.arange(8, dtype=np.float32), axes=q[:6], stdev=np.arange(6, 0, -1, dtype=np.float32)
    )


def test_exact_share_counts_whole_sentences() -> None:
    assert exact_share(["a b", "c", "d e"], ["a b", "c c", "d e"]) == pytest.approx(2 / 3)


def test_words_beyond_the_shorter_sentence_are_wrong() -> None:
    # Two of three, one of two (one too many), none of two (nothing decoded), one of two (one lost).
    assert word_share(["a b c", "d", "e f", "g h"], ["a x c", "d d", "", "g"]) == pytest.approx(
        4 / 9
    )


def test_counts_tokens_that_are_not_words() -> None:
    assert count_unknown(["it's a <unk> song", "", "<begin> <unk>"]) == 3
    assert count_unknown(["it's o'clock", "Paris"]) == 0


def test_shuffling_keeps_the_words_of_each_sentence() -> None:
    sentences = ["a b c d e f g h", "one", "i j k l m n o p"]
    mixed = shuffle_words(sentences, seed=1)
    assert [sorted(s.split()) for s in mixed] == [sorted(s.split()) for s in sentences]
    assert mixed[0] != sentences[0]
    assert mixed == shuffle_words(sentences, seed=1) != shuffle_words(sentences, seed=2)


def test_moves_only_along_the_first_five_axes_by_their_stdev() -> None:
    axes = tilted_axes()
    means = np.random.default_rng(1).standard_normal((20_000, 8)).astype(np.float32)
    steps = (move_randomly(means, axes, np.random.default_rng(2)) - means) @ axes.axes.T
    np.testing.assert_allclose(steps.std(axis=0)[:5], axes.stdev[:5], rtol=0.03)
    np.testing.assert_allclose(steps[:, 5], 0, atol=1e-4)
    assert abs(np.corrcoef(steps[:, :5], rowvar=False) - np.eye(5)).max() < 0.03


def test_a_traversal_changes_one_slider_only() -> None:
    axes = tilted_axes()
    means = np.random.default_rng(1).standard_normal((2, 8)).astype(np.float32)
    before, residual = axes.from_z(means)
    sliders, after = axes.from_z(traversals(means, axes))
    sliders = sliders.reshape(2, 5, 7, 6)
    for axis in range(5):
        np.testing.assert_allclose(
            sliders[:, axis, :, axis], [[-3, -2, -1, 0, 1, 2, 3]] * 2, atol=1e-4
        )
        others = [k for k in range(6) if k != axis]
        np.testing.assert_allclose(
            sliders[:, axis][..., others], np.repeat(before[:, None, others], 7, 1), atol=1e-4
        )
    np.testing.assert_allclose(
        after.reshape(2, 35, 8), np.repeat(residual[:, None], 35, 1), atol=1e-4
    )


def test_variety_is_the_share_of_traversals_with_three_sentences() -> None:
    rows = [
        ["a", "a", "a", "b", "b", "b", "b"],
        ["a", "b", "c", "c", "c", "c", "c"],
        list("abcdefg"),
        ["a"] * 7,
    ]
    assert variety([s for row in rows for s in row]) == 0.5


@pytest.fixture(scope="module")
def figures(small: Any) -> dict[str, Any]:
    return evaluate(small.model, small.corpus, small.axes, seed=3)


def test_a_trained_model_gets_all_figures(figures: dict[str, Any]) -> None:
    assert set(figures) == {
        "exact",
        "words",
        "unknown",
        "active",
        "kl",
        "perplexity",
        "corpora",
        "variety",
    }
    perplexity = figures["perplexity"]
    assert set(perplexity) == {"held_out", "shuffled", "moved", "aggregate", "prior"}
    assert perplexity["held_out"] < perplexity["moved"] < perplexity["shuffled"]
    assert figures["corpora"] == {"grammar": {"exact": figures["exact"], "words": figures["words"]}}
    assert 0.3 < figures["exact"] < figures["words"] <= 1


def test_exact_kl_and_active_match_sentence_by_sentence(
    small: Any, figures: dict[str, Any]
) -> None:
    model, held = small.model, [small.corpus.encode(s) for s in small.corpus.held_out["grammar"]]
    reconstructed, nats, means = 0, 0.0, []
    with torch.no_grad():
        for ids in held:
            mean, logvar = model.encoder(torch.tensor([ids]))
            teacher = model.decoder(mean, torch.tensor([[0, *ids]])).argmax(dim=2)[0].tolist()
            # Greedy decoding is exact if and only if teacher forcing is right at every word.
            reconstructed += teacher == [*ids, 1]
            posterior = torch.distributions.Normal(mean, torch.exp(0.5 * logvar))
            nats += float(
                torch.distributions.kl_divergence(
                    posterior, torch.distributions.Normal(0.0, 1.0)
                ).sum()
            )
            means.append(mean[0].numpy())
    assert figures["exact"] == pytest.approx(reconstructed / len(held))
    assert figures["kl"] == pytest.approx(nats / len(held), rel=1e-4)
    assert figures["active"] == (np.var(means, axis=0) > 0.01).sum()


def test_figures_are_reproducible_and_every_stage_is_completed(
    small: Any, figures: dict[str, Any]
) -> None:
    seen: dict[str, tuple[int, int]] = {}
    assert (
        evaluate(
            small.model,
            small.corpus,
            small.axes,
            seed=3,
            progress=lambda stage, done, total: seen.update({stage: (done, total)}),
        )
        == figures
    )
    assert len(seen) >= 6
    assert all(done == total > 0 for done, total in seen.values())


def test_another_vocabulary_is_refused(small: Any) -> None:
    size = len(small.corpus.vocabulary)
    with pytest.raises(ZlideError, match=rf"^corpus: .*{size} words.* found {size + 1}; "):
        evaluate(
            small.model,
            replace(small.corpus, vocabulary=[*small.corpus.vocabulary, "extra"]),
            small.axes,
        )


def test_nothing_held_out_is_refused(small: Any) -> None:
    with pytest.raises(ZlideError, match=r"^corpus: .*found none; .*--held-out"):
        evaluate(small.model, replace(small.corpus, held_out={"grammar": []}), small.axes)
