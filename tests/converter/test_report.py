"""The report has all its parts, and `evaluation.json` and the card are written together."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zlide.checkpoint.settings import Recipe, SentenceSchedule
from zlide.errors import ZlideError
from zlide.recipes.sentences.encode_corpus import encode_corpus
from zlide.recipes.sentences.report import add_to_curve, compile_report, read_curve, write_report
from zlide.recipes.sentences.samples import interpolate


@pytest.fixture(scope="module")
def evaluation(small: Any) -> dict[str, Any]:
    return compile_report(
        small.model,
        small.corpus,
        small.axes,
        ["he likes a quiet song", "she plays the drum at night", "tom sees piano"],
        seed=2,
    )


def config(small: Any) -> dict[str, Any]:
    return {
        "title": "Grammar",
        "model": asdict(small.model.config),
        "recipe": asdict(Recipe()),
        "schedule": asdict(SentenceSchedule(kl_weight=0.03)),
        "command": "zlide train sentences --corpus grammar.txt --output weights/grammar",
    }


def test_a_report_has_figures_samples_and_counts(small: Any, evaluation: dict[str, Any]) -> None:
    assert {"exact", "words", "unknown", "active", "kl", "perplexity", "corpora", "variety"} < set(
        evaluation
    )
    samples = evaluation["samples"]
    assert [len(around["decoded"]) for around in samples["around"]] == [20, 20, 20]
    assert len(samples["aggregate"]) == 20
    assert [(pair["from"], pair["to"]) for pair in samples["between"]] == [
        ("he likes a quiet song", "she plays the drum at night"),
        ("she plays the drum at night", "tom sees piano"),
    ]
    assert {len(row) for along in samples["along"] for row in along["decoded"]} == {7}
    assert {len(along["decoded"]) for along in samples["along"]} == {5}
    assert evaluation["bias"]["sentences"] == {
        "training": len(small.corpus.train["grammar"]) * small.corpus.repeats["grammar"],
        "samples": 1000,
    }
    known = set(small.corpus.vocabulary)
    assert known.issuperset(word for s in samples["aggregate"] for word in s.split())


def test_an_interpolation_starts_and_ends_at_its_sentences(small: Any) -> None:
    one, other = encode_corpus(
        small.model.encoder,
        [small.corpus.encode(s) for s in ["he likes piano", "she sees the drum"]],
    ).means
    line = interpolate(one, other)
    np.testing.assert_array_equal(line[[0, 6]], [one, other])
    np.testing.assert_allclose(line[3], (one + other) / 2, atol=1e-6)


def test_held_out_sentences_replace_missing_examples(small: Any) -> None:
    held = small.corpus.held_out["grammar"]
    assert [
        around["sentence"]
        for around in compile_report(small.model, small.corpus, small.axes)["samples"]["around"]
    ] == held[:3]


def test_the_curve_has_the_siblings_and_this_model(
    small: Any, evaluation: dict[str, Any], tmp_path: Path
) -> None:
    for weight, exact in [(0.5, 0.75), (0.01, 0.5), (0.5, 0.25)]:
        add_to_curve(tmp_path / "curve.json", weight, {**evaluation, "exact": exact})
    write_report(tmp_path, config(small), evaluation)
    written = json.loads((tmp_path / "evaluation.json").read_text("utf-8"))
    assert [(point["kl_weight"], point["shipped"]) for point in written["curve"]] == [
        (0.01, False),
        (0.03, True),
        (0.5, False),
    ]
    assert {key: written[key] for key in evaluation} == json.loads(json.dumps(evaluation))
    card = (tmp_path / "README.md").read_text("utf-8")
    assert card.startswith("# Grammar\n")
    assert "| 0.5 | 25.0% |" in card
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "README.md",
        "curve.json",
        "evaluation.json",
    ]


def test_no_curve_file_means_no_siblings(tmp_path: Path) -> None:
    assert read_curve(tmp_path / "curve.json") == []


@pytest.mark.parametrize("content", ["{", "[1]", '[{"exact": 1}]'])
def test_another_file_instead_of_a_curve_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "curve.json"
    file.write_text(content)
    with pytest.raises(ZlideError) as error:
        read_curve(file)
    assert error.value.where == str(file)
    assert "kl_weight" in error.value.problem
    assert "evaluate" in error.value.remedy
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["evaluation.json", "README.md"])
def test_a_failed_write_keeps_the_files_that_were_there(
    small: Any, evaluation: dict[str, Any], tmp_path: Path, name: str
) -> None:
    files = [tmp_path / "evaluation.json", tmp_path / "README.md"]
    for file in files:
        file.write_text("before")
    (tmp_path / f"{name}.partial").mkdir()
    with pytest.raises(ZlideError, match=f"{name}: Is a directory"):
        write_report(tmp_path, config(small), evaluation)
    assert [file.read_text() for file in files] == ["before", "before"]
