"""The model card of a world, rendered from `config.json` and `evaluation.json` alone."""

from __future__ import annotations

from zlide.recipes.card import Card, Facts, Lines, optional_paragraph, table

FIREBALLS = (
    "A frame has a fireball if at least four of its pixels are bright and yellow. A reconstruction "
    "shows one if at least two are. Some frames without a fireball have a faint one, with two or "
    "three such pixels, which a perfect reconstruction also shows. A reconstruction invents a "
    "fireball if it shows one and the frame has fewer than two such pixels."
)


def render_card(config: Facts, evaluation: Facts) -> str:
    """Return the model card of a world as Markdown.

    config, evaluation: as in `Card.render`.
    """
    return Card(
        samples="frames",
        hyperparameters={
            "emphasis": "weight of pixels that differ from the mean frame",
            "edge_weight": "weight of the differences between neighbouring pixels",
        },
        model=_model(config, evaluation),
        data=_data(config, evaluation),
        figures=_figures(evaluation),
        results=[_pictures_section(evaluation)],
    ).render(config, evaluation)


def _model(config: Facts, evaluation: Facts) -> Lines:
    text = (
        "The ConvVAE of Ha & Schmidhuber 2018, *World Models*, layer by layer. Four convolutions "
        f"encode 64×64 pixels as a Gaussian over {config['model']['latent_size']} dimensions, and "
        "four transposed convolutions decode them. "
        f"{evaluation['parameters'] / 1e6:.2f} million parameters."
    )
    return [text, *optional_paragraph(config.get("rationale"))]


def _data(config: Facts, evaluation: Facts) -> Lines:
    captured = evaluation["captured"]
    player = {
        "doom": "a player who steps left and right at random",
        "racing": "a driver who follows the track, with some noise",
    }[config["world"]]
    text = (
        f"{config['frames']:,} frames of {captured['episodes']:,} episodes, scaled to 64×64. They "
        f"are captured from {player}. Every sixteenth episode is held out, which leaves "
        f"{captured['training']:,} training frames and {captured['held_out']:,} held-out frames."
    )
    return [text, *optional_paragraph(config.get("attribution"))]


def _figures(evaluation: Facts) -> Lines:
    rows = [
        ("`rmse`, pixels in [0, 1]", f"{evaluation['rmse']:.4f}"),
        ("`kl`, nats", f"{evaluation['kl']:.1f}"),
        ("`active` dimensions", evaluation["active"]),
    ]
    fireballs = evaluation.get("fireballs")
    return [
        f"Measured on {evaluation['frames']:,} held-out frames:",
        "",
        *table(("figure", "value"), [*rows, *(_fireball_rows(fireballs) if fireballs else [])]),
        *optional_paragraph(FIREBALLS if fireballs else None),
    ]


def _fireball_rows(fireballs: Facts) -> list[tuple[str, str]]:
    having, lacking = fireballs["with_fireball"], fireballs["without_fireball"]
    texts = {
        "reconstructed": f"of {having} frames with a fireball, reconstructions that show one",
        "invented": f"of {lacking} frames without a fireball, reconstructions that invent one",
        "shown": f"of the same {lacking} frames, reconstructions that show one",
        "faint": f"of the same {lacking} frames, those with a faint one",
    }
    return [(text, f"{fireballs[key]:.1%}") for key, text in texts.items()]


def _pictures_section(evaluation: Facts) -> Lines:
    shares = ", ".join(f"{share:.0%}" for share in evaluation["shares"][:8])
    return [
        "## Pictures",
        "",
        "Held-out frames, each above its reconstruction:",
        "",
        "![pairs of frames and reconstructions](reconstructions.png)",
        "",
        "Draws from the aggregate posterior, none selected:",
        "",
        "![samples](samples.png)",
        "",
        f"Traversals of the first eight principal axes ({shares} of the variance), −3 to 3 σ:",
        "",
        "![the first eight axes](axes.png)",
    ]
