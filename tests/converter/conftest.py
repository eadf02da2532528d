"""A small sentence VAE, trained for a few seconds on the sentences of a grammar.

It reconstructs some sentences exactly, and others not.
"""

from __future__ import annotations

import itertools
import resource
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch

from zlide.axes import Axes, fit_pca
from zlide.bundle import kinds
from zlide.bundle.examples import write_examples
from zlide.checkpoint import write_checkpoint, write_means
from zlide.checkpoint.networks.sentence import SentenceConfig, SentenceVAE
from zlide.checkpoint.settings import Recipe, SentenceSchedule, SentenceSettings
from zlide.modalities import registry
from zlide.recipes.fit import fit
from zlide.recipes.sentences.corpus import Corpus, prepare_corpus
from zlide.recipes.sentences.encode_corpus import encode_corpus
from zlide.recipes.sentences.loss import SentenceTask
from zlide.vocabulary import Vocabulary

_SENTENCES = [
    " ".join(part for part in parts if part)
    for parts in itertools.product(
        ["he", "she", "tom", "the cat", "a singer"],
        ["likes", "sees", "plays", "sings"],
        ["", "the", "a quiet"],
        ["song", "drum", "piano", "tune"],
        ["", "today", "at night"],
    )
]


@dataclass(frozen=True)
class Small:
    """A trained model and its corpus."""

    model: SentenceVAE
    corpus: Corpus
    axes: Axes
    vocabulary: Vocabulary


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    folder = tmp_path_factory.mktemp("small")
    file = folder / "grammar.txt"
    file.write_text("\n".join(_SENTENCES))
    corpus = prepare_corpus([file], Recipe(held_out=60, min_count=1))
    torch.manual_seed(0)
    model = SentenceVAE(
        SentenceConfig(
            vocabulary=len(corpus.vocabulary), embedding=16, encoder=24, decoder=32, latent_size=12
        )
    )
    schedule = SentenceSchedule(
        epochs=8, batch_size=8, learning_rate=1e-2, kl_weight=0.03, warmup_epochs=0.5, seed=1
    )
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # faster than several for small matrices
    for _ in fit(SentenceTask(model, corpus, schedule), folder / "state.safetensors"):
        pass
    torch.set_num_threads(threads)
    model.eval()
    means = encode_corpus(model.encoder, [corpus.encode(s) for s in corpus.sentences()]).means
    return Small(model, corpus, fit_pca(means, keep=6), Vocabulary(corpus.vocabulary))


@pytest.fixture(scope="session")
def checkpoint(small: Small, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a checkpoint of the small model, with three examples."""
    folder = tmp_path_factory.mktemp("weights") / "small"
    settings = SentenceSettings(
        title="Small",
        model=small.model.config,
        recipe=Recipe(),
        schedule=SentenceSchedule(),
        corpus=small.corpus.digest,
        command="zlide train sentences",
    )
    write_checkpoint(folder, small.model, settings, small.corpus.vocabulary, small.axes)
    tokens = [small.corpus.encode(sentence) for sentence in small.corpus.sentences()]
    write_means(folder, encode_corpus(small.model.encoder, tokens).means)
    texts = [
        "tom likes the song",
        "she plays a quiet piano today",
        "the cat sings the tune at night",
    ]
    tokens = [small.corpus.encode(text) for text in texts]
    means = encode_corpus(small.model.encoder, tokens).means
    write_examples(folder, dict(zip(texts, means, strict=True)), small.axes)
    return folder


GOLDEN = Path(__file__).parents[1] / "golden/text"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """Return a copy of the golden text bundle."""
    return Path(shutil.copytree(GOLDEN, tmp_path / "text"))


@pytest.fixture(autouse=True)
def _kinds_restored() -> Iterator[None]:
    """Forget the kinds of output that a test registers."""
    registries: list[dict[str, Any]] = [registry._MODALITIES, kinds._DECODERS, kinds._ENCODERS]
    before = [dict(each) for each in registries]
    yield
    for each, kept in zip(registries, before, strict=True):
        each.clear()
        each.update(kept)


@contextmanager
def _files_up_to(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    writes_bytecode = sys.dont_write_bytecode
    sys.dont_write_bytecode = True  # Python keeps a .pyc that the limit cut short
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        sys.dont_write_bytecode = writes_bytecode


@pytest.fixture
def files_up_to() -> Callable[[int], AbstractContextManager[None]]:
    """Return a context manager that limits the size of files in bytes, as `ulimit -f` does."""
    return _files_up_to
