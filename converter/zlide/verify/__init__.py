"""Door."""

from __future__ import annotations

from zlide.verify.verify import Verdict, verify

__all__ = ["Verdict", "verify"]
