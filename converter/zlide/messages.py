"""Errors of Python, of JSON and of libraries, put in plain words."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
from collections.abc import Iterable
from typing import Any, get_type_hints

from pydantic import BaseModel, ValidationError


def reason_of(error: Exception) -> str:
    """Return why a file cannot be read. The message of a plain ValueError is used as it is."""
    if isinstance(error, FileNotFoundError):
        return os.strerror(errno.ENOENT)  # the error of safetensors has no strerror
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, UnicodeDecodeError):
        return "not valid UTF-8"
    if isinstance(error, json.JSONDecodeError):
        return f"invalid JSON at line {error.lineno}, column {error.colno}"
    return str(error) if type(error) is ValueError else "a damaged file or another file type"


def json_type(value: object) -> str:
    """Return the JSON type of a value, with its article: "an object"."""
    names = {
        dict: "an object",
        list: "an array",
        str: "a string",
        bool: "a boolean",
        int: "a number",
        float: "a number",
        type(None): "null",
    }
    return names[type(value)]


def validation_problems(error: ValidationError, model: type[BaseModel]) -> str:
    """Return every reason why JSON is not a valid `model`, in one line."""
    return ", ".join(_problem(details, model) for details in error.errors())


def _problem(details: Any, model: type[BaseModel]) -> str:
    path, kind, message, found = (details[key] for key in ("loc", "type", "msg", "input"))
    key = ".".join(map(str, path))
    if kind == "json_invalid":
        return str(message)
    if kind in {"extra_forbidden", "unexpected_keyword_argument"}:
        known = ", ".join(_known_keys(model, path[:-1]))
        return f"unknown key {key}, expected one of {known}" if known else f"unknown key {key}"
    if kind in {"missing", "missing_argument"}:
        return f"missing key {key}"
    expected = message.removeprefix("Value error, ").replace("Input should be", "expected", 1)
    is_short = isinstance(found, str | int | float | None)
    problem = f"{key}: {expected}" if key else expected
    return problem + (f", found {json.dumps(found)}" if is_short else "")


def _known_keys(model: type, path: Iterable[int | str]) -> list[str]:
    """Return the keys of the part of `model` at `path`; none where its type does not say."""
    fields = _fields(model)
    for key in path:
        fields = _fields(fields.get(str(key)))
    return list(fields)


def _fields(model: object) -> dict[str, object]:
    if isinstance(model, type) and issubclass(model, BaseModel):
        return {field.alias or name: field.annotation for name, field in model.model_fields.items()}
    if isinstance(model, type) and dataclasses.is_dataclass(model):
        return dict(get_type_hints(model))
    return {}


def is_unicode(text: str) -> bool:
    """Return whether text can be written as UTF-8: it has no half of a surrogate pair."""
    return not any("\ud800" <= each <= "\udfff" for each in text)
