"""Export: from a decoder in Python to a bundle on disk."""

from __future__ import annotations

from zlide.exporter.export_file import export_file
from zlide.exporter.pipeline import ExportWarning, Metadata, Report, export
from zlide.exporter.reference import WrittenReference

__all__ = ["ExportWarning", "Metadata", "Report", "WrittenReference", "export", "export_file"]
