"""The model card, rendered from `config.json` and `evaluation.json` alone: nothing in it is written by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from zlide.recipes.axes_card import axes_section

Facts = Mapping[str, Any]


def render_card(config: Facts, evaluation: Facts) -> str:
    """Markdown for any sentence VAE.

    config: title, model, recipe and schedule (the settings as they were), command, and where they are known licence, attribution and
    rationale (why this point of the curve is the one to ship), each a sentence, and axes (their names and notes).
    evaluation: what `report` gives, with the curve.
    """
    sections = [
        _what(config, evaluation),
        _data(config, evaluation),
        _training(config),
        _figures(evaluation),
        axes_section(config, evaluation["shares"]),
        _curve(config, evaluation),
        _samples(evaluation["samples"]),
        _bias(evaluation["bias"]),
        _licence(config),
    ]
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def _what(config: Facts, evaluation: Facts) -> list[str]:
    size = config["model"]
    what = (
        "A sentence VAE after Bowman et al. 2016, *Generating Sentences from a Continuous Space*: a bidirectional GRU reads a sentence into a "
        f"Gaussian over {size['latent']} dimensions, a GRU that sees z in its first state, at every step and in its logits writes it again."
    )
    sizes = (
        f"{evaluation['parameters'] / 1e6:.2f} million parameters: {size['encoder']} hidden units in each direction of the encoder, "
        f"{size['decoder']} in the decoder, one embedding of width {size['embedding']} shared by input and output, "
        f"{evaluation['corpus']['vocabulary'] - 2:,} words, sentences of up to {size['longest']} words."
    )
    return [f"# {config['title']}", "", what, "", sizes]


def _data(config: Facts, evaluation: Facts) -> list[str]:
    recipe = config["recipe"]
    files = evaluation["corpus"]["files"]
    caps = [
        f"at most {cap['most']:,} of them with {' or '.join(cap['words'])}"
        for cap in recipe["caps"]
    ]
    chosen = (
        f"Distinct sentences of up to {recipe['longest']} words, every word of which occurs at least {recipe['least_count']} times"
        + "".join(f", {cap}" for cap in caps)
        + ". No word was replaced by a token for unknown words. Held out are the sentences with the smallest SHA-256; the model never saw them."
    )
    return [
        "## Data",
        "",
        *_table(
            ("file", "sentences trained on", "times each", "held out"),
            [
                (f"`{name}`", f"{f['training']:,}", f["repeats"], f"{f['heldout']:,}")
                for name, f in files.items()
            ],
        ),
        "",
        chosen,
        *(["", config["attribution"]] if config.get("attribution") else []),
    ]


def _training(config: Facts) -> list[str]:
    names = {
        "epochs": "epochs",
        "batch": "sentences in a batch",
        "learning_rate": "highest learning rate (Adam)",
        "decay": "share of the steps over which it falls to zero",
        "kl_weight": "weight of the KL term",
        "warmup_epochs": "epochs over which that weight rises",
        "word_dropout": "share of the decoder's input words left out",
        "clip": "gradient clipped at, a word",
        "precision": "weights rounded in training to",
        "seed": "seed",
    }
    rows = [
        (name, config["schedule"][key]) for key, name in names.items() if key in config["schedule"]
    ]
    return [
        "## Training",
        "",
        "```",
        config["command"],
        "```",
        "",
        *_table(("setting", "value"), rows),
    ]


def _figures(evaluation: Facts) -> list[str]:
    p = evaluation["perplexity"]
    held = p["held_out"]
    rows = [
        (
            "sentences given back word for word, greedily from the posterior mean",
            _percent(evaluation["exact"]),
        ),
        ("words at their place", _percent(evaluation["words"])),
        *(
            (f"the same for `{name}`", f"{_percent(f['exact'])}, {_percent(f['words'])}")
            for name, f in evaluation["corpora"].items()
        ),
        ("tokens in outputs that are no words", evaluation["unknown"]),
        ("dimensions in use (variance of the posterior mean over 0.01)", evaluation["active"]),
        ("KL from the prior, nats a sentence", f"{evaluation['kl']:.1f}"),
        (
            "rows of seven steps along an axis with at least three sentences",
            _percent(evaluation["variety"]),
        ),
    ]
    readable = [
        ("held-out sentences", f"{held:.1f}", ""),
        ("their words shuffled", f"{p['shuffled']:.1f}", f"{p['shuffled'] / held:.2f}"),
        (
            "1,000 decoded after a move of N(0, 1) σ along each of the first five axes",
            f"{p['moved']:.1f}",
            f"{p['moved'] / held:.2f}",
        ),
        (
            "1,000 decoded from the aggregate posterior",
            f"{p['aggregate']:.1f}",
            f"{p['aggregate'] / held:.2f}",
        ),
        ("1,000 decoded from the prior", f"{p['prior']:.1f}", f"{p['prior'] / held:.2f}"),
    ]
    shares = evaluation["shares"]
    first, all_of_them = _percent(sum(shares[:5])), _percent(sum(shares))
    spanned = (
        [
            "",
            f"The first five axes hold {first} of the variance of the posterior means, all {len(shares)} {all_of_them}.",
        ]
        if shares
        else []
    )
    return [
        "## Figures",
        "",
        f"On held-out sentences, seed {evaluation['seed']}.",
        "",
        *_table(("", "value"), rows),
        "",
        "How readable sentences are, as the perplexity of an interpolated trigram model of the training sentences:",
        "",
        *_table(("sentences", "perplexity", "× held out"), readable),
        *spanned,
    ]


def _curve(config: Facts, evaluation: Facts) -> list[str]:
    points = evaluation["curve"]
    rows = [
        (
            f"**{p['kl_weight']:g}**, this model" if p["shipped"] else f"{p['kl_weight']:g}",
            _percent(p["exact"]),
            _percent(p["words"]),
            f"{p['kl']:.1f}",
            *(
                f"{p['perplexity'][key] / p['perplexity']['heldout']:.2f}"
                for key in ("moved", "aggregate", "prior")
            ),
            _percent(p["variety"]),
        )
        for p in points
    ]
    header = (
        "weight of the KL term",
        "exact",
        "words",
        "KL",
        "moved × held out",
        "aggregate × held out",
        "prior × held out",
        "variety",
    )
    choice = ["", config["rationale"]] if config.get("rationale") else []
    return ["## Reconstruction against readable neighbours", "", *_table(header, rows), *choice]


def _samples(samples: Facts) -> list[str]:
    lines = ["## Samples", "", "As drawn, none picked out."]
    for around in samples["around"]:
        lines += [
            "",
            f"### Around “{around['sentence']}”",
            "",
            "Moved by N(0, 1) σ along each of the first five axes.",
            "",
        ]
        lines += _bullets(around["decoded"])
    for along in samples["along"]:
        lines += [
            "",
            f"### Along the axes from “{along['sentence']}”",
            "",
            "Each slider set to −3 … 3 σ, the others where they were.",
        ]
        for number, row in enumerate(along["decoded"], 1):
            lines += ["", f"Axis {number}", "", *_bullets(row)]
    lines += ["", "### From the aggregate posterior", "", *_bullets(samples["aggregate"])]
    for pair in samples["between"]:
        lines += [
            "",
            f"### From “{pair['from']}” to “{pair['to']}”",
            "",
            *_bullets(pair["decoded"]),
        ]
    return lines


def _bias(bias: Facts) -> list[str]:
    told, reason_of = bias["sentences"]["training"], bias["sentences"]["samples"]
    rows = [
        (
            ", ".join(row["words"]),
            f"{1000 * row['training'] / told:.1f}",
            f"{1000 * row['samples'] / reason_of:.1f}",
        )
        for row in [*bias["groups"], *bias["names"]]
    ]
    leaning = [(row["word"], f"{row['he']:,}", f"{row['she']:,}") for row in bias["beside"]]
    what = (
        "The model repeats whom its training sentences speak of. Sentences in a thousand that hold any of the words, in the training sentences "
        f"({told:,}, repeats counted) and in {reason_of:,} draws from the aggregate posterior:"
    )
    beside = "Training sentences with the word beside he, him, his, himself and beside she, her, hers, herself:"
    return [
        "## Known bias",
        "",
        what,
        "",
        *_table(("words", "training", "model"), rows),
        *(["", beside, "", *_table(("word", "he", "she"), leaning)] if leaning else []),
    ]


def _licence(config: Facts) -> list[str]:
    return ["## Licence", "", config["license"]] if config.get("license") else []


def _bullets(sentences: Iterable[str]) -> list[str]:
    return [f"- {sentence or '(nothing)'}" for sentence in sentences]


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    numbers = ["---", *("---:" for _ in header[1:])]
    return [f"| {' | '.join(map(str, cells))} |" for cells in (header, numbers, *rows)]


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"
