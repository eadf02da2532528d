"""What an error of Python or of a library says, in words for people."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
from collections.abc import Iterable
from typing import get_type_hints

from pydantic import BaseModel, ValidationError


def reason_of(error: Exception) -> str:
    """Why a file cannot be read. What is raised for the reader, a plain ValueError, is said as it is."""
    if isinstance(error, FileNotFoundError):
        return os.strerror(errno.ENOENT)  # of which safetensors tells no number
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, UnicodeDecodeError):
        return "no text in UTF-8"
    if isinstance(error, json.JSONDecodeError):
        return f"no JSON, from line {error.lineno}, column {error.colno} on"
    return str(error) if type(error) is ValueError else "a damaged file, or one of another kind"


def kind_of(value: object) -> str:
    """What JSON calls a value."""
    kinds = {
        dict: "an object",
        list: "a list",
        str: "text",
        bool: "yes or no",
        int: "a number",
        float: "a number",
        type(None): "null",
    }
    return kinds[type(value)]


def validation_problems(error: ValidationError, model: type[BaseModel]) -> str:
    """All that keeps JSON from being a `model`, in one line."""
    return ", ".join(
        _problem(
            ".".join(map(str, e["loc"])),
            e["type"],
            e["msg"],
            _known(model, e["loc"][:-1]),
            e["input"],
        )
        for e in error.errors()
    )


def _problem(key: str, kind: str, message: str, known: Iterable[str], found: object) -> str:
    if kind == "json_invalid":
        return message
    if kind in {"extra_forbidden", "unexpected_keyword_argument"}:
        return (
            f"unknown key {key}, expected among {', '.join(known)}"
            if known
            else f"unknown key {key}"
        )
    if kind in {"missing", "missing_argument"}:
        return f"missing key {key}"
    expected = message.removeprefix("Value error, ").replace("Input should be", "expected", 1)
    return (
        f"{key}: {expected}, found {json.dumps(found)}"
        if isinstance(found, str | int | float | None)
        else f"{key}: {expected}"
    )


def _known(model: type, at: Iterable[int | str]) -> list[str]:
    """The keys of `model`, or of the part of it that lies at some keys; none where that cannot be told."""
    fields = _fields(model)
    for key in at:
        fields = _fields(fields.get(str(key)))
    return list(fields)


def _fields(model: object) -> dict[str, object]:
    if isinstance(model, type) and issubclass(model, BaseModel):
        return {field.alias or name: field.annotation for name, field in model.model_fields.items()}
    if isinstance(model, type) and dataclasses.is_dataclass(model):
        return dict(get_type_hints(model))
    return {}
