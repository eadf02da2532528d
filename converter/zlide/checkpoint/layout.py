"""The names of the files of a checkpoint, a folder `weights/<name>/`.

sentences: model.safetensors  config.json  vocabulary.txt  axes.npz
           [points.safetensors  examples.json  evaluation.json  README.md]
a world:   model.safetensors  config.json  axes.npz  raw.npz  examples.json  pictures.png
           [points.safetensors  evaluation.json  README.md  …]

Tensors are stored as safetensors only. Nothing is ever unpickled.
"""

from __future__ import annotations

MODEL = "model.safetensors"
CONFIG = "config.json"
AXES = "axes.npz"
EXAMPLES = "examples.json"
POINTS = "points.safetensors"

WORDS = "vocabulary.txt"  # sentences only
RAW = "raw.npz"  # worlds only
PICTURES = "pictures.png"  # worlds only
