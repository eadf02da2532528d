"""Each decoder converts, and the written graph equals PyTorch at latents it has not seen."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.coverage.cases import ABORTS, CASES, EXPECTED_REFUSALS, NOT_ON_BACKENDS, REFUSED_FOR_GOOD
from tests.coverage.conftest import Write
from tests.coverage.converting import convert_case
from tests.coverage.report import PAGE, render
from tests.refusal import refusal

RENEW = "run python -m tests.coverage --write"


@pytest.mark.needs_conversion
@pytest.mark.parametrize("name", [name for name in CASES if name not in EXPECTED_REFUSALS])
def test_equals_pytorch(name: str, written: Write) -> None:
    assert written(name).reason is None


@pytest.mark.needs_conversion
@pytest.mark.parametrize("name", EXPECTED_REFUSALS)
def test_is_refused(name: str, written: Write) -> None:
    if EXPECTED_REFUSALS[name] == ABORTS:
        pytest.skip(f"{name} {ABORTS}")
    assert written(name).reason is not None, f"{name} converts now: {RENEW}"


@pytest.mark.needs_conversion
@pytest.mark.parametrize("name", REFUSED_FOR_GOOD)
def test_a_refusal_for_good_names_the_module_and_the_line(name: str, tmp_path: Path) -> None:
    error = refusal(convert_case, CASES[name], tmp_path)
    assert "operation" in str(error)
    assert re.search(r"\.py, line \d+", str(error))
    assert REFUSED_FOR_GOOD[name] in str(error).lower()
    assert error.remedy


def test_the_operations_are_142_and_at_least_132_of_them_convert() -> None:
    operations = [case.name for case in CASES.values() if case.group == "Operations"]
    assert len(operations) == 142
    assert sum(name not in EXPECTED_REFUSALS for name in operations) >= 132


def test_at_least_thirty_whole_decoders_convert() -> None:
    whole = [case.name for case in CASES.values() if case.group.startswith("Decoders")]
    assert len(whole) >= 30
    assert [name for name in whole if name in EXPECTED_REFUSALS] == []


def test_refusals_for_good_are_refused() -> None:
    assert set(REFUSED_FOR_GOOD) <= set(EXPECTED_REFUSALS)


def test_no_refusal_is_an_internal_error() -> None:
    internal = {
        name: why
        for name, why in EXPECTED_REFUSALS.items()
        if why == ABORTS or why.startswith(("raises", "differs"))
    }
    assert internal == {}


def test_the_page_of_the_documentation_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == render(EXPECTED_REFUSALS, NOT_ON_BACKENDS), RENEW
