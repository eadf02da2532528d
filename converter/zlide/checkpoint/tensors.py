"""The safetensors files of a checkpoint: the weights of the model and the points of the map."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from zlide.bundle import choose_points
from zlide.checkpoint.layout import MODEL, POINTS
from zlide.errors import ZlideError, disk_errors
from zlide.files import atomic_file
from zlide.messages import reason_of

Latents = NDArray[np.float32]

FLOAT_TYPES = frozenset({torch.float32, torch.float16, torch.bfloat16, torch.float64})
"""The dtypes that weights may be stored as."""

_REWRITE_POINTS = "delete it, and write it again with `zlide points`"


def load_weights(module: nn.Module, path: Path) -> None:
    """Copy a safetensors file of floating-point tensors into the float32 parameters of `module`.

    A module on the meta device gets its memory only after the file has been checked.
    Raises ZlideError for a pickle, a damaged file, missing or unexpected keys, wrong shapes,
    other dtypes, and NaN or infinity.
    """
    tensors = _read_tensors(path)
    parameters = dict(module.named_parameters())
    _check_keys(path, parameters, tensors)
    _check_shapes(path, parameters, tensors)
    _check_values(path, tensors)
    if any(parameter.is_meta for parameter in parameters.values()):
        module.to_empty(device="cpu")
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            parameter.copy_(tensors[name])


def save_weights(folder: Path, module: nn.Module, dtype: torch.dtype = torch.float32) -> None:
    """Write the parameters of `module` as `dtype` to `model.safetensors` in `folder`."""
    _save(
        folder / MODEL,
        {name: p.detach().to(dtype).contiguous() for name, p in module.named_parameters()},
    )


def write_means(folder: Path, means: Latents) -> None:
    """Write up to 2,000 of the posterior means (N, Z), drawn at random, to `points.safetensors`.

    The tensors are `means` (n, Z) float16, standardized, and `middle` and `spread` (Z,) float32.
    Standardizing each dimension keeps float16 from rounding away one that hardly varies.
    """
    kept = means[choose_points(len(means))]
    middle, spread = kept.mean(0), kept.std(0)
    standardized = (kept - middle) / np.where(spread > 0, spread, 1)
    tensors = {
        "means": torch.from_numpy(standardized).half(),
        "middle": torch.from_numpy(middle),
        "spread": torch.from_numpy(spread),
    }
    _save(folder / POINTS, tensors)


def read_means(path: Path, latent_size: int) -> Latents | None:
    """Read the posterior means (N, Z) that `write_means` wrote; None if there is no such file.

    Raises ZlideError for other tensors or shapes, and for NaN or infinity.
    """
    if not path.is_file():
        return None
    tensors = _read_tensors(path)
    shapes = {name: tuple(tensors[name].shape) for name in sorted(tensors)}
    ends = {name: shape[-1:] for name, shape in shapes.items()}
    ranks = [len(shape) for shape in shapes.values()]
    expected_ends = dict.fromkeys(("means", "middle", "spread"), (latent_size,))
    if ends != expected_ends or ranks != [2, 1, 1]:
        found = ", ".join(f"{name} {shape}" for name, shape in shapes.items()) or "none"
        problem = (
            f"expected means (N, {latent_size}), middle ({latent_size},) and "
            f"spread ({latent_size},), found {found}"
        )
        raise ZlideError(path, problem, _REWRITE_POINTS)
    means = tensors["means"].float() * tensors["spread"] + tensors["middle"]
    if not torch.isfinite(means).all():
        raise ZlideError(path, "holds NaN or infinity", _REWRITE_POINTS)
    return np.asarray(means.numpy(), np.float32)


def _save(path: Path, tensors: dict[str, Tensor]) -> None:
    with disk_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_file(path) as partial:
        save_file(tensors, partial)
        partial.chmod(0o644)


def _read_tensors(path: Path) -> dict[str, Tensor]:
    # A safetensors file starts with the length of its header in 8 bytes, then the header, JSON.
    # The length may look like the start of a pickle, so the "{" after it decides.
    try:
        with path.open("rb") as file:
            start = file.read(9)
    except OSError as error:
        raise ZlideError(
            path, f"cannot be read: {reason_of(error)}", "give the folder of a trained model"
        ) from error
    if start[8:] != b"{" and start.startswith((b"\x80", b"PK\x03\x04")):
        raise ZlideError(
            path,
            "expected safetensors, found a pickle",
            "load it where you trust it and write it with safetensors.torch.save_file",
        )
    try:
        return load_file(path)
    except SafetensorError as error:
        raise ZlideError(
            path,
            "expected safetensors, found a truncated or damaged file",
            "copy the checkpoint again",
        ) from error


def _check_keys(
    path: Path, parameters: Mapping[str, nn.Parameter], tensors: Mapping[str, Tensor]
) -> None:
    problems = []
    if missing := sorted(parameters.keys() - tensors.keys()):
        problems.append(f"missing {', '.join(missing)}")
    if unexpected := sorted(tensors.keys() - parameters.keys()):
        problems.append(f"unexpected {', '.join(unexpected)}")
    if problems:
        raise ZlideError(path, ", ".join(problems), _remedy_for_keys(set(parameters), set(tensors)))


def _remedy_for_keys(expected: set[str], found: set[str]) -> str:
    for prefix in ("module.", "model.", "_orig_mod."):
        if {name.removeprefix(prefix) for name in found} == expected:
            return f'strip the "{prefix}" prefix'
    return "give the checkpoint that belongs to this config.json"


def _check_shapes(
    path: Path, parameters: Mapping[str, nn.Parameter], tensors: Mapping[str, Tensor]
) -> None:
    wrong = [
        f"{name} {tuple(tensor.shape)}, expected {tuple(parameters[name].shape)}"
        for name, tensor in tensors.items()
        if tensor.shape != parameters[name].shape
    ]
    if wrong:
        raise ZlideError(
            path,
            f"shapes disagree with config.json: {', '.join(wrong)}",
            "restore the config.json that the model was trained with",
        )


def _check_values(path: Path, tensors: Mapping[str, Tensor]) -> None:
    wrong = [
        f"{name} of {tensor.dtype}".replace("torch.", "")
        for name, tensor in tensors.items()
        if tensor.dtype not in FLOAT_TYPES
    ]
    if wrong:
        problem = f"expected float32, float16, bfloat16 or float64, found {', '.join(wrong)}"
        raise ZlideError(path, problem, "give the weights as they were trained")
    if bad := [name for name, t in tensors.items() if not torch.isfinite(t.float()).all()]:
        raise ZlideError(
            path, f"NaN or infinity in {', '.join(bad)}", "train again with a lower learning rate"
        )
