"""Convert a program of torch.export to LiteRT: EXPORTED OUTPUT SHAPE…

It runs in the environment that `litert.py` sets up, which has nothing of the project.
"""

from __future__ import annotations

import ast
import sys

import litert_torch
import torch

exported, output, *shapes = sys.argv[1:]
inputs = tuple(torch.zeros(ast.literal_eval(shape)) for shape in shapes)
litert_torch.convert(torch.export.load(exported).module(), inputs).export(output)
