"""Programs that are started to set up the bench, or because that is how they are used."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from zlide.errors import ZlideError

BENCH = Path(__file__).parent
WEBAPP = BENCH.parents[1] / "webapp"
CHAIN = BENCH.parents[1] / ".venv-onnx-tf/bin"
"""Programs of the environment with onnx-tf and TensorFlow, which `make onnx-tf` sets up.

Where it is missing, as without Python 3.11, the stock conversion does not take part.
"""

RIVAL = BENCH / "node_modules/onnxruntime-web"
LITERT = BENCH / "node_modules/@litertjs"
PAGE = BENCH / "page"


def run(*command: str | Path) -> None:
    """Run a command. Raises ZlideError with the last line of its errors, or if it cannot start."""
    try:
        done = subprocess.run(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        raise ZlideError(
            command[0],
            f"cannot be started: {error.strerror}",
            "set up what is missing with `make page`, and `make onnx-tf` for the stock chain",
        ) from error
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.strip()] or ["no message"]
        raise ZlideError(
            command[0],
            f"ended with status {done.returncode}: {errors[-1]}",
            f"see what `{' '.join(map(str, command))}` says",
        )


def set_up_rivals() -> dict[str, str]:
    """Install the packages that package.json names, and return their versions."""
    wanted = json.loads((BENCH / "package.json").read_text("utf-8"))["dependencies"]
    if any(_installed(name) != version for name, version in wanted.items()):
        run(
            "npm",
            "ci",
            "--prefix",
            BENCH,
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
        )
    return dict(wanted)


def _installed(package: str) -> str | None:
    """Return the version of an installed package, or None."""
    path = BENCH / "node_modules" / package / "package.json"
    return json.loads(path.read_text("utf-8"))["version"] if path.is_file() else None


def build_page() -> None:
    """The page in which contenders are timed, made of the site's own runtime."""
    if not (WEBAPP / "node_modules").is_dir():
        raise ZlideError(
            WEBAPP, "expected the page's packages, found none", "set them up with `make page`"
        )
    run("npm", "run", "--prefix", WEBAPP, "bench")


def convert_untouched(model: Path, folder: Path) -> Path:
    """Convert by the packages' own commands, without the handlers that zlide adds to onnx-tf."""
    run(CHAIN / "onnx-tf", "convert", "-i", model, "-o", folder / "saved")
    run(
        CHAIN / "tensorflowjs_converter",
        "--input_format=tf_saved_model",
        folder / "saved",
        folder / "graph",
    )
    return folder / "graph/model.json"
