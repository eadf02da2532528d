"""Each written graph computes the same as PyTorch on the page, on every backend."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.graph_worker import GraphWorker, OnBackend
from tests.coverage.cases import CASES, EXPECTED_REFUSALS, NOT_ON_BACKENDS
from tests.coverage.conftest import Write
from tests.coverage.page import write_site
from tests.coverage.page_outcome import page_outcome
from zlide.site.serve import serve

pytestmark = [
    pytest.mark.needs_browser,
    pytest.mark.needs_conversion,
    pytest.mark.needs_page,
]

NAMES = [name for name in CASES if name not in EXPECTED_REFUSALS]


@pytest.fixture(scope="module")
def site(written: Write, tmp_path_factory: pytest.TempPathFactory) -> Path:
    # From the end, since another process may convert from the beginning at the same time.
    graphs = {name: written(name) for name in reversed(NAMES)}
    refused = {name: graph.reason for name, graph in graphs.items() if graph.reason}
    assert refused == {}
    return write_site({name: graphs[name] for name in NAMES}, tmp_path_factory.mktemp("s") / "site")


@pytest.fixture(scope="module")
def worker(on_backend: OnBackend, site: Path) -> Iterator[GraphWorker]:
    with serve(site, port=0) as server:
        yield GraphWorker(on_backend.browser, on_backend.name, site, server.url)


@pytest.mark.parametrize("name", NAMES)
def test_computes_the_same_as_pytorch(
    name: str, worker: GraphWorker, on_backend: OnBackend
) -> None:
    """A case that is listed for the backend must still fail on it."""
    found = page_outcome(worker, on_backend.name, name, NAMES.index(name) + 1)
    listed = NOT_ON_BACKENDS[on_backend.name].get(name)
    assert (found is None) == (listed is None), found or f"{name} runs on {on_backend.name} now"
