"""Each process of a test run uses one thread, and TensorFlow logs nothing."""

from __future__ import annotations

import os

# They count when torch and TensorFlow are first imported, which is later.
for variable, value in {
    "OMP_NUM_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
}.items():
    os.environ.setdefault(variable, value)
