"""A site that is replaced again and again, and interrupted, while files of its owner lie in it. Shared by a short test and a long one.

As a program it is the builder: it runs `zlide build` in a process of its own for each line that it reads, and says when one begins and ends.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

GOLDEN = Path(__file__).parent / "golden"

NOBODY = 65534

OWNED = {
    ".git/HEAD": "ref: refs/heads/main\n",
    ".git/objects/ab/cdef": "an object",
    "CNAME": "example.org\n",
    "assets/own.css": "body {}",
    "blog/index.html": "<h1>My blog</h1>",
    "blog/2026/first.html": "<h1>First</h1>",
    "models/notes.txt": "what I trained",
    "models/image/README.md": "my frames",
    "private/key.txt": "nobody may write beside me",
}
"""Files of the owner's."""


class Builder:
    """A process that replaces `around/site` by one of two sites, as often as it is asked to."""

    def __init__(self, around: Path, uid: int) -> None:
        self.around = around
        self.process = subprocess.Popen(
            [sys.executable, __file__, str(around), str(uid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        self._answer("ready")

    def build(self, which: int, number: int | None = None, after: float = 0) -> tuple[int, float]:
        """Build the site `which`, sending signal `number` so many seconds after the beginning; returns the status and the time taken."""
        assert self.process.stdin
        print(which, file=self.process.stdin, flush=True)
        child, begun = self._answer("begun"), time.perf_counter()
        if number is not None:
            while time.perf_counter() < begun + after:
                time.sleep(0.0002)
            with suppress(ProcessLookupError):  # it may have ended
                os.kill(child, number)
        return self._answer("ended"), time.perf_counter() - begun

    def _answer(self, expected: str) -> int:
        assert self.process.stdout
        word, value = self.process.stdout.readline().split()
        assert word == expected
        return int(value)

    def close(self) -> None:
        self.process.communicate(timeout=30)


class Watcher(threading.Thread):
    """Looks without a pause whether every file of the owner's is where it was, and notes when one is not."""

    def __init__(self, site: Path) -> None:
        super().__init__(daemon=True)
        self.paths = [site / name for name in OWNED]
        self.inodes = [path.stat().st_ino for path in self.paths]
        self.missing: list[str] = []
        self.looks = 0
        self.enough = threading.Event()

    def run(self) -> None:
        while not self.enough.is_set():
            for path, inode in zip(self.paths, self.inodes, strict=True):
                try:
                    good = path.stat().st_ino == inode
                except OSError:
                    good = False
                if not good:
                    self.missing.append(str(path))
            self.looks += 1
            time.sleep(0.0005)

    def stop(self) -> None:
        self.enough.set()
        self.join()


def prepare(around: Path, uid: int) -> None:
    """Two pages, three bundles, and an empty site of the user `uid`."""
    for which in (0, 1):
        page = around / f"page{which}"
        (page / "assets").mkdir(parents=True)
        (page / "index.html").write_text(f"page {which} " * 200)
        (page / "verify.html").write_text(f"verify {which}")
        (page / "zlide.js").write_text("the same in both " * 200)
        for i in range(5):
            (page / f"assets/part{i}-{which}.js").write_text(f"part {i} of {which} " * 200)
        bundle = around / f"text{which}"
        shutil.copytree(GOLDEN / "text", bundle)
        manifest = json.loads((bundle / "manifest.json").read_text("utf-8"))
        (bundle / "manifest.json").write_text(
            json.dumps({**manifest, "name": f"text{which}", "title": f"Text {which}"}), "utf-8"
        )
    shutil.copytree(GOLDEN / "image", around / "image")
    (around / "site").mkdir()
    _give(around / "site", uid)


def add_owned(site: Path, uid: int) -> None:
    """Put the owner's files into a site; `private` is a folder that nobody may write to."""
    for name, text in OWNED.items():
        path = site / name
        for folder in [one for one in reversed(path.parents) if not one.exists()]:
            folder.mkdir()
            _give(folder, uid)
        path.write_text(text)
        _give(path, uid)
    (site / "private/key.txt").chmod(0o444)
    (site / "private").chmod(0o555)


def _give(path: Path, uid: int) -> None:
    if uid != os.getuid():
        os.chown(path, uid, uid)


@contextmanager
def mounted(folder: Path) -> Iterator[bool]:
    """A disk of its own at `folder`, where this user may mount one, with a file in it."""
    folder.mkdir(exist_ok=True)
    mount = shutil.which("mount") if os.getuid() == 0 else None
    done = (
        bool(mount)
        and subprocess.run(
            [str(mount), "-t", "tmpfs", "none", folder], check=False, capture_output=True
        ).returncode
        == 0
    )
    try:
        if done:
            (folder / "kept.txt").write_text("on another disk")
        yield done
    finally:
        if done:
            subprocess.run([str(shutil.which("umount")), folder], check=True)


@contextmanager
def in_memory() -> Iterator[Path]:
    """A folder that everybody may look into, in memory where this system has such a place."""
    memory = Path("/dev/shm")  # noqa: S108 (a folder of its own in it)
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as around:
        Path(around).chmod(0o755)
        yield Path(around).resolve()


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def interrupted(
    around: Path, uid: int, signals: dict[signal.Signals, int], seed: int
) -> Counter[str]:
    """Replace a site, interrupted so often by each signal at random moments; returns how often what came of it.

    Asserts that no file of the owner's is ever away, that SIGINT and SIGTERM leave one whole site, old or new, and nothing else, that every
    bundle of it can be read, and that the build after a kill gives exactly the site that was asked for.
    """
    from zlide.bundle.folder import read_bundle
    from zlide.site.build import read_site

    prepare(around, uid)
    builder = Builder(around, uid)
    site, whole = around / "site", [contents(around / f"whole{which}") for which in (0, 1)]
    assert builder.build(0)[0] == 0
    add_owned(site, uid)
    times = [builder.build(which % 2)[1] for which in range(1, 9)]
    max_length = 1.2 * max(times[2:])
    draw, came, now = random.Random(seed), Counter[str](), 0  # noqa: S311 (moments, and no secrets)
    with mounted(site / "archive") as on_disk:
        before = {name: data for name, data in contents(site).items() if name not in whole[now]}
        assert before.keys() == {*OWNED, *(["archive/kept.txt"] if on_disk else [])}
        watcher = Watcher(site)
        watcher.start()
        for number in itertools.chain.from_iterable(
            itertools.repeat(*one) for one in signals.items()
        ):
            status, _ = builder.build(1 - now, number, draw.uniform(0, max_length))
            found = contents(site)
            left = {name: data for name, data in found.items() if name in before}
            assert left == before
            ours = {name: data for name, data in found.items() if name not in before}
            assert status in {0, -number, 128 + number}, (status, number)
            if number == signal.SIGKILL:
                outcome = (
                    "old" if ours == whole[now] else "new" if ours == whole[1 - now] else "between"
                )
                assert builder.build(1 - now)[0] == 0
                ours = {name: data for name, data in contents(site).items() if name not in before}
                assert ours == whole[1 - now]
                now = 1 - now
            else:
                outcome = "old" if ours == whole[now] else "new"
                now = now if outcome == "old" else 1 - now
                assert ours == whole[now]
                assert not (site / ".zlide-staging").exists()
            for path in read_site(site):
                read_bundle(site / path)
            came[f"{number.name} {outcome}{'' if status else ', too late'}"] += 1
        watcher.stop()
    builder.close()
    assert watcher.missing == []
    assert watcher.looks > sum(signals.values())
    return came + Counter({"mounted": int(on_disk)})


def _run(around: Path, uid: int) -> None:
    import click

    from zlide.cli import main
    from zlide.site import build as site

    def build(which: int, to: Path) -> int:
        page = around / f"page{which}"
        site.refuse_site.__defaults__ = (page,)
        site.write_site.__defaults__ = (page, "gzip")
        try:
            words = [
                "build",
                str(around / f"text{which}"),
                str(around / "image"),
                "--output",
                str(to),
            ]
            main(words, prog_name="zlide", standalone_mode=False)
        except SystemExit as ended:
            return int(ended.code or 0)
        except (KeyboardInterrupt, click.Abort):  # before the command line hears it, or after
            return 128 + signal.SIGINT
        return 0

    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    for which in (
        0,
        1,
    ):  # all that is needed is imported by then: another user may have no right to read it
        assert build(which, around / f"whole{which}") == 0
    if uid != os.getuid():
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
    print("ready", os.getpid(), file=answers, flush=True)
    for line in sys.stdin:
        child = os.fork()
        if not child:
            status = 128 + signal.SIGINT
            try:
                signal.signal(
                    signal.SIGINT, signal.default_int_handler
                )  # tests may run in the background
                print("begun", os.getpid(), file=answers, flush=True)
                status = build(int(line), around / "site")
            finally:
                os._exit(status)
        print("ended", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), file=answers, flush=True)


if __name__ == "__main__":
    _run(Path(sys.argv[1]), int(sys.argv[2]))
