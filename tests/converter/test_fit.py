"""Training improves, resumes exactly, and refuses what is not its own."""

import copy
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from zlide.checkpoint.networks.sentence import SentenceConfig, SentenceVAE
from zlide.checkpoint.settings import Recipe, SentenceSchedule
from zlide.errors import ZlideError
from zlide.quantization import quantize_weights
from zlide.recipes.fit import Progress, fit, learning_rate
from zlide.recipes.sentences.corpus import Corpus, prepare_corpus
from zlide.recipes.sentences.loss import Sentences, losses

SCHEDULE = SentenceSchedule(epochs=3, batch_size=16, warmup_epochs=0.5, seed=4)
SENTENCES = [
    " ".join(s)
    for s in itertools.product(
        ["tom", "the cat", "she", "he"],
        ["likes", "sees", "plays"],
        ["music", "a song", "it", "that", "them"],
    )
]


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """So that sums are added in the same order in every run."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    file = tmp_path / "talk.txt"
    file.write_text("\n".join(SENTENCES))
    return prepare_corpus([file], Recipe(held_out=10, min_count=1))


def new_model(corpus: Corpus) -> SentenceVAE:
    torch.manual_seed(0)
    return SentenceVAE(
        SentenceConfig(
            vocabulary=len(corpus.vocabulary), embedding=12, encoder=14, decoder=16, latent_size=8
        )
    )


def weights(model: SentenceVAE) -> dict[str, torch.Tensor]:
    return {name: p.detach().clone() for name, p in model.named_parameters()}


def equal(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def evidence(model: SentenceVAE, corpus: Corpus) -> float:
    """Nats a sentence, at the same samples of z every time."""
    random = torch.Generator().manual_seed(9)
    with torch.no_grad():
        parts = [
            losses(model, torch.tensor([corpus.encode(s)]), 0.0, random) for s in corpus.sentences()
        ]
    return sum(float(reconstruction + kl) for reconstruction, kl in parts) / len(parts)


def test_training_improves_the_bound_and_counts_its_steps(corpus: Corpus, tmp_path: Path) -> None:
    model = new_model(corpus)
    before = evidence(model, corpus)
    schedule = SentenceSchedule(epochs=60, batch_size=16, kl_weight=0.1, learning_rate=0.02, seed=1)
    seen = list(fit(Sentences(model, corpus, schedule), tmp_path / "state"))
    assert evidence(model, corpus) < before - 3
    assert [p.step for p in seen] == list(range(1, seen[0].total + 1))
    assert sum(p.epoch_ended for p in seen) == 60
    assert [p.epoch for p in seen if p.epoch_ended] == list(range(60))
    assert seen[-1].reconstruction < seen[0].reconstruction - 3


def run(
    corpus: Corpus, state: Path, steps: int | None = None, schedule: SentenceSchedule = SCHEDULE
) -> tuple[dict[str, torch.Tensor], list[Progress]]:
    """Train a new model for `steps` of the schedule, or to its end, as a new process would."""
    model = new_model(corpus)
    training = fit(Sentences(model, corpus, schedule), state)
    seen = list(itertools.islice(training, steps))
    training.close()
    return weights(model), seen


def test_the_same_seed_gives_the_same_weights(corpus: Corpus, tmp_path: Path) -> None:
    one, _ = run(corpus, tmp_path / "one")
    two, _ = run(corpus, tmp_path / "two")
    assert equal(one, two)
    assert not equal(one, weights(new_model(corpus)))


def test_an_interrupted_run_ends_with_the_weights_of_an_uninterrupted_one(
    corpus: Corpus, tmp_path: Path
) -> None:
    whole, seen = run(corpus, tmp_path / "whole")
    per_epoch = seen[0].total // SCHEDULE.epochs
    assert per_epoch > 3
    for cut in (
        1,
        per_epoch - 1,
        per_epoch,
        per_epoch + 2,
    ):  # inside an epoch, at its end, inside the next
        state = tmp_path / f"cut{cut}"
        run(corpus, state, cut)
        resumed, rest = run(corpus, state)
        assert rest[0].step == cut + 1
        assert equal(resumed, whole)


EIGHT = replace(SCHEDULE, precision="uint8")


def test_weights_trained_in_eight_bits_end_on_their_scales(corpus: Corpus, tmp_path: Path) -> None:
    model = new_model(corpus)
    for _ in fit(Sentences(model, corpus, EIGHT), tmp_path / "state"):
        pass
    trained = weights(model)
    quantize_weights(model, "uint8")
    assert equal(weights(model), trained)
    quantize_weights(other := new_model(corpus), "uint8")
    assert not equal(trained, weights(other))
    exact, _ = run(corpus, tmp_path / "exact")
    assert not equal(trained, exact)


def test_what_hears_that_an_epoch_has_ended_finds_the_weights_rounded(
    corpus: Corpus, tmp_path: Path
) -> None:
    model = new_model(corpus)
    found: dict[bool, list[bool]] = {True: [], False: []}
    for progress in fit(Sentences(model, corpus, EIGHT), tmp_path / "state"):
        again = copy.deepcopy(model)
        quantize_weights(again, "uint8")
        found[progress.epoch_ended].append(equal(weights(again), weights(model)))
    assert len(found[True]) == EIGHT.epochs
    assert all(found[True])
    assert not any(found[False])


def test_an_interrupted_run_in_eight_bits_ends_as_one_that_was_not(
    corpus: Corpus, tmp_path: Path
) -> None:
    whole, _ = run(corpus, tmp_path / "whole", schedule=EIGHT)
    state = tmp_path / "state"
    run(corpus, state, 3, EIGHT)
    resumed, rest = run(corpus, state, schedule=EIGHT)
    assert rest[0].step == 4
    assert equal(resumed, whole)


class Pulled(Sentences):
    """All weights are pulled down, by steps that Adam makes as long as the learning rate."""

    def losses(
        self, batch: Sequence[int], random: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:  # noqa: ARG002
        return sum(p.sum() for p in self.model.parameters()) + torch.zeros(len(batch)), torch.zeros(
            len(batch)
        )


def test_steps_smaller_than_half_a_scale_are_not_lost(corpus: Corpus, tmp_path: Path) -> None:
    model = new_model(corpus)
    weight = model.decoder.narrow.weight
    scale = weight.detach().abs().amax(1, keepdim=True) / 127
    schedule = SentenceSchedule(
        epochs=10, batch_size=16, learning_rate=5e-3, decay=1e-9, precision="uint8"
    )
    quantize_weights(model, "uint8")
    before = weight.detach().clone()
    seen = list(fit(Pulled(model, corpus, schedule), tmp_path / "state"))
    max_length = max(learning_rate(schedule, p.step - 1, p.total) for p in seen)
    assert max_length < 0.5 * scale.min()  # so that each step by itself would be rounded away
    assert len(seen) * max_length > 2 * scale.max()
    moved = before - weight.detach()
    assert moved.mean() == pytest.approx(
        sum(learning_rate(schedule, p.step - 1, p.total) for p in seen), rel=0.2
    )


def test_a_run_that_was_killed_goes_on_from_what_was_kept(corpus: Corpus, tmp_path: Path) -> None:
    whole, _ = run(corpus, tmp_path / "whole")
    state = tmp_path / "state"
    run(corpus, state, 2)
    kept = state.read_bytes()
    run(corpus, state, 4)
    state.write_bytes(kept)  # a killed process never wrote the newer one
    (tmp_path / "state.partial").write_bytes(kept[:100])  # and left half a file
    resumed, rest = run(corpus, state)
    assert rest[0].step == 3
    assert equal(resumed, whole)


def test_a_finished_run_takes_no_more_steps(corpus: Corpus, tmp_path: Path) -> None:
    whole, _ = run(corpus, tmp_path / "state")
    again, seen = run(corpus, tmp_path / "state")
    assert seen == []
    assert equal(again, whole)


def refused(corpus: Corpus, state: Path) -> str:
    before = state.read_bytes()
    with pytest.raises(ZlideError) as error:
        run(corpus, state, 1)
    assert "\n" not in str(error.value)
    assert state.read_bytes() == before  # a refusal destroys nothing
    return str(error.value)


def test_the_state_of_another_corpus_is_refused(corpus: Corpus, tmp_path: Path) -> None:
    state = tmp_path / "state"
    run(corpus, state, 1)
    (tmp_path / "talk.txt").write_text("\n".join([*SENTENCES, "he sees music that she likes"]))
    other = prepare_corpus([tmp_path / "talk.txt"], Recipe(held_out=10, min_count=1))
    assert (
        refused(other, state)
        == f"{state}: the interrupted training had another corpus; give the same, or delete it to begin again"
    )


def test_the_state_of_another_schedule_is_refused_and_all_that_differs_is_named(
    corpus: Corpus, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    run(corpus, state, 1)
    before = state.read_bytes()
    with pytest.raises(ZlideError) as error:
        next(
            fit(
                Sentences(new_model(corpus), corpus, replace(SCHEDULE, kl_weight=0.9, epochs=4)),
                state,
            )
        )
    assert (
        str(error.value)
        == f"{state}: the interrupted training had another epochs, kl_weight; give the same, or delete it to begin again"
    )
    assert state.read_bytes() == before


def test_a_state_that_cannot_be_read_is_one_line(corpus: Corpus, tmp_path: Path) -> None:
    state = tmp_path / "state"
    run(corpus, state, 1)
    whole = state.read_bytes()
    for broken in (whole[: len(whole) // 2], whole[:5], b"", b"\x80\x04pickle" * 20):
        state.write_bytes(broken)
        line = refused(corpus, state)
        assert line.startswith(f"{state}: the interrupted training cannot be resumed: ")
        assert line.endswith("; delete it to begin again")


def test_a_step_into_the_void_is_not_taken(corpus: Corpus, tmp_path: Path) -> None:
    state = tmp_path / "mine" / "state"
    state.parent.mkdir()
    model = new_model(corpus)
    with pytest.raises(ZlideError) as error:
        for _ in fit(
            Sentences(
                model, corpus, SentenceSchedule(epochs=200, batch_size=16, learning_rate=1e4)
            ),
            state,
        ):
            pass
    line = re.fullmatch(
        rf"{state.parent}: at step (\d+) of [\d,]+ the (loss|gradient) is (nan|inf); delete state and train again with a --learning-rate below 10000",
        str(error.value),
    )
    assert line
    assert all(torch.isfinite(p).all() for p in model.parameters())
    with safe_open(state, "pt") as kept:
        assert int(kept.metadata()["step"]) == int(line[1]) - 1
        assert all(torch.isfinite(kept.get_tensor(name)).all() for name in kept.keys())  # noqa: SIM118 (a safetensors handle, not a dict)


def test_the_learning_rate_rises_stays_and_falls_to_zero() -> None:
    schedule = SentenceSchedule(learning_rate=1.0, decay=0.5)
    assert learning_rate(schedule, 0, 10_000) == pytest.approx(1 / 500)
    assert learning_rate(schedule, 499, 10_000) == 1
    assert learning_rate(schedule, 5_000, 10_000) == 1
    assert learning_rate(schedule, 7_500, 10_000) == pytest.approx(0.5)
    assert learning_rate(schedule, 9_999, 10_000) == pytest.approx(1 / 5_000)
