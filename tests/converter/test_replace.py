"""Of a folder that exists zlide changes its own files alone, and all of them or none."""

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

from tests.interrupted import GOLDEN, contents, in_memory, interrupted, mounted
from zlide.bundle.folder import BUNDLE, read_bundle
from zlide.errors import ZlideError
from zlide.files import workspace
from zlide.files.atomic import atomic_folder
from zlide.site.build import _site, write_site

LIST = ".zlide-site.json"


@pytest.fixture
def pages(tmp_path: Path) -> tuple[Path, Path]:
    """Two builds of a page, of which some files differ."""
    for which in ("old", "new"):
        page = tmp_path / which
        (page / "assets").mkdir(parents=True)
        (page / "index.html").write_text(f"the {which} page")
        (page / "worker.js").write_text("the same")
        (page / f"assets/main-{which}.js").write_text(which)
    return tmp_path / "old", tmp_path / "new"


@pytest.fixture
def site(tmp_path: Path, pages: tuple[Path, Path]) -> Path:
    """A site with the old page, and some files of its owner's."""
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


def outcome(bundles: list[Path], to: Path, page: Path) -> str | None:
    """The line that refuses a site, None where it was written."""
    try:
        write_site(bundles, to, page)
    except ZlideError as error:
        return str(error)
    return None


def refused(bundles: list[Path], to: Path, page: Path) -> str:
    with pytest.raises(ZlideError) as error:
        write_site(bundles, to, page)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_an_interrupted_build_takes_nothing_away() -> None:
    with in_memory() as around:
        came = interrupted(
            around, os.getuid(), {signal.SIGINT: 20, signal.SIGTERM: 20, signal.SIGKILL: 10}, seed=3
        )
    assert sum(came.values()) >= 50


def test_only_what_changed_is_written_and_only_what_zlide_wrote_is_removed(
    site: Path, pages: tuple[Path, Path]
) -> None:
    before, owned = (
        inodes(site),
        {name: data for name, data in contents(site).items() if data.startswith(b"my own")},
    )
    write_site([GOLDEN / "image"], site, pages[1])
    after, found = inodes(site), contents(site)
    assert {name: data for name, data in found.items() if data.startswith(b"my own")} == owned
    assert all(
        after[name] == before[name]
        for name in (*owned, ".git", "blog", "assets", "models/text", "worker.js")
    )
    assert sorted(path.name for path in (site / "models/text").iterdir()) == [
        "notes.txt"
    ]  # the bundle is gone, its folders too
    assert "assets/main-old.js" not in found
    assert set(json.loads(found[LIST])["files"]) == found.keys() - owned.keys() - {LIST}


def test_a_file_of_the_owner_s_in_the_way_is_named_before_anything_changes(
    site: Path, pages: tuple[Path, Path], tmp_path: Path
) -> None:
    (site / "assets/main-new.js").write_text("mine")
    before = contents(site)
    problem = "expected nothing but what zlide put there, found assets/main-new.js, which it did not; move it elsewhere, or choose another folder"
    assert refused([GOLDEN / "text"], site, pages[1]) == f"{site}: {problem}"
    assert contents(site) == before
    (site / "assets/main-new.js").unlink()
    (site / "assets/main-new.js").symlink_to(tmp_path / "new/index.html")
    assert "found assets/main-new.js (a link), which" in refused([GOLDEN / "text"], site, pages[1])
    (site / "assets/main-new.js").unlink()
    (site / "assets/main-new.js").mkdir()
    assert "found assets/main-new.js, which" in refused([GOLDEN / "text"], site, pages[1])
    shutil.rmtree(site / "assets/main-new.js")
    (site / "models/image").write_text("a file")
    assert "found models/image, which" in refused([GOLDEN / "image"], site, pages[1])
    (site / "models/image").unlink()
    shutil.move(site / "models", tmp_path / "elsewhere")
    (site / "models").symlink_to(tmp_path / "elsewhere")
    before = contents(tmp_path / "elsewhere")
    assert "found models (a link), which" in refused([GOLDEN / "image"], site, pages[1])
    assert contents(tmp_path / "elsewhere") == before


@pytest.mark.parametrize("which", ["CNAME", "assets/own.css"])
def test_a_list_may_not_name_files_outside(
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
        says = f"{site / LIST}: expected paths of files inside the site, found {json.dumps(path)}; remove it, and build the site again"
        assert refused([GOLDEN / "text"], site, pages[1]) == says
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
        assert refused([GOLDEN / "text"], site, pages[1]).startswith(
            f"{site / LIST}: expected a list of files"
        )
    (site / LIST).unlink()
    (site / LIST).symlink_to(tmp_path / "thesis.tex")
    assert refused([GOLDEN / "text"], site, pages[1]).startswith(
        f"{site / LIST}: expected a list of files, found a link"
    )
    (site / LIST).unlink()
    (site / LIST).write_bytes(before[f"site/{LIST}"])
    assert contents(tmp_path) == before


def test_a_linked_file_on_the_list_is_not_removed(
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


def test_of_a_site_without_a_list_only_what_is_known_is_replaced(
    site: Path, pages: tuple[Path, Path]
) -> None:
    (site / LIST).unlink()
    owned = {name: data for name, data in contents(site).items() if data.startswith(b"my own")}
    write_site([GOLDEN / "image"], site, pages[1])
    found = contents(site)
    assert {name: data for name, data in found.items() if data.startswith(b"my own")} == owned
    assert found["index.html"] == b"the new page"
    assert {name for name in found if name.startswith("models/text/")} == {"models/text/notes.txt"}
    assert "assets/main-old.js" in found  # nobody can tell whose it is
    (site / "assets/main-old.js").unlink()
    write_site([GOLDEN / "text"], site, pages[0])  # and from now on there is a list
    assert "assets/main-new.js" not in contents(site)


def test_another_program_s_models_json_is_no_site(tmp_path: Path, pages: tuple[Path, Path]) -> None:
    to = tmp_path / "project"
    to.mkdir()
    for name, text in {"models.json": '[{"name": "bert"}]', "index.html": "my project"}.items():
        (to / name).write_text(text)
    before = contents(to)
    assert (
        refused([GOLDEN / "text"], to, pages[0])
        == f"{to}: holds other files (its models.json is not zlide's); choose another folder, or empty it"
    )
    assert contents(to) == before


@pytest.mark.parametrize("failing", ["replace", "mkdir", "unlink"])
def test_a_failure_at_any_step_puts_everything_back(
    failing: str, site: Path, pages: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    before, others = contents(site), inodes(site)
    real = getattr(os, failing)
    steps = 0
    while True:
        left = steps = steps + 3

        def fail(path: str | Path, *rest: object, **options: object) -> object:
            nonlocal left
            inside = "kept" not in Path(path).parts and LIST not in str(path)
            left -= inside
            if inside and not left:
                raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))
            return real(path, *rest, **options)

        with monkeypatch.context() as patch:
            patch.setattr(f"os.{failing}", fail)
            error = outcome([GOLDEN / "image"], site, pages[1])
        if error is None:
            break
        assert "Input/output error" in error
        assert ".zlide-staging" not in error
        assert contents(site) == before
        assert inodes(site).keys() == others.keys()
    assert (site / "index.html").read_text() == "the new page"
    assert steps > 3


def test_a_disk_without_second_names_for_files_will_do(
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
        assert "Operation not permitted" in refused([GOLDEN / "image"], site, pages[1])
    assert contents(site) == before
    write_site([GOLDEN / "image"], site, pages[1])
    assert (site / "index.html").read_text() == "the new page"


def test_a_disk_mounted_where_zlide_writes_is_named(site: Path, pages: tuple[Path, Path]) -> None:
    shutil.rmtree(site / "models/text")
    with mounted(site / "models/text") as done:
        if not done:
            pytest.skip("this user may mount nothing")
        before = contents(site)
        line = refused([GOLDEN / "text"], site, pages[1])
        assert line.startswith(f"{site}/models/text/")
        assert line.endswith(
            "Invalid cross-device link; unmount what lies there, or choose another place"
        )
        assert contents(site) == before


def test_a_page_with_hidden_files_is_refused(site: Path, pages: tuple[Path, Path]) -> None:
    (pages[1] / ".htaccess").write_text("")
    assert (
        refused([GOLDEN / "text"], site, pages[1])
        == f"{site}: expected plain names of files to put there, found .htaccess; rename them"
    )


def test_what_a_killed_run_left_is_undone_by_the_next(site: Path, pages: tuple[Path, Path]) -> None:
    """Killed at each of its renames in turn: the next build, which fails, leaves the old site; the one after it gives the new one."""
    before = contents(site)
    program = """
import os, signal, sys
from pathlib import Path
from zlide.site.build import write_site
left, real = int(sys.argv[1]), os.replace
def replace(*paths):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
    real(*paths)
os.replace = replace
write_site([Path(sys.argv[2])], Path(sys.argv[3]), Path(sys.argv[4]))
"""
    for at in (1, 2, 9, 20):
        words = [
            sys.executable,
            "-c",
            program,
            str(at),
            str(GOLDEN / "image"),
            str(site),
            str(pages[1]),
        ]
        assert subprocess.run(words, check=False, timeout=60).returncode == -signal.SIGKILL
        assert (site / workspace.STAGING).is_dir()
        with (
            pytest.raises(ZlideError, match="the build failed"),
            atomic_folder(site, _site(pages[1])),
        ):
            raise ZlideError("test", "the build failed")
        assert contents(site) == before
    assert subprocess.run([*words[:3], "1000", *words[4:]], check=False, timeout=60).returncode == 0
    assert (site / "index.html").read_text() == "the new page"
    assert not (site / workspace.STAGING).exists()


def test_a_kill_before_there_was_a_site_leaves_nothing_for_long(
    tmp_path: Path, pages: tuple[Path, Path]
) -> None:
    for name in (".fresh.zlide-staging", "site/.zlide-staging"):
        (tmp_path / name / "fresh").mkdir(parents=True)
        (tmp_path / name / "fresh/half.bin").write_bytes(b"0")
        (tmp_path / name / "lock").touch()
    for name in ("fresh", "site"):  # the second exists, and holds nothing else
        write_site([GOLDEN / "text"], tmp_path / name, pages[0])
        write_site([GOLDEN / "text"], tmp_path / name, pages[1])
    (tmp_path / ".site.zlide-staging/kept").mkdir(parents=True)
    write_site([GOLDEN / "text"], tmp_path / "site", pages[1])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fresh", "new", "old", "site"]
    assert contents(tmp_path / "fresh") == contents(tmp_path / "site")


def test_a_folder_of_that_name_that_is_not_zlide_s_stays(
    site: Path, pages: tuple[Path, Path]
) -> None:
    staging = site / workspace.STAGING
    staging.mkdir()
    (staging / "thesis.tex").write_text("years of work")
    says = f"{staging}: expected a folder that zlide left behind, found something else; move it elsewhere"
    assert refused([GOLDEN / "text"], site, pages[1]) == says
    (staging / "thesis.tex").unlink()
    digest = hashlib.sha256(b"my own blog/index.html").hexdigest()
    for path in ("../new/index.html", ".git/config"):
        journal = {"placed": {path: digest}, "removed": [], "folders": [], "replaced": []}
        (staging / "journal.json").write_text(json.dumps(journal))
        assert f"expected plain paths, found {path}; remove this folder" in refused(
            [GOLDEN / "text"], site, pages[1]
        )
    assert (site / ".git/config").read_text() == "my own .git/config"


def test_a_second_run_waits_for_the_first(
    site: Path, pages: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspace, "PATIENCE", 0.1)
    write_site([GOLDEN / "text"], site.with_name("whole"), pages[1])
    with atomic_folder(site, _site(pages[1])) as fresh:
        shutil.copytree(site.with_name("whole"), fresh, dirs_exist_ok=True)
        assert (
            refused([GOLDEN / "text"], site, pages[1])
            == f"{site}: another run of zlide is writing there; wait until it has ended"
        )
        assert (fresh / "index.html").exists()
        monkeypatch.setattr(workspace, "PATIENCE", 60)
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


def test_the_folder_may_be_here_or_linked(
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
        assert (
            json.loads(Path("models.json").read_text("utf-8"))["models"][0]["path"]
            == f"models/{name}/"
        )  # the shell is still here
    assert (tmp_path / "link").is_symlink()
    write_site([GOLDEN / "text"], Path("deep/er"), pages[0])
    assert (site / "deep/er/index.html").exists()


def test_a_failed_build_leaves_no_folders(tmp_path: Path, pages: tuple[Path, Path]) -> None:
    to = tmp_path / "a/b/site"
    with (
        pytest.raises(ZlideError, match=r"a/b/site/half: Permission denied"),
        atomic_folder(to, BUNDLE) as fresh,
    ):
        raise OSError(errno.EACCES, os.strerror(errno.EACCES), fresh / "half")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(page.name for page in pages)


def test_a_bundle_keeps_what_is_not_its_own(tmp_path: Path) -> None:
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


def test_a_damaged_or_older_bundle_can_be_written_again_and_another_manifest_cannot(
    tmp_path: Path,
) -> None:
    for change, welcome in CHANGES:
        to = Path(shutil.copytree(GOLDEN / "text", tmp_path / "bundle"))
        manifest = json.loads((to / "manifest.json").read_text("utf-8"))
        (to / "manifest.json").write_text(json.dumps({**manifest, **change}))
        before = contents(to)
        with (
            contextlib.nullcontext() if welcome else pytest.raises(ZlideError) as error,
            atomic_folder(to, BUNDLE) as fresh,
        ):
            shutil.copytree(GOLDEN / "image", fresh, dirs_exist_ok=True)
        if error:
            assert (
                str(error.value)
                == f"{to}: holds other files (its manifest.json is not zlide's); choose another folder, or empty it"
            )
        assert contents(to) == (contents(GOLDEN / "image") if welcome else before)
        shutil.rmtree(to)


CHANGES: list[tuple[dict[str, object], bool]] = [
    ({"format": "zlide-bundle/0"}, True),
    ({"latent_size": "x"}, True),
    ({"format": "other"}, False),
    ({"format": None}, False),
]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_kill_ends_the_command_in_order(number: signal.Signals, site: Path, tmp_path: Path) -> None:
    """While it copies, which takes for ever here."""
    before = contents(site)
    program = """
import shutil, sys, time
from zlide.cli import main
def slow(*_):
    print("copying", flush=True)
    time.sleep(600)
shutil.copyfile = slow
main()
"""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    words = [sys.executable, "-c", program, "build", str(GOLDEN / "text"), "--output", str(site)]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(scratch)}
    ) as build:
        assert build.stdout
        assert build.stdout.readline() == "copying\n"
        assert (site / workspace.STAGING).is_dir()
        build.send_signal(number)
        assert build.wait(60) == 128 + number
    assert contents(site) == before
    assert not (site / workspace.STAGING).exists()
    assert list(scratch.iterdir()) == []
