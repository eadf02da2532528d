"""Fitting a VAE, whatever its samples are: the evidence lower bound with a weighted KL term, by Adam, resumable at every step."""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from zlide.checkpoint import Schedule
from zlide.errors import ZlideError
from zlide.files import atomic_file
from zlide.quantization import quantize_weights, quantized_weights


class Task(Protocol):
    """What is fitted to what. `digest` names the data: an interrupted run goes on with the same alone."""

    digest: str

    @property
    def model(self) -> nn.Module:
        """What is trained, in place."""

    @property
    def schedule(self) -> Schedule:
        """How long and how hard."""

    def batches(self, epoch: int) -> Sequence[Sequence[int]]:
        """The samples of each step of an epoch, by number: as many steps in every epoch, the same whenever it is asked."""

    def losses(self, batch: Sequence[int], random: torch.Generator) -> tuple[Tensor, Tensor]:
        """Reconstruction error and nats of KL from N(0, 1), (B,) each, at one draw from the posteriors."""

    def length(self, batch: Sequence[int]) -> int:
        """How many terms the error of a sample has, by which gradients grow: words, or 1."""


@dataclass(frozen=True)
class Progress:
    """Where training stands: steps done of `total`; reconstruction error and nats of KL a sample, averaged over the last steps."""

    step: int
    total: int
    epoch: int
    reconstruction: float
    kl: float
    epoch_ended: bool


def fit(task: Task, state: Path) -> Generator[Progress, None, None]:
    """Train `task.model` in place, yielding after every step; `state` is where an interrupted run goes on.

    Whoever hears that an epoch has ended finds the weights rounded, and so they are at the end.

    Every random choice is drawn from (seed, step), so that a resumed run takes the same steps as one that was never interrupted.
    Raises ZlideError when `state` belongs to another run, and when a step would leave weights that are no numbers: it is not taken.
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
                for group in optimizer.param_groups:
                    group["lr"] = learning_rate(schedule, step, total)
                weight = schedule.kl_weight * min(
                    1.0, step / max(1.0, schedule.warmup_epochs * per_epoch)
                )
                random = torch.Generator().manual_seed(schedule.seed * 1_000_003 + step)
                optimizer.zero_grad(set_to_none=True)
                with quantized_weights(model, schedule.precision):
                    reconstructions, kls = task.losses(batch, random)
                    loss = (reconstructions + weight * kls).mean()
                    loss.backward()
                _descend(model, optimizer, loss, schedule.gradient_clip * task.length(batch))
                step += 1
                reconstruction = _average(reconstruction, reconstructions.mean().item())
                kl = _average(kl, kls.mean().item())
                ended = step % per_epoch == 0
                if ended or step % 500 == 0:
                    _keep(model, optimizer, run, step, state)
                with quantized_weights(model, schedule.precision if ended else "float32"):
                    yield Progress(step, total, epoch, reconstruction, kl, ended)
    except FloatingPointError as error:
        remedy = f"delete {state.name} and train again with a --learning-rate below {schedule.learning_rate:g}"
        raise ZlideError(
            state.parent, f"at step {step + 1:,} of {total:,} {error}", remedy
        ) from error
    finally:
        _keep(model, optimizer, run, step, state)
    quantize_weights(model, schedule.precision)


def _descend(model: nn.Module, optimizer: torch.optim.Optimizer, loss: Tensor, clip: float) -> None:
    """One step down, the gradient no longer than `clip`. Raises FloatingPointError, and leaves the weights, where it is no number."""
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
    for name, value in {"loss": loss, "gradient": norm}.items():
        if not torch.isfinite(value):
            raise FloatingPointError(f"the {name} is {value.item()}")
    optimizer.step()


def learning_rate(schedule: Schedule, step: int, total: int) -> float:
    """Linear warm-up over 500 steps, a plateau, and a linear fall to zero over the last `decay` of the steps."""
    fall = (total - step) / max(1.0, schedule.decay * total)
    return schedule.learning_rate * min(1.0, (step + 1) / 500, fall)


def _average(before: float, now: float) -> float:
    return now if math.isnan(before) else 0.99 * before + 0.01 * now


def _keep(
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
    with atomic_file(path) as beside:
        save_file(tensors, beside, {"step": str(step), **run})


def _resume(
    model: nn.Module, optimizer: torch.optim.Optimizer, run: Mapping[str, str], path: Path
) -> int:
    if not path.exists():
        return 0
    remedy = "delete it to begin again"
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
                    if "adam.step." + name in file.keys():  # noqa: SIM118 (a safetensors handle, not a dict)
                        optimizer.state[p] = {
                            key: file.get_tensor(f"adam.{key}.{name}")
                            for key in ("step", "exp_avg", "exp_avg_sq")
                        }
            return int(metadata["step"])
    except (SafetensorError, RuntimeError, KeyError, ValueError) as error:
        raise ZlideError(
            path, f"the interrupted training cannot be resumed: {error}", remedy
        ) from error
