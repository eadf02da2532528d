"""Write resize.json: pictures that PyTorch scaled, with which the page's scaling is compared.

A picture is given by its size: value number i is (i · 7919 mod 256) / 255, in the order (H, W, C).
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from torch.nn import functional

CASES = [  # height, width, channels → height, width
    ((8, 8, 3), (4, 4)),
    ((5, 7, 3), (3, 3)),
    ((100, 160, 3), (16, 16)),
    ((13, 9, 1), (4, 10)),
    ((6, 6, 1), (6, 6)),
    ((3, 2, 3), (7, 5)),
    ((1, 1, 3), (4, 4)),
    ((97, 1, 1), (8, 2)),
]


def case(size: tuple[int, int, int], to: tuple[int, int]) -> dict[str, object]:
    height, width, channels = size
    values = torch.arange(height * width * channels) * 7919 % 256 / 255
    pixels = values.reshape(1, height, width, channels).permute(0, 3, 1, 2)
    scaled = functional.interpolate(
        pixels, size=to, mode="bilinear", antialias=True, align_corners=False
    )
    return {
        "size": size,
        "to": to,
        "pixels": [round(value, 6) for value in scaled.permute(0, 2, 3, 1).flatten().tolist()],
    }


if __name__ == "__main__":
    lines = ",\n".join(json.dumps(case(size, to)) for size, to in CASES)
    (Path(__file__).parent / "resize.json").write_text(f'{{"cases": [\n{lines}\n]}}\n', "utf-8")
