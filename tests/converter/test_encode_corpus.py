"""Posteriors are in the order of the sentences, and draws have the moments of their Gaussian."""

import numpy as np
import pytest
import torch

from zlide.checkpoint.networks.sentence import SentenceConfig, SentenceVAE
from zlide.recipes.posteriors import Posteriors
from zlide.recipes.sentences.encode_corpus import encode_corpus


def test_posteriors_are_in_the_order_of_the_sentences() -> None:
    torch.manual_seed(0)
    encoder = SentenceVAE(
        SentenceConfig(vocabulary=9, embedding=4, encoder=5, decoder=5, latent_size=3)
    ).encoder
    sentences = [[2, 3], [4], [5, 6, 7], [8, 2], [3], [2, 2, 2]]
    seen: list[tuple[int, int]] = []
    found = encode_corpus(
        encoder, sentences, lambda done, total: seen.append((done, total)), batch=2
    )
    with torch.no_grad():
        alone = [encoder(torch.tensor([s])) for s in sentences]
    np.testing.assert_allclose(
        found.means, np.concatenate([mean.numpy() for mean, _ in alone]), atol=1e-6
    )
    np.testing.assert_allclose(
        found.variances, np.exp(np.concatenate([logvar.numpy() for _, logvar in alone])), rtol=1e-5
    )
    assert seen[-1] == (6, 6)


def test_kl_matches_the_formula_by_hand() -> None:
    two = Posteriors(
        np.array([[0, 0], [1, 2]], np.float32), np.array([[1, 1], [0.5, 2]], np.float32)
    )
    second = 0.5 * (1 + 0.5 - 1 - np.log(0.5)) + 0.5 * (4 + 2 - 1 - np.log(2))
    assert two.kl() == pytest.approx([0, second])
    assert two.kl_by_dimension().sum() == pytest.approx(second / 2)


def test_draws_have_the_covariance_of_the_means_plus_the_mean_variances() -> None:
    random = np.random.default_rng(0)
    means = (
        random.standard_normal((5000, 3)) @ np.array([[2, 1, 0], [0, 1, 0.5], [0, 0, 0.1]])
        + [1, -2, 3]
    ).astype(np.float32)
    variances = np.tile(np.array([0.5, 0.1, 0.9], np.float32), (5000, 1))
    draws = Posteriors(means, variances).draw(200_000, np.random.default_rng(1))
    assert draws.dtype == np.float32
    np.testing.assert_allclose(draws.mean(axis=0), means.mean(axis=0), atol=0.02)
    np.testing.assert_allclose(
        np.cov(draws, rowvar=False),
        np.cov(means, rowvar=False) + np.diag([0.5, 0.1, 0.9]),
        atol=0.06,
    )
