"""The bundle: its format, its files, and whether they are consistent."""

from __future__ import annotations

from zlide.bundle.examples import read_examples, shortest_floats, write_examples
from zlide.bundle.folder import (
    BUNDLE,
    copy_bundle,
    count_ops,
    graph_nodes,
    list_files,
    own_files,
    read_bundle,
    refuse_stale,
    sha256,
)
from zlide.bundle.manifest import (
    HASH_PATTERN,
    PRECISIONS,
    AxesSet,
    Axis,
    Graph,
    ImageDecoder,
    ImageEncoder,
    Manifest,
    Points,
    Poster,
    Precision,
    Size,
    TextDecoder,
    TextEncoder,
    Tokens,
    read_manifest,
)
from zlide.bundle.points import choose_points, write_points
from zlide.bundle.probe import (
    Probe,
    read_picture_probe,
    read_probe,
    write_picture_probe,
    write_probe,
)
from zlide.bundle.roles import MANIFEST, graphs_of, refuse_strays

__all__ = [
    "BUNDLE",
    "HASH_PATTERN",
    "MANIFEST",
    "PRECISIONS",
    "AxesSet",
    "Axis",
    "Graph",
    "ImageDecoder",
    "ImageEncoder",
    "Manifest",
    "Points",
    "Poster",
    "Precision",
    "Probe",
    "Size",
    "TextDecoder",
    "TextEncoder",
    "Tokens",
    "choose_points",
    "copy_bundle",
    "count_ops",
    "graph_nodes",
    "graphs_of",
    "list_files",
    "own_files",
    "read_bundle",
    "read_examples",
    "read_manifest",
    "read_picture_probe",
    "read_probe",
    "refuse_stale",
    "refuse_strays",
    "sha256",
    "shortest_floats",
    "write_examples",
    "write_picture_probe",
    "write_points",
    "write_probe",
]
