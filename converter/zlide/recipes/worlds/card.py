"""The model card of a world, rendered from `config.json` and `evaluation.json` alone: nothing in it is written by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zlide.recipes.axes_card import axes_section

Facts = Mapping[str, Any]


def render_card(config: Facts, evaluation: Facts) -> str:
    """Markdown. config: the settings as they were; evaluation: what `write_report` computes."""
    sections = [
        _what(config, evaluation),
        _data(config, evaluation),
        _training(config),
        _figures(evaluation),
        axes_section(config, evaluation["shares"]),
        _sheets(evaluation),
        _licence(config),
    ]
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def _what(config: Facts, evaluation: Facts) -> list[str]:
    what = (
        "The ConvVAE of Ha & Schmidhuber 2018, *World Models*, layer by layer: four convolutions read 64×64 pixels into a Gaussian over "
        f"{config['model']['latent']} dimensions, four transposed convolutions paint them again. "
        f"{evaluation['parameters'] / 1e6:.2f} million parameters."
    )
    return [
        f"# {config['title']}",
        "",
        what,
        *(["", config["rationale"]] if config.get("rationale") else []),
    ]


def _data(config: Facts, evaluation: Facts) -> list[str]:
    captured = evaluation["captured"]
    player = {
        "doom": "a player who steps left and right at random",
        "racing": "a driver who follows the track, with some noise",
    }[config["world"]]
    frames = (
        f"{config['frames']:,} frames of {captured['episodes']:,} episodes, captured from {player}, scaled to 64×64. "
        "Every sixteenth episode is held out: "
        f"{captured['training']:,} frames were trained on, {captured['heldout']:,} never."
    )
    return [
        "## Data",
        "",
        frames,
        *(["", config["attribution"]] if config.get("attribution") else []),
    ]


def _training(config: Facts) -> list[str]:
    names = {
        "epochs": "epochs",
        "batch": "frames in a batch",
        "learning_rate": "highest learning rate (Adam)",
        "decay": "share of the steps over which it falls to zero",
        "kl_weight": "weight of the KL term",
        "emphasis": "weight of pixels that stand out from the mean frame",
        "edge_weight": "weight of the differences between neighbouring pixels",
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
    rows = [
        ("`rmse`, pixels in [0, 1]", f"{evaluation['rmse']:.4f}"),
        ("`kl`, nats", f"{evaluation['kl']:.1f}"),
        ("`active` dimensions", evaluation["active"]),
    ]
    balls = evaluation.get("fireballs")
    figures = _table(("figure", "value"), [*rows, *(_fireballs(balls) if balls else [])])
    reason_of = ["", FIREBALLS] if balls else []
    return [
        "## Figures",
        "",
        f"On {evaluation['frames']:,} held-out frames:",
        "",
        *figures,
        *reason_of,
    ]


FIREBALLS = (
    "A frame has a fireball where at least four of its pixels are bright and yellow, and a picture shows one where at least two are. "
    "Among the frames without a fireball are some with a far one, of two or three such pixels, and a perfect reconstruction shows these too. "
    "So one is invented where a reconstruction shows it and the frame itself does not."
)


def _fireballs(balls: Facts) -> list[tuple[str, str]]:
    return [
        (
            f"of {balls['frames']} frames with a fireball, reconstructions that show one",
            f"{balls['shown']:.1%}",
        ),
        (
            f"of {balls['others']} frames without a fireball, reconstructions that invent one",
            f"{balls['invented']:.1%}",
        ),
        (
            f"of the same {balls['others']} frames, reconstructions that show one",
            f"{balls['others_seen']:.1%}",
        ),
        (
            f"of the same {balls['others']} frames, those that show one themselves",
            f"{balls['others_true']:.1%}",
        ),
    ]


def _sheets(evaluation: Facts) -> list[str]:
    shares = [f"{share:.0%}" for share in evaluation["shares"][:8]]
    return [
        "## Pictures",
        "",
        "Held-out frames, and below each its reconstruction:",
        "",
        "![pairs of frames and reconstructions](reconstructions.png)",
        "",
        "Draws from the aggregate posterior, as they came:",
        "",
        "![samples](samples.png)",
        "",
        f"One frame moved along each of the first eight principal axes ({', '.join(shares)} of the variance), from −3 to 3 σ:",
        "",
        "![the first eight axes](axes.png)",
    ]


def _licence(config: Facts) -> list[str]:
    return ["## Licence", "", f"Weights: {config['licence']}."] if config.get("license") else []


def _table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    lines = [header, ["---"] * len(header), *rows]
    return [f"| {' | '.join(map(str, line))} |" for line in lines]
