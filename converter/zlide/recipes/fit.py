"""Fit a VAE of any modality: the ELBO with a weighted KL term, by Adam, resumable at every step."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from zlide.checkpoint import Schedule
from zlide.errors import ZlideError, disk_errors
from zlide.files import atomic_file
from zlide.quantization import quantize_weights, quantized_weights
from zlide.recipes.interruption import RESUME_STATE, TrainingInterrupted
from zlide.signals import signals_held

_RISE = 500  # steps of linear warm-up of the learning rate
_SAVE_EVERY = 500  # steps


class Task(Protocol):
    """A model and the data that it is fitted to.

    digest: identifies the data; an interrupted run resumes with the same data only.
    """

    digest: str

    @property
    def model(self) -> nn.Module:
        """The model, trained in place."""

    @property
    def schedule(self) -> Schedule:
        """The hyperparameters."""

    def batches(self, epoch: int) -> Sequence[Sequence[int]]:
        """Return the indices of the samples of each step of an epoch.

        Every epoch has the same number of steps, and every call gives the same batches.
        """

    def losses(self, batch: Sequence[int], random: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return reconstruction error and KL from N(0, 1) in nats, (B,) each, at one draw of z."""

    def length(self, batch: Sequence[int]) -> int:
        """Return the number of terms in the error of a sample: its words, or 1 for a picture.

        The gradient grows with it, and so does the bound that clips the gradient.
        """


@dataclass(frozen=True)
class Progress:
    """The state of a training after a step.

    reconstruction, kl: error and KL (nats) of a sample, as running averages over the last steps.
    """

    step: int
    total: int
    epoch: int
    reconstruction: float
    kl: float
    epoch_ended: bool


ProgressCallback = Callable[[Progress, dict[str, float] | None], None]
"""Called after every step, with the figures of the held-out samples at the end of an epoch."""


def run_training(
    task: Task,
    folder: Path,
    evaluate: Callable[[], dict[str, float]],
    on_progress: ProgressCallback,
) -> None:
    """Train `task.model` in place, resuming from the state in `folder` if there is one.

    evaluate: computes the figures of the held-out samples.
    Raises TrainingInterrupted if a signal asks to stop, and ZlideError as `fit` does.
    """
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with signals_held() as received_signal, closing(fit(task, folder / RESUME_STATE)) as steps:
        for progress in steps:
            is_due = progress.epoch_ended and not received_signal()
            on_progress(progress, evaluate() if is_due else None)
            if number := received_signal():
                raise TrainingInterrupted(folder, progress.step, progress.total, number)


def fit(task: Task, state: Path) -> Generator[Progress, None, None]:
    """Train `task.model` in place and yield after every step.

    state: the file that an interrupted run resumes from.

    At the end of an epoch, while the generator is suspended, and at the end of the training the
    weights are rounded to the precision of the schedule.

    Every random choice is drawn from (seed, step), so a resumed run takes the same steps as an
    uninterrupted one.
    Raises ZlideError if `state` belongs to another run, or if the loss or the gradient is not
    finite. Such a step is not taken.
    """
    model, schedule = task.model, task.schedule
    per_epoch = len(task.batches(0))
    total = schedule.epochs * per_epoch
    optimizer = torch.optim.Adam(model.parameters(), lr=schedule.learning_rate, betas=(0.9, 0.99))
    run = {"corpus": task.digest, **{key: str(value) for key, value in asdict(schedule).items()}}
    step = _resume(model, optimizer, run, state)
    reconstruction = kl = math.nan
    try:
        while step < total:
            epoch = step // per_epoch
            for batch in task.batches(epoch)[step % per_epoch :]:
                losses = _step(task, optimizer, batch, step, per_epoch)
                step += 1
                reconstruction, kl = _average(reconstruction, losses[0]), _average(kl, losses[1])
                ended = step % per_epoch == 0
                if ended or step % _SAVE_EVERY == 0:
                    _save(model, optimizer, run, step, state)
                with quantized_weights(model, schedule.precision if ended else "float32"):
                    yield Progress(step, total, epoch, reconstruction, kl, ended)
    except FloatingPointError as error:
        remedy = (
            f"delete {state.name} and train again "
            f"with a --learning-rate below {schedule.learning_rate:g}"
        )
        raise ZlideError(
            state.parent, f"at step {step + 1:,} of {total:,} {error}", remedy
        ) from error
    finally:
        _save(model, optimizer, run, step, state)
    quantize_weights(model, schedule.precision)


def learning_rate(schedule: Schedule, step: int, total: int) -> float:
    """Return the learning rate of a step, counted from 0, in a training of `total` steps.

    It rises linearly over 500 steps, stays, and falls to zero over the last `decay` of the steps.
    """
    fall = (total - step) / max(1.0, schedule.decay * total)
    return schedule.learning_rate * min(1.0, (step + 1) / _RISE, fall)


def _kl_weight(schedule: Schedule, step: int, per_epoch: int) -> float:
    return schedule.kl_weight * min(1.0, step / max(1.0, schedule.warmup_epochs * per_epoch))


def _step(
    task: Task,
    optimizer: torch.optim.Optimizer,
    batch: Sequence[int],
    step: int,
    per_epoch: int,
) -> tuple[float, float]:
    """Take a step and return the mean reconstruction error and KL of the batch."""
    model, schedule = task.model, task.schedule
    total = schedule.epochs * per_epoch
    for group in optimizer.param_groups:
        group["lr"] = learning_rate(schedule, step, total)
    random = torch.Generator().manual_seed(schedule.seed * 1_000_003 + step)
    optimizer.zero_grad(set_to_none=True)
    with quantized_weights(model, schedule.precision):
        reconstructions, kls = task.losses(batch, random)
        loss = (reconstructions + _kl_weight(schedule, step, per_epoch) * kls).mean()
        loss.backward()
    _descend(model, optimizer, loss, schedule.gradient_clip * task.length(batch))
    return reconstructions.mean().item(), kls.mean().item()


def _descend(model: nn.Module, optimizer: torch.optim.Optimizer, loss: Tensor, clip: float) -> None:
    """Update the weights with the gradient clipped to norm `clip`.

    Raises FloatingPointError, before any update, if the loss or the gradient is not finite.
    """
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
    for name, value in {"loss": loss, "gradient": norm}.items():
        if not torch.isfinite(value):
            raise FloatingPointError(f"the {name} is {value.item()}")
    optimizer.step()


def _average(before: float, now: float) -> float:
    return now if math.isnan(before) else 0.99 * before + 0.01 * now


def _save(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    run: Mapping[str, str],
    step: int,
    path: Path,
) -> None:
    tensors = {f"model.{name}": p.detach() for name, p in model.named_parameters()}
    for name, p in model.named_parameters():
        for key, value in optimizer.state.get(p, {}).items():
            tensors[f"adam.{key}.{name}"] = value
    with atomic_file(path) as partial:
        save_file(tensors, partial, {"step": str(step), **run})


def _resume(
    model: nn.Module, optimizer: torch.optim.Optimizer, run: Mapping[str, str], path: Path
) -> int:
    """Load the saved weights and the optimizer's state; return the number of steps done."""
    if not path.exists():
        return 0
    remedy = "delete it to start again"
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            if other := [key for key, value in run.items() if metadata.get(key) != value]:
                raise ZlideError(
                    path,
                    f"the interrupted training had another {', '.join(other)}",
                    f"give the same, or {remedy}",
                )
            with torch.no_grad():
                for name, p in model.named_parameters():
                    p.copy_(file.get_tensor(f"model.{name}"))
                    if "adam.step." + name in file.keys():  # noqa: SIM118 (not a dict)
                        optimizer.state[p] = {
                            key: file.get_tensor(f"adam.{key}.{name}")
                            for key in ("step", "exp_avg", "exp_avg_sq")
                        }
            return int(metadata["step"])
    except (SafetensorError, RuntimeError, KeyError, ValueError) as error:
        raise ZlideError(
            path, f"the interrupted training cannot be resumed: {error}", remedy
        ) from error
