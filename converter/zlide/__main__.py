"""Run the command line: `python -m zlide` is `zlide`."""

from __future__ import annotations

from zlide.cli import main

if __name__ == "__main__":
    main(prog_name="zlide")
