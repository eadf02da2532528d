"""Decoders that have to convert, and the tests that hold them to PyTorch.

- `operations.py`: 142 operations, each alone in a decoder of pictures.
- `lines.py`: more layers and idioms of decoders of pictures and sentences.
- `architectures.py`, `writers.py`: whole decoders after public architectures, small and seeded.
- `cases.py`: all of these by name. `refused.json`: those that do not convert, or not everywhere.
- `test_converts.py`: each written graph equals PyTorch in NumPy.
- `test_page.py`: each written graph equals PyTorch in the browser, on three backends.
- `faults.py`, `test_faults.py`, `test_bad_input.py`: single faults, each with a small input.

`python -m tests.coverage` converts all cases and prints what was refused. With `--write` it renews
`refused.json` and `docs/coverage.md`; with `--page` it runs the browser too.
"""
