"""In an existing folder, zlide replaces all of its own files or none, and touches no others."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from time import sleep

import pytest

from tests.held_build import held_build
from tests.interrupted import GOLDEN, contents, in_memory, interrupted, mounted
from tests.refusal import refusal
from zlide.bundle.folder import BUNDLE, read_bundle
from zlide.errors import ZlideError
from zlide.files import workspace
from zlide.files.atomic import atomic_folder
from zlide.site.build import _owned_site, write_site

LIST = ".zlide-site.json"


@pytest.fixture
def pages(tmp_path: Path) -> tuple[Path, Path]:
    """Write two builds of a page, some files of which differ."""
    for which in ("old", "new"):
        page = tmp_path / which
        (page / "assets").mkdir(parents=True)
        (page / "index.html").write_text(f"the {which} page")
        (page / "worker.js").write_text("the same")
        (page / f"assets/main-{which}.js").write_text(which)
    return tmp_path / "old", tmp_path / "new"


@pytest.fixture
def site(tmp_path: Path, pages: tuple[Path, Path]) -> Path:
    """Write a site with the old page, and add files of its owner."""
    site = tmp_path / "site"
    write_site([GOLDEN / "text"], site, pages[0])
    for name in (
        ".git/config",
        "CNAME",
        "blog/index.html",
        "assets/own.css",
        "models/text/notes.txt",
    ):
        (site / name).parent.mkdir(exist_ok=True)
        (site / name).write_text(f"my own {name}")
    return site


def inodes(folder: Path) -> dict[str, int]:
    return {path.relative_to(folder).as_posix(): path.stat().st_ino for path in folder.rglob("*")}


def error_of(bundles: list[Path], to: Path, page: Path) -> ZlideError | None:
    """Return the error of a build, None if the site was written."""
    try:
        write_site(bundles, to, page)
    except ZlideError as error:
        return error
    return None


def refused(name: str, to: Path, page: Path) -> ZlideError:
    """Return the error of a build of a golden bundle."""
    return refusal(write_site, [GOLDEN / name], to, page)


@pytest.mark.slow
def test_interrupted_builds_keep_the_files_of_the_owner() -> None:
    signals = {signal.SIGINT: 20, signal.SIGTERM: 20, signal.SIGKILL: 10}
    with in_memory() as folder:
        outcomes = interrupted(folder, os.getuid(), signals, seed=3)
    assert sum(outcomes.values()) >= 50


def test_writes_only_changes_and_removes_only_its_own_files(
    site: Path, pages: tuple[Path, Path]
) -> None:
    before = inodes(site)
    owned = {name: data for name, data in contents(site).items() if data.startswith(b"my own")}
    write_site([GOLDEN / "image"], site, pages[1])
    after, found = inodes(site), contents(site)
    assert {name: data for name, data in found.items() if data.startswith(b"my own")} == owned
    assert all(
        after[name] == before[name]
        for name in (*owned, ".git", "blog", "assets", "models/text", "worker.js")
    )
    assert [path.name for path in (site / "models/text").iterdir()] == ["notes.txt"]
    assert "assets/main-old.js" not in found
    assert set(json.loads(found[LIST])["files"]) == found.keys() - owned.keys() - {LIST}


def test_refuses_files_of_the_owner_in_the_way(
    site: Path, pages: tuple[Path, Path], tmp_path: Path
) -> None:
    (site / "assets/main-new.js").write_text("mine")
    before = contents(site)
    error = refused("text", site, pages[1])
    assert error.where == str(site)
    assert "found assets/main-new.js in the way" in error.problem
    assert "elsewhere" in error.remedy
    assert contents(site) == before
    (site / "assets/main-new.js").unlink()
    (site / "assets/main-new.js").symlink_to(tmp_path / "new/index.html")
    assert "found assets/main-new.js (a link) in" in refused("text", site, pages[1]).problem
    (site / "assets/main-new.js").unlink()
    (site / "assets/main-new.js").mkdir()
    assert "found assets/main-new.js in" in refused("text", site, pages[1]).problem
    shutil.rmtree(site / "assets/main-new.js")
    (site / "models/image").write_text("a file")
    assert "found models/image in" in refused("image", site, pages[1]).problem
    (site / "models/image").unlink()
    shutil.move(site / "models", tmp_path / "elsewhere")
    (site / "models").symlink_to(tmp_path / "elsewhere")
    before = contents(tmp_path / "elsewhere")
    assert "found models (a link) in" in refused("image", site, pages[1]).problem
    assert contents(tmp_path / "elsewhere") == before


@pytest.mark.parametrize("which", ["CNAME", "assets/own.css"])
def test_refuses_lists_with_paths_outside_the_site(
    which: str, site: Path, pages: tuple[Path, Path], tmp_path: Path
) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    before = contents(tmp_path)
    good = json.loads((site / LIST).read_text("utf-8"))
    for path in (
        "../thesis.tex",
        str(tmp_path / "thesis.tex"),
        ".git/config",
        "assets//own.css",
        "./CNAME",
        "..",
        "",
        "a\\b",
        "c:d",
        "a\0b",
        3,
    ):
        (site / LIST).write_text(json.dumps({**good, "files": [*good["files"], which, path]}))
        error = refused("text", site, pages[1])
        assert error.where == str(site / LIST)
        assert error.problem.endswith(f"found {json.dumps(path)}")
        assert "remove it" in error.remedy
    for text in (
        "",
        "[]",
        "{}",
        '{"files": []}',
        '{"format": "zlide-site/1", "files": {}}',
        "[" * 100_000,
        "\udcff",
    ):
        (site / LIST).write_bytes(text.encode("utf-8", "surrogateescape"))
        error = refused("text", site, pages[1])
        assert error.where == str(site / LIST)
        assert "expected a list of files" in error.problem
    (site / LIST).unlink()
    (site / LIST).symlink_to(tmp_path / "thesis.tex")
    error = refused("text", site, pages[1])
    assert (error.where, error.problem.partition("found ")[2]) == (str(site / LIST), "a link")
    (site / LIST).unlink()
    (site / LIST).write_bytes(before[f"site/{LIST}"])
    assert contents(tmp_path) == before


def test_does_not_remove_listed_files_behind_a_link(
    site: Path, pages: tuple[Path, Path], tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/axes").mkdir()
    (tmp_path / "elsewhere/vocabulary.txt").write_text("mine")
    shutil.rmtree(site / "models/text")
    (site / "models/text").symlink_to(tmp_path / "elsewhere")
    write_site([GOLDEN / "image"], site, pages[1])
    assert contents(tmp_path / "elsewhere") == {"vocabulary.txt": b"mine"}
    assert (site / "models/text").is_symlink()


def test_replaces_known_files_of_a_site_without_a_list(
    site: Path, pages: tuple[Path, Path]
) -> None:
    (site / LIST).unlink()
    owned = {name: data for name, data in contents(site).items() if data.startswith(b"my own")}
    write_site([GOLDEN / "image"], site, pages[1])
    found = contents(site)
    assert {name: data for name, data in found.items() if data.startswith(b"my own")} == owned
    assert found["index.html"] == b"the new page"
    assert {name for name in found if name.startswith("models/text/")} == {"models/text/notes.txt"}
    assert "assets/main-old.js" in found  # its owner is unknown
    (site / "assets/main-old.js").unlink()
    write_site([GOLDEN / "text"], site, pages[0])  # the site has a list now
    assert "assets/main-new.js" not in contents(site)


def test_refuses_a_models_json_of_another_program(tmp_path: Path, pages: tuple[Path, Path]) -> None:
    to = tmp_path / "project"
    to.mkdir()
    for name, text in {"models.json": '[{"name": "bert"}]', "index.html": "my project"}.items():
        (to / name).write_text(text)
    before = contents(to)
    error = refused("text", to, pages[0])
    assert error.where == str(to)
    assert "models.json is not zlide's" in error.problem
    assert "empty it" in error.remedy
    assert contents(to) == before


@pytest.mark.parametrize("failing", ["replace", "mkdir", "unlink"])
def test_a_failure_at_any_step_restores_the_site(
    failing: str, site: Path, pages: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    before, others = contents(site), inodes(site)
    real = getattr(os, failing)
    failing_step = 0
    while True:
        remaining = failing_step = failing_step + 3

        def fail(path: str | Path, *rest: object, **options: object) -> object:
            nonlocal remaining
            counts = "backup" not in Path(path).parts and LIST not in str(path)
            remaining -= counts
            if counts and not remaining:
                raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))
            return real(path, *rest, **options)

        with monkeypatch.context() as patch:
            patch.setattr(f"os.{failing}", fail)
            error = error_of([GOLDEN / "image"], site, pages[1])
        if error is None:
            break
        assert "Input/output error" in str(error)
        assert ".zlide-staging" not in str(error)
        assert contents(site) == before
        assert inodes(site).keys() == others.keys()
    assert (site / "index.html").read_text() == "the new page"
    assert failing_step > 3


def test_works_without_hard_links(
    site: Path, pages: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*paths: object, **_: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM), *paths)

    def unlink(path: Path, *, missing_ok: bool = False) -> None:
        if path.name == "vocabulary.txt":
            refuse(str(path))
        real(path, missing_ok=missing_ok)

    before, real = contents(site), Path.unlink
    monkeypatch.setattr("os.link", refuse)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", unlink)
        assert "Operation not permitted" in refused("image", site, pages[1]).problem
    assert contents(site) == before
    write_site([GOLDEN / "image"], site, pages[1])
    assert (site / "index.html").read_text() == "the new page"


def test_names_a_mount_in_the_way(site: Path, pages: tuple[Path, Path]) -> None:
    shutil.rmtree(site / "models/text")
    with mounted(site / "models/text") as is_mounted:
        if not is_mounted:
            pytest.skip("this user may not mount")
        before = contents(site)
        error = refused("text", site, pages[1])
        assert error.where.startswith(f"{site}/models/text/")
        assert error.problem == "Invalid cross-device link"
        assert "unmount" in error.remedy
        assert contents(site) == before


def test_refuses_pages_with_hidden_files(site: Path, pages: tuple[Path, Path]) -> None:
    (pages[1] / ".htaccess").write_text("")
    error = refused("text", site, pages[1])
    assert error.where == str(site)
    assert error.problem.endswith("found .htaccess")
    assert "rename" in error.remedy


def test_the_next_run_undoes_the_work_of_a_killed_one(site: Path, pages: tuple[Path, Path]) -> None:
    """Runs are killed at different renames. The next build fails, and must leave the old site."""
    before = contents(site)
    program = """
import os, signal, sys
from pathlib import Path
from zlide.site.build import write_site
remaining, real = int(sys.argv[1]), os.replace
def replace(*paths):
    global remaining
    remaining -= 1
    if not remaining:
        os.kill(os.getpid(), signal.SIGKILL)
    real(*paths)
os.replace = replace
write_site([Path(sys.argv[2])], Path(sys.argv[3]), Path(sys.argv[4]))
"""
    for rename in (1, 2, 9, 20):
        words = [
            sys.executable,
            "-c",
            program,
            str(rename),
            str(GOLDEN / "image"),
            str(site),
            str(pages[1]),
        ]
        assert subprocess.run(words, check=False, timeout=60).returncode == -signal.SIGKILL
        assert (site / workspace.STAGING).is_dir()
        with (
            pytest.raises(ZlideError, match="the build failed"),
            atomic_folder(site, _owned_site(pages[1])),
        ):
            raise ZlideError("test", "the build failed")
        assert contents(site) == before
    assert subprocess.run([*words[:3], "1000", *words[4:]], check=False, timeout=60).returncode == 0
    assert (site / "index.html").read_text() == "the new page"
    assert not (site / workspace.STAGING).exists()


def test_the_next_run_removes_the_workspace_of_a_killed_first_build(
    tmp_path: Path, pages: tuple[Path, Path]
) -> None:
    for name in (".fresh.zlide-staging", "site/.zlide-staging"):
        (tmp_path / name / "fresh").mkdir(parents=True)
        (tmp_path / name / "fresh/half.bin").write_bytes(b"0")
        (tmp_path / name / "lock").touch()
    for name in ("fresh", "site"):  # the second exists, and is otherwise empty
        write_site([GOLDEN / "text"], tmp_path / name, pages[0])
        write_site([GOLDEN / "text"], tmp_path / name, pages[1])
    (tmp_path / ".site.zlide-staging/backup").mkdir(parents=True)
    write_site([GOLDEN / "text"], tmp_path / "site", pages[1])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fresh", "new", "old", "site"]
    assert contents(tmp_path / "fresh") == contents(tmp_path / "site")


def test_refuses_staging_folders_with_other_files(site: Path, pages: tuple[Path, Path]) -> None:
    staging = site / workspace.STAGING
    staging.mkdir()
    (staging / "thesis.tex").write_text("years of work")
    error = refused("text", site, pages[1])
    assert error.where == str(staging)
    assert "something else" in error.problem
    assert "elsewhere" in error.remedy
    (staging / "thesis.tex").unlink()
    digest = hashlib.sha256(b"my own blog/index.html").hexdigest()
    for path in ("../new/index.html", ".git/config"):
        journal = {"placed": {path: digest}, "removed": [], "folders": [], "replaced": []}
        (staging / "journal.json").write_text(json.dumps(journal))
        error = refused("text", site, pages[1])
        assert error.problem == f"expected plain paths, found {path}"
        assert "remove this folder" in error.remedy
    assert (site / ".git/config").read_text() == "my own .git/config"


def test_a_second_run_waits_for_the_first(
    site: Path, pages: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspace, "LOCK_TIMEOUT", 0.1)
    write_site([GOLDEN / "text"], site.with_name("whole"), pages[1])
    with atomic_folder(site, _owned_site(pages[1])) as fresh:
        shutil.copytree(site.with_name("whole"), fresh, dirs_exist_ok=True)
        error = refused("text", site, pages[1])
        assert error.where == str(site)
        assert "another run of zlide" in error.problem
        assert "wait" in error.remedy
        assert (fresh / "index.html").exists()
        monkeypatch.setattr(workspace, "LOCK_TIMEOUT", 60)
        waiting = threading.Event()

        def wait(seconds: float) -> None:
            waiting.set()
            sleep(seconds)

        monkeypatch.setattr("zlide.files.workspace.time.sleep", wait)
        second = threading.Thread(target=write_site, args=([GOLDEN / "image"], site, pages[0]))
        second.start()
        assert waiting.wait(60)
        assert (site / "index.html").read_text() == "the old page"
    second.join(60)
    assert (site / "assets/main-old.js").exists()
    assert [
        path.name for path in (site / "models").iterdir() if (path / "manifest.json").exists()
    ] == ["image"]


def test_writes_to_the_working_directory_and_through_links(
    site: Path, pages: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "link").symlink_to(site)
    monkeypatch.chdir(site)
    for to, name in [
        (Path(), "image"),
        (Path("../link"), "text"),
        (tmp_path / "link", "image"),
        (Path("../site"), "text"),
    ]:
        write_site([GOLDEN / name], to, pages[1])
        models = json.loads(Path("models.json").read_text("utf-8"))["models"]
        assert models[0]["path"] == f"models/{name}/"  # in the same working directory
    assert (tmp_path / "link").is_symlink()
    write_site([GOLDEN / "text"], Path("deep/er"), pages[0])
    assert (site / "deep/er/index.html").exists()


def test_a_failed_build_leaves_no_new_folders(tmp_path: Path, pages: tuple[Path, Path]) -> None:
    to = tmp_path / "a/b/site"
    with (
        pytest.raises(ZlideError, match=r"a/b/site/half: Permission denied"),
        atomic_folder(to, BUNDLE) as fresh,
    ):
        raise OSError(errno.EACCES, os.strerror(errno.EACCES), fresh / "half")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(page.name for page in pages)


def test_replacing_a_bundle_keeps_other_files(tmp_path: Path) -> None:
    to = Path(shutil.copytree(GOLDEN / "image", tmp_path / "bundle"))
    for name in ("README.md", ".git/HEAD", "axes/raw/why.txt"):
        (to / name).parent.mkdir(exist_ok=True)
        (to / name).write_text("mine")
    before = inodes(to)
    with atomic_folder(to, BUNDLE) as fresh:
        shutil.copytree(GOLDEN / "text", fresh, dirs_exist_ok=True)
    found = contents(to)
    assert {name for name, data in found.items() if data == b"mine"} == {
        "README.md",
        ".git/HEAD",
        "axes/raw/why.txt",
    }
    assert inodes(to)["README.md"] == before["README.md"]
    assert {name: data for name, data in found.items() if data != b"mine"} == contents(
        GOLDEN / "text"
    )
    assert read_bundle(to).name == "text"


def test_replaces_damaged_and_older_bundles_but_no_other_manifests(
    tmp_path: Path,
) -> None:
    for change, is_bundle in CHANGES:
        to = Path(shutil.copytree(GOLDEN / "text", tmp_path / "bundle"))
        manifest = json.loads((to / "manifest.json").read_text("utf-8"))
        (to / "manifest.json").write_text(json.dumps({**manifest, **change}))
        before = contents(to)
        with (
            contextlib.nullcontext() if is_bundle else pytest.raises(ZlideError) as caught,
            atomic_folder(to, BUNDLE) as fresh,
        ):
            shutil.copytree(GOLDEN / "image", fresh, dirs_exist_ok=True)
        if caught:
            assert caught.value.where == str(to)
            assert "manifest.json is not zlide's" in caught.value.problem
            assert "empty it" in caught.value.remedy
        assert contents(to) == (contents(GOLDEN / "image") if is_bundle else before)
        shutil.rmtree(to)


CHANGES: list[tuple[dict[str, object], bool]] = [
    ({"format": "zlide-bundle/0"}, True),
    ({"latent_size": "x"}, True),
    ({"format": "other"}, False),
    ({"format": None}, False),
]


@pytest.mark.needs_page
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_kill_during_a_build_leaves_the_old_site(
    number: signal.Signals, site: Path, tmp_path: Path
) -> None:
    before, scratch = contents(site), tmp_path / "scratch"
    with held_build(GOLDEN / "text", site, scratch) as build:
        assert (site / workspace.STAGING).is_dir()
        build.send_signal(number)
        assert build.wait(60) == 128 + number
    assert contents(site) == before
    assert not (site / workspace.STAGING).exists()
    assert list(scratch.iterdir()) == []
