"""Door."""

from __future__ import annotations

from zlide.site.build import by_name, read_publishable, read_site, refuse_site, write_site
from zlide.site.serve import serve

__all__ = ["by_name", "read_publishable", "read_site", "refuse_site", "serve", "write_site"]
