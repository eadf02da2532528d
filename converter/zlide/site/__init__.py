"""The site: write the page and its bundles to a folder, and serve it."""

from __future__ import annotations

from zlide.site.build import models_by_name, read_publishable, read_site, refuse_site, write_site
from zlide.site.serve import serve

__all__ = ["models_by_name", "read_publishable", "read_site", "refuse_site", "serve", "write_site"]
