"""Door."""

from __future__ import annotations

from zlide.describe.checkpoint import axes_named, describe_checkpoint, write_suggestions
from zlide.describe.describe import Described
from zlide.describe.persons import HE, SHE

__all__ = ["HE", "SHE", "Described", "axes_named", "describe_checkpoint", "write_suggestions"]
