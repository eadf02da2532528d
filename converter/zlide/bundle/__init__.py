"""The bundle: its format, its files, and whether they are consistent."""

from __future__ import annotations

from zlide.bundle.examples import read_examples, shortest_floats, write_examples
from zlide.bundle.folder import (
    BUNDLE,
    copy_bundle,
    count_ops,
    folder_name,
    graph_nodes,
    list_files,
    own_files,
    read_bundle,
    refuse_stale,
    sha256,
)
from zlide.bundle.image_specs import ImageDecoder, ImageEncoder, Size
from zlide.bundle.kinds import register_specs
from zlide.bundle.manifest import (
    HASH_PATTERN,
    PRECISIONS,
    AxesSet,
    Axis,
    Manifest,
    Points,
    Poster,
    Precision,
    read_manifest,
)
from zlide.bundle.parts import Graph, Tokens
from zlide.bundle.points import choose_points, write_points
from zlide.bundle.probe import Probe, read_probe, write_probe
from zlide.bundle.roles import MANIFEST, graphs_of, refuse_strays
from zlide.bundle.specs import DecoderSpec, EncoderSpec, Widths
from zlide.bundle.stored_reference import (
    MAX_REFERENCE_BYTES,
    REFERENCE_SUFFIX,
    StoredReference,
    Tensors,
    read_stored_reference,
    reference_path,
    refuse_other_file,
    write_stored_reference,
)
from zlide.bundle.text_specs import TextDecoder, TextEncoder
from zlide.bundle.weight_consistency import Weight, lay_out_weights, weight_inconsistencies

__all__ = [
    "BUNDLE",
    "HASH_PATTERN",
    "MANIFEST",
    "MAX_REFERENCE_BYTES",
    "PRECISIONS",
    "REFERENCE_SUFFIX",
    "AxesSet",
    "Axis",
    "DecoderSpec",
    "EncoderSpec",
    "Graph",
    "ImageDecoder",
    "ImageEncoder",
    "Manifest",
    "Points",
    "Poster",
    "Precision",
    "Probe",
    "Size",
    "StoredReference",
    "Tensors",
    "TextDecoder",
    "TextEncoder",
    "Tokens",
    "Weight",
    "Widths",
    "choose_points",
    "copy_bundle",
    "count_ops",
    "folder_name",
    "graph_nodes",
    "graphs_of",
    "lay_out_weights",
    "list_files",
    "own_files",
    "read_bundle",
    "read_examples",
    "read_manifest",
    "read_probe",
    "read_stored_reference",
    "reference_path",
    "refuse_other_file",
    "refuse_stale",
    "refuse_strays",
    "register_specs",
    "sha256",
    "shortest_floats",
    "weight_inconsistencies",
    "write_examples",
    "write_points",
    "write_probe",
    "write_stored_reference",
]
