"""Training improves the bound, resumes exactly, and refuses the state of another run."""

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
from zlide.recipes.sentences.loss import SentenceTask, losses

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
    """Add sums in the same order in every run."""
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


def negative_elbo(model: SentenceVAE, corpus: Corpus) -> float:
    """Return nats a sentence, at the same draws of z every time."""
    random = torch.Generator().manual_seed(9)
    with torch.no_grad():
        parts = [
            losses(model, torch.tensor([corpus.encode(s)]), 0.0, random) for s in corpus.sentences()
        ]
    return sum(float(reconstruction + kl) for reconstruction, kl in parts) / len(parts)


def test_training_improves_the_bound_and_counts_steps(corpus: Corpus, tmp_path: Path) -> None:
    model = new_model(corpus)
    before = negative_elbo(model, corpus)
    schedule = SentenceSchedule(epochs=60, batch_size=16, kl_weight=0.1, learning_rate=0.02, seed=1)
    seen = list(fit(SentenceTask(model, corpus, schedule), tmp_path / "state"))
    assert negative_elbo(model, corpus) < before - 3
    assert [p.step for p in seen] == list(range(1, seen[0].total + 1))
    assert sum(p.epoch_ended for p in seen) == 60
    assert [p.epoch for p in seen if p.epoch_ended] == list(range(60))
    assert seen[-1].reconstruction < seen[0].reconstruction - 3


def run(
    corpus: Corpus, state: Path, steps: int | None = None, schedule: SentenceSchedule = SCHEDULE
) -> tuple[dict[str, torch.Tensor], list[Progress]]:
    """Train a new model for `steps` steps or to the end, as a new process would."""
    model = new_model(corpus)
    training = fit(SentenceTask(model, corpus, schedule), state)
    seen = list(itertools.islice(training, steps))
    training.close()
    return weights(model), seen


def test_the_same_seed_gives_the_same_weights(corpus: Corpus, tmp_path: Path) -> None:
    one, _ = run(corpus, tmp_path / "one")
    two, _ = run(corpus, tmp_path / "two")
    assert equal(one, two)
    assert not equal(one, weights(new_model(corpus)))


def test_a_resumed_run_ends_with_the_weights_of_an_uninterrupted_one(
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


def test_training_in_uint8_ends_with_quantized_weights(corpus: Corpus, tmp_path: Path) -> None:
    model = new_model(corpus)
    for _ in fit(SentenceTask(model, corpus, EIGHT), tmp_path / "state"):
        pass
    trained = weights(model)
    quantize_weights(model, "uint8")
    assert equal(weights(model), trained)
    quantize_weights(other := new_model(corpus), "uint8")
    assert not equal(trained, weights(other))
    exact, _ = run(corpus, tmp_path / "exact")
    assert not equal(trained, exact)


def test_weights_are_quantized_at_the_end_of_an_epoch(corpus: Corpus, tmp_path: Path) -> None:
    model = new_model(corpus)
    found: dict[bool, list[bool]] = {True: [], False: []}
    for progress in fit(SentenceTask(model, corpus, EIGHT), tmp_path / "state"):
        again = copy.deepcopy(model)
        quantize_weights(again, "uint8")
        found[progress.epoch_ended].append(equal(weights(again), weights(model)))
    assert len(found[True]) == EIGHT.epochs
    assert all(found[True])
    assert not any(found[False])


def test_a_resumed_run_in_uint8_ends_with_the_same_weights(corpus: Corpus, tmp_path: Path) -> None:
    whole, _ = run(corpus, tmp_path / "whole", schedule=EIGHT)
    state = tmp_path / "state"
    run(corpus, state, 3, EIGHT)
    resumed, rest = run(corpus, state, schedule=EIGHT)
    assert rest[0].step == 4
    assert equal(resumed, whole)


class ConstantGradient(SentenceTask):
    """The gradient of every weight is 1, so Adam takes steps as long as the learning rate."""

    def losses(
        self,
        batch: Sequence[int],
        random: torch.Generator,  # noqa: ARG002
    ) -> tuple[torch.Tensor, torch.Tensor]:
        zeros = torch.zeros(len(batch))
        return sum(p.sum() for p in self.model.parameters()) + zeros, zeros


def test_steps_below_half_a_quantization_step_are_not_lost(corpus: Corpus, tmp_path: Path) -> None:
    model = new_model(corpus)
    weight = model.decoder.narrow.weight
    scale = weight.detach().abs().amax(1, keepdim=True) / 127
    schedule = SentenceSchedule(
        epochs=10, batch_size=16, learning_rate=5e-3, decay=1e-9, precision="uint8"
    )
    quantize_weights(model, "uint8")
    before = weight.detach().clone()
    seen = list(fit(ConstantGradient(model, corpus, schedule), tmp_path / "state"))
    longest_step = max(learning_rate(schedule, p.step - 1, p.total) for p in seen)
    assert longest_step < 0.5 * scale.min()  # rounding would undo any single step
    assert len(seen) * longest_step > 2 * scale.max()
    moved = before - weight.detach()
    assert moved.mean() == pytest.approx(
        sum(learning_rate(schedule, p.step - 1, p.total) for p in seen), rel=0.2
    )


def test_a_killed_run_resumes_from_the_last_saved_state(corpus: Corpus, tmp_path: Path) -> None:
    whole, _ = run(corpus, tmp_path / "whole")
    state = tmp_path / "state"
    run(corpus, state, 2)
    kept = state.read_bytes()
    run(corpus, state, 4)
    state.write_bytes(kept)  # a killed process did not write the newer one
    (tmp_path / "state.partial").write_bytes(kept[:100])  # and left half a file
    resumed, rest = run(corpus, state)
    assert rest[0].step == 3
    assert equal(resumed, whole)


def test_a_finished_run_takes_no_more_steps(corpus: Corpus, tmp_path: Path) -> None:
    whole, _ = run(corpus, tmp_path / "state")
    again, seen = run(corpus, tmp_path / "state")
    assert seen == []
    assert equal(again, whole)


def refusal(corpus: Corpus, state: Path, schedule: SentenceSchedule = SCHEDULE) -> ZlideError:
    before = state.read_bytes()
    with pytest.raises(ZlideError) as error:
        run(corpus, state, 1, schedule)
    assert "\n" not in str(error.value)
    assert error.value.where == str(state)
    assert "delete" in error.value.remedy
    assert state.read_bytes() == before  # nothing is lost
    return error.value


def test_the_state_of_another_corpus_is_refused(corpus: Corpus, tmp_path: Path) -> None:
    state = tmp_path / "state"
    run(corpus, state, 1)
    (tmp_path / "talk.txt").write_text("\n".join([*SENTENCES, "he sees music that she likes"]))
    other = prepare_corpus([tmp_path / "talk.txt"], Recipe(held_out=10, min_count=1))
    assert refusal(other, state).problem.endswith(" another corpus")


def test_the_state_of_another_schedule_is_refused_with_all_differences(
    corpus: Corpus, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    run(corpus, state, 1)
    error = refusal(corpus, state, replace(SCHEDULE, kl_weight=0.9, epochs=4))
    assert error.problem.endswith(" another epochs, kl_weight")


def test_a_damaged_state_is_refused(corpus: Corpus, tmp_path: Path) -> None:
    state = tmp_path / "state"
    run(corpus, state, 1)
    whole = state.read_bytes()
    for broken in (whole[: len(whole) // 2], whole[:5], b"", b"\x80\x04pickle" * 20):
        state.write_bytes(broken)
        assert "cannot be resumed" in refusal(corpus, state).problem


def test_a_step_with_a_loss_that_is_not_finite_is_not_taken(corpus: Corpus, tmp_path: Path) -> None:
    state = tmp_path / "mine" / "state"
    state.parent.mkdir()
    model = new_model(corpus)
    with pytest.raises(ZlideError) as error:
        for _ in fit(
            SentenceTask(
                model, corpus, SentenceSchedule(epochs=200, batch_size=16, learning_rate=1e4)
            ),
            state,
        ):
            pass
    assert error.value.where == str(state.parent)
    problem = re.search(
        r"at step (\d+) of [\d,]+ the (loss|gradient) is (nan|inf)$", error.value.problem
    )
    assert problem
    assert "delete state" in error.value.remedy
    assert "--learning-rate below 10000" in error.value.remedy
    assert all(torch.isfinite(p).all() for p in model.parameters())
    with safe_open(state, "pt") as kept:
        assert int(kept.metadata()["step"]) == int(problem[1]) - 1
        assert all(torch.isfinite(kept.get_tensor(name)).all() for name in kept.keys())  # noqa: SIM118 (not a dict)


def test_learning_rate_rises_stays_and_falls_to_zero() -> None:
    schedule = SentenceSchedule(learning_rate=1.0, decay=0.5)
    assert learning_rate(schedule, 0, 10_000) == pytest.approx(1 / 500)
    assert learning_rate(schedule, 499, 10_000) == 1
    assert learning_rate(schedule, 5_000, 10_000) == 1
    assert learning_rate(schedule, 7_500, 10_000) == pytest.approx(0.5)
    assert learning_rate(schedule, 9_999, 10_000) == pytest.approx(1 / 5_000)
