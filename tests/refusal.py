"""Call a function that must raise ZlideError."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from zlide.errors import ZlideError


def refusal(function: Callable[..., object], *arguments: Any, **options: Any) -> ZlideError:
    """Return the ZlideError that a call raises. It must print as one line."""
    with pytest.raises(ZlideError) as caught:
        function(*arguments, **options)
    assert "\n" not in str(caught.value)
    return caught.value
