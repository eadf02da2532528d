"""Verify a site: decode in a real browser, and compare with PyTorch."""

from __future__ import annotations

from zlide.verify.ask_browser import Backend
from zlide.verify.author_module import AuthorModule, parse_module
from zlide.verify.verify_site import Verdict, verify

__all__ = ["AuthorModule", "Backend", "Verdict", "parse_module", "verify"]
