"""Export: from a decoder in Python to a bundle on disk."""

from __future__ import annotations

from zlide.exporter.pipeline import ExportWarning, Metadata, Report, export
from zlide.exporter.reference import WrittenReference

__all__ = ["ExportWarning", "Metadata", "Report", "WrittenReference", "export"]
