"""The model card of a sentence VAE, rendered from `config.json` and `evaluation.json` alone."""

from __future__ import annotations

from collections.abc import Iterable

from zlide.recipes.card import Card, Facts, Lines, optional_paragraph, table


def render_card(config: Facts, evaluation: Facts) -> str:
    """Return the model card of any sentence VAE as Markdown.

    config, evaluation: as in `Card.render`. The evaluation has the curve.
    """
    return Card(
        samples="sentences",
        hyperparameters={
            "warmup_epochs": "epochs over which that weight rises",
            "word_dropout": "share of the decoder's input words dropped",
            "gradient_clip": "largest norm of the gradient, for each word",
        },
        model=_model(config, evaluation),
        data=_data(config, evaluation),
        figures=_figures(evaluation),
        results=[
            _curve_section(config, evaluation),
            _samples_section(evaluation["samples"]),
            _bias_section(evaluation["bias"]),
        ],
    ).render(config, evaluation)


def _model(config: Facts, evaluation: Facts) -> Lines:
    model = config["model"]
    architecture = (
        "A sentence VAE after Bowman et al. 2016, "
        "*Generating Sentences from a Continuous Space*. "
        f"A bidirectional GRU encodes a sentence as a Gaussian over {model['latent_size']} "
        "dimensions. The decoder is a GRU that gets z in its initial state, at every step and in "
        "its logits."
    )
    sizes = (
        f"{evaluation['parameters'] / 1e6:.2f} million parameters: {model['encoder']} hidden "
        f"units in each direction of the encoder, {model['decoder']} in the decoder, and one "
        f"embedding of width {model['embedding']} shared by input and output. "
        f"The vocabulary has {evaluation['corpus']['vocabulary'] - 2:,} words. "
        f"Sentences have up to {model['max_length']} words."
    )
    return [architecture, "", sizes]


def _data(config: Facts, evaluation: Facts) -> Lines:
    recipe = config["recipe"]
    files = evaluation["corpus"]["files"]
    caps = "".join(
        f" At most {cap['max_sentences']:,} of them contain {' or '.join(cap['words'])}."
        for cap in recipe["caps"]
    )
    preparation = (
        f"The sentences are distinct and have up to {recipe['max_length']} words, each of which "
        f"occurs at least {recipe['min_count']} times.{caps} Unknown words have no token. "
        "The held-out sentences are those with the smallest SHA-256; the model never saw them."
    )
    rows = [
        (f"`{name}`", f"{file['training']:,}", file["repeats"], f"{file['held_out']:,}")
        for name, file in files.items()
    ]
    return [
        *table(("file", "training sentences", "repeats", "held out"), rows),
        "",
        preparation,
        *optional_paragraph(config.get("attribution")),
    ]


def _figures(evaluation: Facts) -> Lines:
    return [
        f"Measured on held-out sentences, with seed {evaluation['seed']}.",
        "",
        *table(("figure", "value"), _reconstruction_rows(evaluation)),
        "",
        "Perplexity of a trigram model of the training sentences; lower is more readable:",
        "",
        *table(
            ("sentences", "perplexity", "× held out"), _perplexity_rows(evaluation["perplexity"])
        ),
        *_variance_paragraph(evaluation["shares"]),
    ]


def _reconstruction_rows(evaluation: Facts) -> list[tuple[object, ...]]:
    return [
        ("sentences reconstructed exactly", _percent(evaluation["exact"])),
        ("words at the right position", _percent(evaluation["words"])),
        *(
            (f"both for `{name}`", f"{_percent(file['exact'])}, {_percent(file['words'])}")
            for name, file in evaluation["corpora"].items()
        ),
        ("decoded tokens that are not words", evaluation["unknown"]),
        ("active dimensions (variance of the posterior mean above 0.01)", evaluation["active"]),
        ("KL from the prior, nats a sentence", f"{evaluation['kl']:.1f}"),
        (
            "traversals of seven steps with at least three distinct sentences",
            _percent(evaluation["variety"]),
        ),
    ]


def _perplexity_rows(perplexity: Facts) -> list[tuple[object, ...]]:
    held_out = perplexity["held_out"]
    texts = {
        "shuffled": "their words shuffled",
        "moved": "1,000 decoded after a move of N(0, 1) σ along each of the first five axes",
        "aggregate": "1,000 decoded from the aggregate posterior",
        "prior": "1,000 decoded from the prior",
    }
    return [
        ("held-out sentences", f"{held_out:.1f}", ""),
        *(
            (text, f"{perplexity[key]:.1f}", f"{perplexity[key] / held_out:.2f}")
            for key, text in texts.items()
        ),
    ]


def _variance_paragraph(shares: list[float]) -> Lines:
    if not shares:
        return []
    text = (
        f"The first five axes explain {_percent(sum(shares[:5]))} of the variance of the "
        f"posterior means, and all {len(shares)} explain {_percent(sum(shares))}."
    )
    return optional_paragraph(text)


def _curve_section(config: Facts, evaluation: Facts) -> Lines:
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
    return [
        "## Reconstruction against readable neighbours",
        "",
        *table(header, map(_curve_row, evaluation["curve"])),
        *optional_paragraph(config.get("rationale")),
    ]


def _curve_row(point: Facts) -> tuple[str, ...]:
    weight, perplexity = f"{point['kl_weight']:g}", point["perplexity"]
    relative = (
        f"{perplexity[key] / perplexity['held_out']:.2f}" for key in ("moved", "aggregate", "prior")
    )
    return (
        f"**{weight}**, this model" if point["shipped"] else weight,
        _percent(point["exact"]),
        _percent(point["words"]),
        f"{point['kl']:.1f}",
        *relative,
        _percent(point["variety"]),
    )


def _samples_section(samples: Facts) -> Lines:
    lines = ["## Samples", "", "Drawn at random, none selected."]
    for around in samples["around"]:
        lines += ["", f"### Around “{around['sentence']}”", ""]
        lines += ["Moved by N(0, 1) σ along each of the first five axes.", ""]
        lines += _bullets(around["decoded"])
    for along in samples["along"]:
        lines += ["", f"### Along the axes from “{along['sentence']}”", ""]
        lines += ["One slider takes the values −3 … 3 σ; the others stay."]
        for number, row in enumerate(along["decoded"], 1):
            lines += ["", f"Axis {number}", "", *_bullets(row)]
    lines += ["", "### From the aggregate posterior", "", *_bullets(samples["aggregate"])]
    for pair in samples["between"]:
        lines += ["", f"### From “{pair['from']}” to “{pair['to']}”", ""]
        lines += _bullets(pair["decoded"])
    return lines


def _bias_section(bias: Facts) -> Lines:
    training, samples = bias["sentences"]["training"], bias["sentences"]["samples"]
    rows = [
        (
            ", ".join(row["words"]),
            f"{1000 * row['training'] / training:.1f}",
            f"{1000 * row['samples'] / samples:.1f}",
        )
        for row in [*bias["groups"], *bias["names"]]
    ]
    text = (
        "The model mentions the people that its training sentences mention. The table counts the "
        "sentences in a thousand that contain any of the words, among the training sentences "
        f"({training:,}, repeats counted) and among {samples:,} draws from the aggregate posterior:"
    )
    lines = ["## Known bias", "", text, "", *table(("words", "training", "model"), rows)]
    if not bias["beside"]:
        return lines
    beside = [(row["word"], f"{row['he']:,}", f"{row['she']:,}") for row in bias["beside"]]
    pronouns = (
        "Training sentences with the word beside he, him, his, himself, "
        "and beside she, her, hers, herself:"
    )
    return [*lines, "", pronouns, "", *table(("word", "he", "she"), beside)]


def _bullets(sentences: Iterable[str]) -> Lines:
    return [f"- {sentence or '(nothing)'}" for sentence in sentences]


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"
