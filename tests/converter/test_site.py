"""The page and bundles become a site, whole or not at all."""

import gzip
import hashlib
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.refusal import refusal
from zlide.site.build import FOLDER, read_site, refuse_site, write_site

GOLDEN = Path(__file__).parents[1] / "golden/image"


@pytest.fixture
def page(tmp_path: Path) -> Path:
    page = tmp_path / "page"
    (page / "assets").mkdir(parents=True)
    (page / "index.html").write_text("page")
    (page / "assets" / "main.js").write_text("1")
    return page


def bundle(folder: Path, name: str = "tiny") -> Path:
    """Copy the golden image bundle under another name. Some of its files shrink by gzip."""
    shutil.copytree(GOLDEN, folder)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    (folder / "manifest.json").write_text(
        json.dumps({**manifest, "name": name, "title": "Tiny"}), "utf-8"
    )
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_site_has_the_page_and_its_bundles(tmp_path: Path, page: Path) -> None:
    to = tmp_path / "deep" / "site"
    write_site(
        [bundle(tmp_path / "b", "words"), bundle(tmp_path / "a", "images")], to, page, "none"
    )
    assert json.loads((to / "models.json").read_text()) == {
        "models": [
            {"path": "models/words/", "title": "Tiny"},
            {"path": "models/images/", "title": "Tiny"},
        ]
    }
    found = contents(to)
    found.pop("models.json")
    assert json.loads(found.pop(".zlide-site.json")) == {
        "format": "zlide-site/1",
        "files": sorted([*found, "models.json"]),
    }
    assert found == {
        **contents(page),
        **{f"models/words/{name}": data for name, data in contents(tmp_path / "b").items()},
        **{f"models/images/{name}": data for name, data in contents(tmp_path / "a").items()},
    }
    assert [path.name for path in to.parent.iterdir()] == ["site"]


@pytest.fixture
def large(page: Path) -> Path:
    """Return a page with files that shrink by gzip and files that do not."""
    (page / "assets" / "main.js").write_text("let sliders = 0\n" * 500)
    (page / "assets" / "simd.wasm").write_bytes(bytes(range(64)) * 100)
    (page / "assets" / "noise.bin").write_bytes(np.random.default_rng(7).bytes(5000))
    (page / "assets" / "nearly.bin").write_bytes(np.random.default_rng(7).bytes(4700) + bytes(300))
    return page


def times(folder: Path) -> dict[str, int]:
    return {
        str(path.relative_to(folder)): path.stat().st_mtime_ns
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_writes_gzip_copies_of_files_that_shrink_by_a_tenth(tmp_path: Path, large: Path) -> None:
    to = tmp_path / "site"
    write_site([bundle(tmp_path / "a")], to, large)
    found = contents(to)
    packed = {
        name.removesuffix(".gz"): data for name, data in found.items() if name.endswith(".gz")
    }
    assert {name for name in packed if "models/" not in name} == {
        "assets/main.js",
        "assets/simd.wasm",
    }
    assert {"models/tiny/manifest.json", "models/tiny/decoder/image/model.json"} <= packed.keys()
    assert not any(name.endswith(".png") for name in packed)
    assert {name: gzip.decompress(data) for name, data in packed.items()} == {
        name: found[name] for name in packed
    }
    assert all(len(data) <= 0.9 * len(found[name]) for name, data in packed.items())
    assert not any(name.endswith(".gz") for name in contents(tmp_path / "a"))


def test_writes_the_same_bytes_each_time(tmp_path: Path, large: Path) -> None:
    folder = bundle(tmp_path / "a")
    write_site([folder], tmp_path / "site", large)
    for path in large.rglob("*"):
        os.utime(path, (1, 1))
    write_site([folder], tmp_path / "other", large)
    assert contents(tmp_path / "other") == contents(tmp_path / "site")


def test_unchanged_files_keep_their_times(tmp_path: Path, large: Path) -> None:
    to, folder = tmp_path / "site", bundle(tmp_path / "a")
    write_site([folder], to, large)
    for path in to.rglob("*"):
        os.utime(path, (1e9, 1e9))
    before = times(to)
    write_site([folder], to, large)
    assert times(to) == before
    (large / "assets" / "main.js").write_text("let sliders = 1\n" * 500)
    write_site([folder], to, large)
    after = times(to)
    assert {name for name, time in after.items() if time != before[name]} == {
        "assets/main.js",
        "assets/main.js.gz",
    }
    assert after["assets/main.js.gz"] == after["assets/main.js"]  # some servers compare them
    assert b"sliders = 1" in gzip.decompress((to / "assets/main.js.gz").read_bytes())


def test_compression_none_removes_gzip_copies(tmp_path: Path, large: Path) -> None:
    for name in ("index.html", "more.js"):
        (large / name).write_text("page " * 500)
    to, folder = tmp_path / "site", bundle(tmp_path / "a")
    write_site([folder], to, large)
    assert (to / "index.html.gz").is_file()
    assert (to / "more.js.gz").is_file()
    (large / "assets" / "simd.wasm").unlink()
    write_site([folder], to, large)
    assert not (to / "assets" / "simd.wasm.gz").exists()
    write_site([to / "models" / "tiny"], to, large, "none")  # a bundle with gzip copies
    assert [name for name in contents(to) if name.endswith(".gz")] == []
    assert "models/tiny/manifest.json" in contents(to)


def test_replaces_an_older_site(tmp_path: Path, page: Path) -> None:
    to = tmp_path / "site"
    write_site([bundle(tmp_path / "a", "old")], to, page)
    write_site([bundle(tmp_path / "b", "new")], to, page)
    assert [path.name for path in (to / "models").iterdir()] == ["new"]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_keeps_files_of_git_and_of_the_host(tmp_path: Path, page: Path) -> None:
    to = tmp_path / "site"
    write_site([bundle(tmp_path / "a")], to, page)
    (to / ".git").mkdir()
    (to / ".git" / "HEAD").write_text("ref: refs/heads/main\n", "utf-8")
    (to / "CNAME").write_text("example.org\n", "utf-8")
    (to / "assets").mkdir(exist_ok=True)
    (to / "assets" / "own.js").write_text("", "utf-8")
    write_site([bundle(tmp_path / "b")], to, page)
    assert (to / ".git" / "HEAD").is_file()
    assert (to / "CNAME").read_text("utf-8") == "example.org\n"
    assert (to / "assets" / "own.js").exists()


def test_accepts_a_bundle_of_the_site_itself(tmp_path: Path, page: Path) -> None:
    to = tmp_path / "site"
    write_site([bundle(tmp_path / "a")], to, page)
    before = contents(to)
    write_site([to / "models" / "tiny"], to, page)
    assert contents(to) == before


def test_a_read_only_page_gives_a_writable_site(tmp_path: Path, page: Path) -> None:
    (page / "index.html").chmod(0o444)
    for folder in (page / "assets", page):
        folder.chmod(0o555)
    to = tmp_path / "site"
    write_site([bundle(tmp_path / "a")], to, page)
    assert (to / "index.html").stat().st_mode & 0o200
    assert to.stat().st_mode & 0o200
    write_site([tmp_path / "a"], to, page)
    for folder in (page, page / "assets"):
        folder.chmod(0o755)


def test_accepts_an_empty_folder_and_refuses_others(tmp_path: Path, page: Path) -> None:
    folder = bundle(tmp_path / "a")
    to = tmp_path / "home"
    to.mkdir()
    write_site([folder], to, page)
    shutil.rmtree(to)
    to.mkdir()
    (to / "thesis.tex").write_text("years of work")
    error = refusal(write_site, [folder], to, page)
    assert error.where == str(to)
    assert "no models.json" in error.problem
    assert "empty it" in error.remedy
    assert contents(to) == {"thesis.tex": b"years of work"}
    error = refusal(write_site, [folder], to / "thesis.tex", page)
    assert error.problem == "expected a folder, found a file"


def test_refuses_folders_before_any_bundle_exists(tmp_path: Path, page: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    error = refusal(refuse_site, tmp_path / "thesis.tex" / "site", page)
    assert error.problem == "expected a folder, found a file"
    assert "choose another" in error.remedy
    assert "no models.json" in refusal(refuse_site, tmp_path, page).problem
    assert "not built" in refusal(refuse_site, tmp_path / "site", tmp_path).problem
    refuse_site(tmp_path / "deep" / "site", page)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["page", "thesis.tex"]


def refused(folder: Path, to: Path, page: Path, remedy: str) -> str:
    """Return the problem of a bundle that cannot be published."""
    error = refusal(write_site, [folder], to, page)
    assert error.where == str(folder)
    assert remedy in error.remedy
    assert not to.exists()
    return error.problem


@pytest.mark.parametrize(
    "name",
    [
        "notes.md",
        ".DS_Store",
        "decoder/image/evil.html",
        "models.json",
        "more.gz",
        "probe.safetensors.gz.gz",
    ],
)
def test_refuses_files_that_the_manifest_does_not_list(
    name: str, tmp_path: Path, page: Path
) -> None:
    folder = bundle(tmp_path / "a")
    (folder / name).write_text("<script>alert(1)</script>")
    problem = refused(folder, tmp_path / "site", page, "elsewhere")
    assert problem.endswith(f"found {name}")


def test_names_several_unlisted_files_in_one_line(tmp_path: Path, page: Path) -> None:
    folder = bundle(tmp_path / "a")
    for name in (".git/config", ".git/objects/00/11", "src/a.py", "src/b.py", "axes/raw/why.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("mine")
    (folder / "empty/folder").mkdir(parents=True)
    problem = refused(folder, tmp_path / "site", page, "elsewhere")
    assert problem.endswith("found .git/, axes/raw/why.txt, empty/ and 1 more")


@pytest.mark.parametrize("target", ["/etc/hostname", "nowhere", "manifest.json", "/etc", "."])
def test_refuses_links_beside_the_files_of_a_bundle(
    target: str, tmp_path: Path, page: Path
) -> None:
    folder = bundle(tmp_path / "a")
    (folder / "decoder/more").symlink_to(target)
    problem = refused(folder, tmp_path / "site", page, "elsewhere")
    assert problem.endswith("found decoder/more (a link)")


def test_refuses_linked_parts(tmp_path: Path, page: Path) -> None:
    folder = bundle(tmp_path / "a")
    shutil.move(folder / "axes", tmp_path / "axes")
    (folder / "axes").symlink_to(tmp_path / "axes")
    assert refused(folder, tmp_path / "site", page, "replace it") == "axes is a link"


def test_refuses_scripts_that_the_manifest_lists(tmp_path: Path, page: Path) -> None:
    folder = bundle(tmp_path / "b")
    (folder / "x.js").write_text("alert(1)")
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    digest = hashlib.sha256(b"alert(1)").hexdigest()
    manifest["files"].append({"path": "x.js", "bytes": 8, "sha256": digest})
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    assert refused(folder, tmp_path / "site", page, "export") == "x.js has no role in a bundle"


def test_leaves_out_gzip_copies_in_a_bundle(tmp_path: Path, page: Path) -> None:
    with_copies, plain = bundle(tmp_path / "a"), bundle(tmp_path / "b")
    for name in ("manifest.json.gz", "axes/pca/to/model.json.gz"):
        (with_copies / name).write_bytes(b"anything")
    for folder, to in ((with_copies, "site"), (plain, "other")):
        write_site([folder], tmp_path / to, page, "none")
    assert contents(tmp_path / "site") == contents(tmp_path / "other")


def test_refuses_a_bundle_that_changes_while_it_is_copied(
    tmp_path: Path, page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = bundle(tmp_path / "a")
    copyfile = shutil.copyfile

    def changed(source: Path, target: Path) -> None:
        copyfile(source, target)
        if target.name == "examples.json":
            target.write_bytes(target.read_bytes().replace(b"frame", b"fnord"))

    monkeypatch.setattr("zlide.site.build.shutil.copyfile", changed)
    assert "changed while it was copied" in refused(folder, tmp_path / "site", page, "again")


def test_refuses_two_bundles_with_the_same_name(tmp_path: Path, page: Path) -> None:
    bundles = [bundle(tmp_path / "a"), bundle(tmp_path / "b")]
    error = refusal(write_site, bundles, tmp_path / "site", page)
    assert error.where == str(tmp_path / "b")
    assert str(tmp_path / "a") in error.problem
    assert "'tiny'" in error.problem
    assert "another name" in error.remedy
    assert not (tmp_path / "site").exists()


def test_an_invalid_bundle_leaves_the_old_site_unchanged(tmp_path: Path, page: Path) -> None:
    to = tmp_path / "site"
    write_site([bundle(tmp_path / "a")], to, page)
    before = contents(to)
    (tmp_path / "a" / "manifest.json").write_text("{}")
    for broken in (tmp_path / "a", tmp_path / "none"):
        assert refusal(write_site, [broken], to, page).where == str(broken / "manifest.json")
    assert contents(to) == before


def test_a_full_disk_leaves_the_old_site_unchanged(
    tmp_path: Path, page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    to = tmp_path / "site"
    folder = bundle(tmp_path / "a")
    write_site([folder], to, page)
    before = contents(to)
    copyfile = shutil.copyfile

    def full(source: Path, target: Path) -> None:
        if target.name == "group1-shard1of1.bin":
            raise OSError(28, "No space left on device", str(target))
        copyfile(source, target)

    monkeypatch.setattr("zlide.site.build.shutil.copyfile", full)
    error = refusal(write_site, [folder], to, page)
    assert error.problem == "no space left on the disk"
    assert "free some" in error.remedy
    assert contents(to) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "page", "site"]


def test_refuses_a_page_that_is_not_built(tmp_path: Path) -> None:
    page = tmp_path / "page"
    error = refusal(write_site, [bundle(tmp_path / "a")], tmp_path / "site", page)
    assert error.where == str(page)
    assert "not built" in error.problem
    assert "make page" in error.remedy


def test_reads_the_paths_of_the_bundles(tmp_path: Path, page: Path) -> None:
    to = tmp_path / "site"
    write_site([bundle(tmp_path / "b", "words"), bundle(tmp_path / "a", "images")], to, page)
    assert read_site(to) == ["models/words/", "models/images/"]


OTHER_PATHS = (
    "../a/",
    "/etc",
    "https://x.test/a/",
    "models/a",
    "models//a/",
    "./",
    "models/a/\\n",
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "invalid JSON at line 1, column 1"),
        ("[]", "an array without one"),
        ("{}", "an object without one"),
    ],
)
def test_refuses_files_without_a_list_of_models(tmp_path: Path, text: str, found: str) -> None:
    (tmp_path / "models.json").write_text(text)
    error = refusal(read_site, tmp_path)
    assert error.where == str(tmp_path / "models.json")
    assert error.problem.endswith(f"found: {found}")
    assert "zlide build" in error.remedy


@pytest.mark.parametrize(
    ("models", "found"),
    [
        ("[]", "none"),
        ('"models/a/"', '"models/a/"'),
        ("5", "5"),
        ('["models/a/", 7]', '"models/a/", 7'),
        ('[{"path": "models/a/"}]', '{"path": "models/a/"}'),
        ('[{"path": "models/a/", "title": 3}]', '{"path": "models/a/", "title": 3}'),
        *(
            (
                f'[{{"path": "models/b/", "title": "B"}}, {{"path": "{path}", "title": "A"}}]',
                f'{{"path": "{path}", "title": "A"}}',
            )
            for path in OTHER_PATHS
        ),
    ],
)
def test_refuses_invalid_paths_of_models(tmp_path: Path, models: str, found: str) -> None:
    (tmp_path / "models.json").write_text(f'{{"models": {models}}}')
    error = refusal(read_site, tmp_path)
    assert error.where == str(tmp_path / "models.json")
    assert '{"path": "models/<name>/", "title": "…"}' in error.problem
    assert error.problem.endswith(f"found {found}")
    assert "build the site again" in error.remedy


def test_the_page_accepts_the_same_paths() -> None:
    sources = (Path(__file__).parents[2] / "webapp/src").rglob("*.ts")
    pattern = FOLDER.pattern.replace("/", r"\/")
    line = f"const FOLDER = /^{pattern}$/\n"
    assert any(line in path.read_text("utf-8") for path in sources)


def test_refuses_to_write_a_site_into_a_bundle(tmp_path: Path, page: Path) -> None:
    bundle = Path(shutil.copytree(GOLDEN, tmp_path / "image"))
    error = refusal(write_site, [bundle], bundle / "site", page)
    assert error.where == str(bundle / "site")
    assert not (bundle / "site").exists()


def test_refuses_folders_that_are_not_sites(tmp_path: Path) -> None:
    error = refusal(read_site, tmp_path)
    assert error.where == str(tmp_path / "models.json")
    assert "No such file or directory" in error.problem
    assert "zlide build" in error.remedy
