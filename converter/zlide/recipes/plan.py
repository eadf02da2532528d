"""The plan of a training, for every recipe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from torch import nn

from zlide.checkpoint import MODEL, Schedule, command_history, load_weights

DataT = TypeVar("DataT")
SizesT = TypeVar("SizesT")
ScheduleT = TypeVar("ScheduleT", bound=Schedule)
ModelT = TypeVar("ModelT", bound=nn.Module)


@dataclass(frozen=True)
class Plan(Generic[DataT, SizesT, ScheduleT]):
    """A model to train, and its description for `config.json`.

    data: what the training data are made from. sizes: of the model.
    init_from: the checkpoint of the same sizes whose weights the training starts from; random
        weights if None.
    """

    data: DataT
    sizes: SizesT
    schedule: ScheduleT
    title: str
    command: str
    license: str | None = None
    attribution: str | None = None
    init_from: Path | None = None

    def description(self) -> dict[str, Any]:
        """Return the keys of `config.json` that do not change the training."""
        return {
            "title": self.title,
            "license": self.license,
            "attribution": self.attribution,
            "command": command_history(self.command, self.init_from),
        }

    def new_model(self, network: Callable[[SizesT], ModelT]) -> ModelT:
        """Return a model with the weights that the training starts from.

        Raises ZlideError if the weights of `init_from` cannot be read or have other sizes.
        """
        torch.manual_seed(self.schedule.seed)
        model = network(self.sizes)
        if self.init_from is not None:
            load_weights(model, self.init_from / MODEL)
        return model
