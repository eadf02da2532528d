"""Docs, docstrings, comments and messages have short sentences and no calqued syntax."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST = 30
"""Words in a sentence."""

BANNED = re.compile(
    r"(?<!\b[Tt]here )\b(?:is|are|was) no (?!longer\b|more than\b|fewer\b)|\bso (?:many|much) as\b"
)
OPENERS = re.compile(r"(?:What|Whether|So|Of|Which|Whatever|Whoever)\b")
_END = r"(?<=[.!?])[\"”)]?\s+(?=[\"“(*]?[A-ZÀ-Þ0-9]|[`\[])"
_ENTRY = r"(?<=[.!?])\s+(?=[a-z]\w*(?:\([^)]*\))?(?:, [a-z]\w*)*:\s)"
"""Where an entry of a list begins: `name: …`, or `name, name: …`."""
SPLIT = re.compile(_END + r"|" + _ENTRY + r"|\n\s*\n|\n\s*[-*|]\s|;\s|:\n")


def complaints(text: str) -> list[str]:
    """Return one line for each fault of style in a text."""
    found = []
    for sentence in (part.strip() for part in SPLIT.split(text)):
        flat = " ".join(sentence.split())
        words = [word for word in flat.split(" ") if re.search(r"\w", word)]
        if len(words) > LONGEST:
            found.append(f"{len(words)} words: {flat[:90]}…")
        if BANNED.search(flat):
            found.append(f"calque: {flat[:90]}")
        if OPENERS.match(flat) and not flat.endswith("?"):
            found.append(f"opener: {flat[:90]}")
    return found


def texts_of_markdown(path: Path) -> Iterator[tuple[int, str]]:
    """Paragraphs, list items and cells of tables, without code."""
    text = re.sub(
        r"^```.*?^```",
        lambda block: "\n" * block[0].count("\n"),
        path.read_text("utf-8"),
        flags=re.DOTALL | re.MULTILINE,
    )
    paragraph: list[str] = []
    for number, line in enumerate([*text.splitlines(), ""], 1):
        if line.startswith("|"):
            yield from ((number, cell.strip()) for cell in line.strip("|").split("|"))
        elif not line.strip() or re.match(r"\s*(?:[-*#]|\d+\.|<!--|    )", line):
            if paragraph:
                yield number - len(paragraph), " ".join(paragraph)
            paragraph = (
                [re.sub(r"^\s*(?:[-*#]+|\d+\.)\s*", "", line)]
                if line.strip() and not line.startswith("    ")
                else []
            )
        else:
            paragraph.append(line.strip())
    if paragraph:
        yield 0, " ".join(paragraph)


def texts_of_python(path: Path) -> Iterator[tuple[int, str]]:
    """Docstrings, comments, messages of errors and texts of options."""
    source = path.read_text("utf-8")
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            yield node.lineno, node.value.value
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in {
            "ZlideError",
            "option",
            "UsageError",
            "BadParameter",
        }:
            for part in [*node.args, *(keyword.value for keyword in node.keywords)]:
                if (
                    isinstance(part, ast.Constant)
                    and isinstance(part.value, str)
                    and " " in part.value
                ):
                    yield node.lineno, part.value
                if isinstance(part, ast.JoinedStr):
                    yield (
                        node.lineno,
                        "".join(
                            str(v.value) if isinstance(v, ast.Constant) else "x"
                            for v in part.values
                        ),
                    )
    comments: list[tuple[int, str]] = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and not re.match(
            r"#\s*(?:noqa|type:|mypy:)", token.string
        ):
            text = re.sub(r"^#+\s*", "", re.sub(r"#\s*(?:noqa|type:).*", "", token.string))
            line = token.start[0]
            whole = token.line.lstrip().startswith("#")
            if comments and whole and comments[-1][0] == line - 1:
                comments[-1] = (line, f"{comments[-1][1]} {text}")
            else:
                comments.append((line if whole else -line, text))
    yield from ((abs(line), text) for line, text in comments)


def texts_of_typescript(path: Path) -> Iterator[tuple[int, str]]:
    """Comments."""
    source = path.read_text("utf-8")
    for match in re.finditer(
        r"/\*\*?(.*?)\*/|((?:^\s*//[^\n]*\n)+)|(?<=\s)//([^\n]*)",
        source,
        flags=re.DOTALL | re.MULTILINE,
    ):
        text = next(group for group in match.groups() if group is not None)
        yield (
            source.count("\n", 0, match.start()) + 1,
            re.sub(r"^\s*(?:\*|//) ?", "", text, flags=re.MULTILINE),
        )


def _files(*patterns: str) -> list[Path]:
    found = [path for pattern in patterns for path in ROOT.glob(pattern)]
    left_out = {"node_modules", "page", "assets"}
    return sorted(
        path
        for path in found
        if not left_out & set(path.relative_to(ROOT).parts[:-1]) - {"page"}
        and "zlide/page" not in path.as_posix()
    )


READERS = {
    **dict.fromkeys(_files("*.md", "docs/*.md"), texts_of_markdown),
    **dict.fromkeys(_files("converter/zlide/**/*.py", "tests/**/*.py"), texts_of_python),
    **dict.fromkeys(
        _files("webapp/src/**/*.ts", "webapp/plugins/*.ts", "webapp/bench/*.ts"),
        texts_of_typescript,
    ),
}


@pytest.mark.parametrize("path", READERS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_prose_is_plain(path: Path) -> None:
    found = [
        f"line {line}: {each}" for line, text in READERS[path](path) for each in complaints(text)
    ]
    assert found == []


def test_calqued_prose_is_found() -> None:
    assert complaints("This is no JSON.")
    assert complaints("What came later holds.")
    assert complaints("Whether a module keeps its contract. So it is.")
    assert complaints("Plain words. " + "word " * 31)
    assert not complaints("This is no longer JSON. Where is the slider? One word, then another.")
