"""A site with the written graphs of all cases, for the worker of the built page."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from tests.browser.graph_worker import copy_page, pixels, write_manifest
from tests.coverage.decoders import LATENT
from tests.coverage.written import Written
from zlide.axes import raw_dimensions
from zlide.bundle import Graph
from zlide.graph import convert_axes, convert_values_decoder, lower


def write_site(cases: Mapping[str, Written], site: Path) -> Path:
    """Write the built page with a bundle in which each case is a set of axes, in their order."""
    bundle = copy_page(site)
    black = nn.Sequential(nn.Linear(LATENT, 3), nn.Sigmoid(), nn.Unflatten(1, (1, 1, 3)))
    parts = convert_values_decoder(
        lower(black), torch.randn(3, LATENT), bundle, kind="image", name="pixels"
    )
    plain = raw_dimensions(np.zeros(LATENT), np.ones(LATENT), [0])
    parts += convert_axes(plain, bundle)
    to, back = (parts.graph(f"axes/{plain.name}/{name}") for name in ("to", "from"))
    graphs = {"plain": to, **{f"case{i}": _copy(w, bundle / f"case{i}") for i, w in _listed(cases)}}
    write_manifest(bundle, pixels(parts.graph("decoder/image"), 3), LATENT, back, graphs)
    return site


def _listed(cases: Mapping[str, Written]) -> list[tuple[int, Written]]:
    return list(enumerate(cases.values(), 1))


def _copy(written: Written, folder: Path) -> Graph:
    """Copy a graph z → output, as one of sliders, which it ignores, and z.

    The shape of its output goes, since the page would expect that of z.
    """
    shutil.copytree(written.model.parent, folder)
    model: dict[str, Any] = json.loads(written.model.read_text("utf-8"))
    shape = {"dim": [{"size": "-1"}, {"size": "1"}]}
    model["modelTopology"]["node"].append(
        {
            "name": "sliders",
            "op": "Placeholder",
            "attr": {"dtype": {"type": "DT_FLOAT"}, "shape": {"shape": shape}},
        }
    )
    if signature := model.get("signature"):
        signature["inputs"]["sliders"] = {
            "name": "sliders:0",
            "dtype": "DT_FLOAT",
            "tensorShape": shape,
        }
        for output in signature["outputs"].values():
            output.pop("tensorShape", None)
    (folder / "model.json").write_text(json.dumps(model), "utf-8")
    path = f"{folder.name}/model.json"
    return Graph(path=path, inputs=["sliders", written.input], outputs=[written.output])
