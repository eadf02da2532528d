"""Fitting the sentence VAE: the evidence lower bound with a weighted KL term, by Adam."""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from zlide.errors import ZlideError
from zlide.models.sentence import SentenceConfig, SentenceVAE
from zlide.staging import staged_file
from zlide.training.corpus import Corpus, batches_of_equal_length


@dataclass(frozen=True)
class Schedule:
    """How long and how hard to train.

    kl_weight: β of Higgins et al. 2017: below 1 favours reconstruction, towards 1 readable neighbours.
    word_dropout: share of the decoder's input words replaced by begin (Bowman et al. 2016, section 3.1).
    warmup: epochs over which the KL weight rises from 0 (section 3.1 again).
    decay: share of the steps, at the end, over which the learning rate falls to zero.
    """

    epochs: int = 24
    batch: int = 128
    rate: float = 2e-3
    decay: float = 0.5
    kl_weight: float = 0.38
    word_dropout: float = 0.25
    warmup: float = 1.0
    clip: float = 5.0
    seed: int = 1


@dataclass(frozen=True)
class Progress:
    """Where training stands: steps done of `total`; nats of reconstruction and KL a sentence, averaged over the last steps."""

    step: int
    total: int
    epoch: int
    reconstruction: float
    kl: float
    epoch_ended: bool


def fit(model: SentenceVAE, corpus: Corpus, schedule: Schedule, state: Path) -> Generator[Progress, None, None]:
    """Train `model` in place, yielding after every step; `state` is where an interrupted run goes on.

    Every random choice is drawn from (seed, step), so that a resumed run takes the same steps as one that was never interrupted.
    Raises ZlideError when `state` belongs to another run, and when a step would leave weights that are no numbers: it is not taken.
    """
    sentences = [corpus.encode(s) for name, part in corpus.train.items() for s in part * corpus.repeats[name]]
    per_epoch = len(batches_of_equal_length(sentences, schedule.batch, seed=0))
    total = schedule.epochs * per_epoch
    optimizer = torch.optim.Adam(model.parameters(), lr=schedule.rate, betas=(0.9, 0.99))
    run = {"corpus": corpus.digest, **{key: str(value) for key, value in asdict(schedule).items()}}
    step = _resume(model, optimizer, run, state)
    reconstruction = kl = math.nan
    try:
        while step < total:
            epoch = step // per_epoch
            batches = batches_of_equal_length(sentences, schedule.batch, seed=schedule.seed * 10_007 + epoch)
            for batch in batches[step % per_epoch :]:
                for group in optimizer.param_groups:
                    group["lr"] = learning_rate(schedule, step, total)
                words = torch.tensor([sentences[i] for i in batch])  # (B, T)
                nats = _step(model, optimizer, words, schedule, step, per_epoch)
                step += 1
                reconstruction = _average(reconstruction, nats[0])
                kl = _average(kl, nats[1])
                ended = step % per_epoch == 0
                if ended or step % 500 == 0:
                    _keep(model, optimizer, run, step, state)
                yield Progress(step, total, epoch, reconstruction, kl, ended)
    except FloatingPointError as error:
        remedy = f"delete {state.name} and train again with a --rate below {schedule.rate:g}"
        raise ZlideError(state.parent, f"at step {step + 1:,} of {total:,} {error}", remedy) from error
    finally:
        _keep(model, optimizer, run, step, state)


def _step(model: SentenceVAE, optimizer: torch.optim.Optimizer, words: Tensor, schedule: Schedule, step: int, per_epoch: int) -> tuple[float, float]:
    random = torch.Generator().manual_seed(schedule.seed * 1_000_003 + step)
    weight = schedule.kl_weight * min(1.0, step / max(1.0, schedule.warmup * per_epoch))
    reconstruction, kl = losses(model, words, schedule.word_dropout, random)
    loss = (reconstruction + weight * kl).mean()
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), schedule.clip * words.shape[1])
    for name, value in {"loss": loss, "gradient": norm}.items():
        if not torch.isfinite(value):
            raise FloatingPointError(f"the {name} is {value.item()}")
    optimizer.step()
    return reconstruction.mean().item(), kl.mean().item()


def losses(model: SentenceVAE, words: Tensor, word_dropout: float, random: torch.Generator) -> tuple[Tensor, Tensor]:
    """words (B, T) → nats of reconstruction (B,) and of KL from N(0, 1) (B,), at one sample of the posterior."""
    mean, logvar = model.encoder(words)
    z = mean + torch.exp(0.5 * logvar) * torch.randn(mean.shape, generator=random)
    begin = words.new_full((len(words), 1), SentenceConfig.begin)
    dropped = torch.rand(words.shape, generator=random) < word_dropout
    inputs = torch.cat([begin, words.masked_fill(dropped, SentenceConfig.begin)], dim=1)  # (B, T+1)
    targets = torch.cat([words, torch.full_like(begin, SentenceConfig.end)], dim=1)  # (B, T+1)
    logits = model.decoder(z, inputs)  # (B, T+1, V)
    reconstruction = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none").view_as(targets).sum(1)
    kl = 0.5 * (mean**2 + logvar.exp() - 1 - logvar).sum(1)
    return reconstruction, kl


def learning_rate(schedule: Schedule, step: int, total: int) -> float:
    """Linear warm-up over 500 steps, a plateau, and a linear fall to zero over the last `decay` of the steps."""
    fall = (total - step) / max(1.0, schedule.decay * total)
    return schedule.rate * min(1.0, (step + 1) / 500, fall)


def _average(before: float, now: float) -> float:
    return now if math.isnan(before) else 0.99 * before + 0.01 * now


def _keep(model: SentenceVAE, optimizer: torch.optim.Optimizer, run: Mapping[str, str], step: int, path: Path) -> None:
    tensors = {f"model.{name}": p.detach() for name, p in model.named_parameters()}
    for name, p in model.named_parameters():
        for key, value in optimizer.state.get(p, {}).items():
            tensors[f"adam.{key}.{name}"] = value
    with staged_file(path) as beside:
        save_file(tensors, beside, {"step": str(step), **run})


def _resume(model: SentenceVAE, optimizer: torch.optim.Optimizer, run: Mapping[str, str], path: Path) -> int:
    if not path.exists():
        return 0
    remedy = "delete it to begin again"
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            if other := [key for key, value in run.items() if metadata.get(key) != value]:
                raise ZlideError(path, f"the interrupted training had another {', '.join(other)}", f"give the same, or {remedy}")
            with torch.no_grad():
                for name, p in model.named_parameters():
                    p.copy_(file.get_tensor(f"model.{name}"))
                    if "adam.step." + name in file.keys():  # noqa: SIM118 (a safetensors handle, not a dict)
                        optimizer.state[p] = {key: file.get_tensor(f"adam.{key}.{name}") for key in ("step", "exp_avg", "exp_avg_sq")}
            return int(metadata["step"])
    except (SafetensorError, RuntimeError, KeyError, ValueError) as error:
        raise ZlideError(path, f"the interrupted training cannot be resumed: {error}", remedy) from error
