"""Replace a site again and again and interrupt the builds, for a short test and a soak test.

Run as a program, this module is the builder. It forks a process that runs `zlide build` for each
line of its input, and prints when a build begins and ends.
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
    "private/key.txt": "in a read-only folder",
}
"""Files of the site's owner."""


class Builder:
    """A process that replaces `folder/site` by one of two sites on request."""

    def __init__(self, folder: Path, uid: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, __file__, str(folder), str(uid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        self._read("ready")

    def build(self, which: int, number: int | None = None, after: float = 0) -> tuple[int, float]:
        """Build the site `which`, and return the exit status and the seconds that it took.

        number: a signal to send to the build, `after` seconds from its start.
        """
        assert self.process.stdin
        print(which, file=self.process.stdin, flush=True)
        child, start = self._read("begun"), time.perf_counter()
        if number is not None:
            while time.perf_counter() < start + after:
                time.sleep(0.0002)
            with suppress(ProcessLookupError):  # it may have ended
                os.kill(child, number)
        return self._read("ended"), time.perf_counter() - start

    def _read(self, expected: str) -> int:
        assert self.process.stdout
        word, value = self.process.stdout.readline().split()
        assert word == expected
        return int(value)

    def close(self) -> None:
        self.process.communicate(timeout=30)


class Watcher(threading.Thread):
    """A thread that records when a file of the owner is missing or replaced."""

    def __init__(self, site: Path) -> None:
        super().__init__(daemon=True)
        self.paths = [site / name for name in OWNED]
        self.inodes = [path.stat().st_ino for path in self.paths]
        self.missing: list[str] = []
        self.rounds = 0
        self.stopped = threading.Event()

    def run(self) -> None:
        while not self.stopped.is_set():
            for path, inode in zip(self.paths, self.inodes, strict=True):
                try:
                    is_same = path.stat().st_ino == inode
                except OSError:
                    is_same = False
                if not is_same:
                    self.missing.append(str(path))
            self.rounds += 1
            time.sleep(0.0005)

    def stop(self) -> None:
        self.stopped.set()
        self.join()


def prepare(folder: Path, uid: int) -> None:
    """Write two pages, three bundles, and an empty site that belongs to the user `uid`."""
    for which in (0, 1):
        page = folder / f"page{which}"
        (page / "assets").mkdir(parents=True)
        (page / "index.html").write_text(f"page {which} " * 200)
        (page / "verify.html").write_text(f"verify {which}")
        (page / "zlide.js").write_text("the same in both " * 200)
        for i in range(5):
            (page / f"assets/part{i}-{which}.js").write_text(f"part {i} of {which} " * 200)
        bundle = folder / f"text{which}"
        shutil.copytree(GOLDEN / "text", bundle)
        manifest = json.loads((bundle / "manifest.json").read_text("utf-8"))
        (bundle / "manifest.json").write_text(
            json.dumps({**manifest, "name": f"text{which}", "title": f"Text {which}"}), "utf-8"
        )
    shutil.copytree(GOLDEN / "image", folder / "image")
    (folder / "site").mkdir()
    _chown(folder / "site", uid)


def add_owned(site: Path, uid: int) -> None:
    """Write the owner's files into a site; its folder `private` is read-only."""
    for name, text in OWNED.items():
        path = site / name
        for folder in [parent for parent in reversed(path.parents) if not parent.exists()]:
            folder.mkdir()
            _chown(folder, uid)
        path.write_text(text)
        _chown(path, uid)
    (site / "private/key.txt").chmod(0o444)
    (site / "private").chmod(0o555)


def _chown(path: Path, uid: int) -> None:
    if uid != os.getuid():
        os.chown(path, uid, uid)


@contextmanager
def mounted(folder: Path) -> Iterator[bool]:
    """Mount a disk with a file at `folder`, and yield whether this user may do so."""
    folder.mkdir(exist_ok=True)
    mount = shutil.which("mount") if os.getuid() == 0 else None
    is_mounted = False
    if mount:
        command = [mount, "-t", "tmpfs", "none", str(folder)]
        is_mounted = subprocess.run(command, check=False, capture_output=True).returncode == 0
    try:
        if is_mounted:
            (folder / "kept.txt").write_text("on another disk")
        yield is_mounted
    finally:
        if is_mounted:
            subprocess.run([str(shutil.which("umount")), folder], check=True)


@contextmanager
def in_memory() -> Iterator[Path]:
    """Yield a temporary folder that every user may read, in memory if possible."""
    memory = Path("/dev/shm")  # noqa: S108 (only as a parent)
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder).resolve()


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def interrupted(
    folder: Path, uid: int, signals: dict[signal.Signals, int], seed: int
) -> Counter[str]:
    """Replace a site, interrupt the builds at random moments, and count the outcomes.

    signals: how often to send each signal.
    Asserts that the owner's files are never missing. After SIGINT and SIGTERM, the site is the old
    or the new one as a whole, without temporary files. After SIGKILL, the next build succeeds. All
    bundles stay readable.
    """
    prepare(folder, uid)
    builder = Builder(folder, uid)
    site, whole = folder / "site", [contents(folder / f"whole{which}") for which in (0, 1)]
    assert builder.build(0)[0] == 0
    add_owned(site, uid)
    times = [builder.build(which % 2)[1] for which in range(1, 9)]
    longest = 1.2 * max(times[2:])
    rng, outcomes, current = random.Random(seed), Counter[str](), 0  # noqa: S311 (no secrets)
    with mounted(site / "archive") as is_mounted:
        before = {name: data for name, data in contents(site).items() if name not in whole[current]}
        assert before.keys() == {*OWNED, *(["archive/kept.txt"] if is_mounted else [])}
        watcher = Watcher(site)
        watcher.start()
        for number in itertools.chain.from_iterable(
            itertools.repeat(*pair) for pair in signals.items()
        ):
            status, _ = builder.build(1 - current, number, rng.uniform(0, longest))
            assert status in {0, -number, 128 + number}, (status, number)
            found = _zlide_files(site, before)
            if number == signal.SIGKILL:
                outcome = _state(found, whole[current], whole[1 - current])
                assert builder.build(1 - current)[0] == 0
                current = 1 - current
                assert _zlide_files(site, before) == whole[current]
            else:
                outcome = _state(found, whole[current], whole[1 - current])
                assert outcome != "between"
                assert not (site / ".zlide-staging").exists()
                current = current if outcome == "old" else 1 - current
            _assert_readable(site)
            outcomes[f"{number.name} {outcome}{'' if status else ', too late'}"] += 1
        watcher.stop()
    builder.close()
    assert watcher.missing == []
    assert watcher.rounds > sum(signals.values())
    return outcomes + Counter({"mounted": int(is_mounted)})


def _zlide_files(site: Path, owned: dict[str, bytes]) -> dict[str, bytes]:
    """Return the contents of zlide's files, after checking that those of the owner are the same."""
    found = contents(site)
    assert {name: data for name, data in found.items() if name in owned} == owned
    return {name: data for name, data in found.items() if name not in owned}


def _state(found: dict[str, bytes], old: dict[str, bytes], new: dict[str, bytes]) -> str:
    return "old" if found == old else "new" if found == new else "between"


def _assert_readable(site: Path) -> None:
    from zlide.bundle import read_bundle
    from zlide.site import read_site

    for path in read_site(site):
        read_bundle(site / path)


def _run(folder: Path, uid: int) -> None:
    import click

    from zlide.cli import main
    from zlide.site import build as site

    def build(which: int, to: Path) -> int:
        page = folder / f"page{which}"
        site.refuse_site.__defaults__ = (page,)
        site.write_site.__defaults__ = (page, "gzip")
        words = ["build", str(folder / f"text{which}"), str(folder / "image"), "--output", str(to)]
        try:
            main(words, prog_name="zlide", standalone_mode=False)
        except SystemExit as ended:
            return int(ended.code or 0)
        except (KeyboardInterrupt, click.Abort):  # outside of the command line's own handling
            return 128 + signal.SIGINT
        return 0

    output = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    # These builds import all modules, which another user may have no permission to read.
    for which in (0, 1):
        assert build(which, folder / f"whole{which}") == 0
    if uid != os.getuid():
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
    print("ready", os.getpid(), file=output, flush=True)
    for line in sys.stdin:
        child = os.fork()
        if not child:
            status = 128 + signal.SIGINT
            try:
                # Tests in the background ignore SIGINT.
                signal.signal(signal.SIGINT, signal.default_int_handler)
                print("begun", os.getpid(), file=output, flush=True)
                status = build(int(line), folder / "site")
            finally:
                os._exit(status)
        print("ended", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), file=output, flush=True)


if __name__ == "__main__":
    _run(Path(sys.argv[1]), int(sys.argv[2]))
