"""Read a JSON file that may come from a stranger."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def read_json(path: Path) -> Any:
    """Return the content of a JSON file in UTF-8.

    Raises OSError, UnicodeDecodeError, and json.JSONDecodeError for all that is not JSON, which
    includes lists nested too deeply and numbers with thousands of digits.
    """
    text = path.read_text("utf-8")
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise
    except RecursionError as error:
        raise json.JSONDecodeError("Expected fewer lists in lists", text, 0) from error
    except ValueError as error:
        raise json.JSONDecodeError("Expected a shorter number", text, 0) from error
