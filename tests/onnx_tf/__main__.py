"""Write the list of decoders that the chain converts: `.venv-onnx-tf/bin/python -m tests.onnx_tf`.

It prints those that are new in the list, and those that are gone.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from tests.coverage.cases import CASES
from tests.onnx_tf.cases import ACCEPTED, TABLE, is_accepted


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folders = {name: Path(scratch, str(i)) for i, name in enumerate(CASES)}
        found = [name for name, folder in folders.items() if is_accepted(name, folder)]
    lines = [f"+ {name}" for name in found if name not in ACCEPTED]
    lines += [f"- {name}" for name in ACCEPTED if name not in found]
    TABLE.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
    sys.stdout.write("\n".join([*lines, f"{len(found)} of {len(CASES)} are accepted"]) + "\n")


main()
