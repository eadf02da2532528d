"""Page and bundles become one folder, at once or not at all."""

import gzip
import hashlib
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from zlide.errors import ZlideError
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
    """The golden bundle of pictures under another name, with files that shrink by gzip and files that do not."""
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


def test_a_site_is_the_page_and_its_models(tmp_path: Path, page: Path) -> None:
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
    assert [path.name for path in to.parent.iterdir()] == ["site"]  # nothing is left beside it


@pytest.fixture
def large(page: Path) -> Path:
    """A page of which some files shrink by gzip, and others do not."""
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


def test_what_shrinks_by_a_tenth_lies_compressed_beside_itself(tmp_path: Path, large: Path) -> None:
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
    assert not contents(tmp_path / "a").keys() & {
        f"{name}.gz" for name in contents(tmp_path / "a")
    }  # a bundle stays as it is


def test_two_sites_of_the_same_are_the_same_bytes(tmp_path: Path, large: Path) -> None:
    one = bundle(tmp_path / "a")
    write_site([one], tmp_path / "site", large)
    for path in large.rglob("*"):
        os.utime(path, (1, 1))
    write_site([one], tmp_path / "other", large)
    assert contents(tmp_path / "other") == contents(tmp_path / "site")


def test_a_second_build_leaves_what_did_not_change_as_old_as_it_was(
    tmp_path: Path, large: Path
) -> None:
    to, one = tmp_path / "site", bundle(tmp_path / "a")
    write_site([one], to, large)
    for path in to.rglob("*"):
        os.utime(path, (1e9, 1e9))
    before = times(to)
    write_site([one], to, large)
    assert times(to) == before
    (large / "assets" / "main.js").write_text("let sliders = 1\n" * 500)
    write_site([one], to, large)
    after = times(to)
    assert {name for name, time in after.items() if time != before[name]} == {
        "assets/main.js",
        "assets/main.js.gz",
    }
    assert after["assets/main.js.gz"] == after["assets/main.js"]  # some servers ask which is newer
    assert b"sliders = 1" in gzip.decompress((to / "assets/main.js.gz").read_bytes())


def test_without_compression_nothing_compressed_is_left(tmp_path: Path, large: Path) -> None:
    for name in ("index.html", "more.js"):
        (large / name).write_text("page " * 500)
    to, one = tmp_path / "site", bundle(tmp_path / "a")
    write_site([one], to, large)
    assert (to / "index.html.gz").is_file()
    assert (to / "more.js.gz").is_file()
    (large / "assets" / "simd.wasm").unlink()
    write_site([one], to, large)
    assert not (to / "assets" / "simd.wasm.gz").exists()
    write_site(
        [to / "models" / "tiny"], to, large, "none"
    )  # what lies beside a bundle in a site is not of the bundle
    assert [name for name in contents(to) if name.endswith(".gz")] == []
    assert "models/tiny/manifest.json" in contents(to)


def test_an_older_site_is_replaced_whole(tmp_path: Path, page: Path) -> None:
    to = tmp_path / "site"
    write_site([bundle(tmp_path / "a", "old")], to, page)
    write_site([bundle(tmp_path / "b", "new")], to, page)
    assert [path.name for path in (to / "models").iterdir()] == ["new"]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_what_belongs_to_git_or_to_the_host_stays(tmp_path: Path, page: Path) -> None:
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


def test_a_bundle_may_come_from_the_site_that_it_goes_to(tmp_path: Path, page: Path) -> None:
    to = tmp_path / "site"
    write_site([bundle(tmp_path / "a")], to, page)
    before = contents(to)
    write_site([to / "models" / "tiny"], to, page)
    assert contents(to) == before


def test_read_only_pages_make_sites_that_can_be_replaced(tmp_path: Path, page: Path) -> None:
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


def test_an_empty_folder_is_taken_and_another_is_not(tmp_path: Path, page: Path) -> None:
    one = bundle(tmp_path / "a")
    to = tmp_path / "home"
    to.mkdir()
    write_site([one], to, page)
    shutil.rmtree(to)
    to.mkdir()
    (to / "thesis.tex").write_text("years of work")
    with pytest.raises(ZlideError) as error:
        write_site([one], to, page)
    assert (
        str(error.value)
        == f"{to}: holds other files (there is no models.json); choose another folder, or empty it"
    )
    assert contents(to) == {"thesis.tex": b"years of work"}
    with pytest.raises(ZlideError, match="expected a folder, found a file"):
        write_site([one], to / "thesis.tex", page)


def test_what_a_site_cannot_replace_is_known_before_there_is_any_bundle(
    tmp_path: Path, page: Path
) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(ZlideError, match="expected a folder, found a file; choose another place"):
        refuse_site(tmp_path / "thesis.tex" / "site", page)
    with pytest.raises(ZlideError, match=r"holds other files \(there is no models\.json\)"):
        refuse_site(tmp_path, page)
    with pytest.raises(ZlideError, match="the page is not built"):
        refuse_site(tmp_path / "site", tmp_path)
    refuse_site(tmp_path / "deep" / "site", page)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["page", "thesis.tex"]


def refused(one: Path, to: Path, page: Path) -> str:
    with pytest.raises(ZlideError) as error:
        write_site([one], to, page)
    assert not to.exists()
    assert "\n" not in str(error.value)
    return str(error.value)


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
def test_a_file_that_no_manifest_lists_is_not_published(
    name: str, tmp_path: Path, page: Path
) -> None:
    one = bundle(tmp_path / "a")
    (one / name).write_text("<script>alert(1)</script>")
    says = f"{one}: expected only what its manifest lists, found {name}; move the rest elsewhere"
    assert refused(one, tmp_path / "site", page) == says


def test_several_strays_are_named_in_one_line(tmp_path: Path, page: Path) -> None:
    one = bundle(tmp_path / "a")
    for name in (".git/config", ".git/objects/00/11", "src/a.py", "src/b.py", "axes/raw/why.txt"):
        (one / name).parent.mkdir(parents=True, exist_ok=True)
        (one / name).write_text("mine")
    (one / "empty/folder").mkdir(parents=True)
    says = f"{one}: expected only what its manifest lists, found .git/, axes/raw/why.txt, empty/ and 1 more; move the rest elsewhere"
    assert refused(one, tmp_path / "site", page) == says


@pytest.mark.parametrize("target", ["/etc/hostname", "nowhere", "manifest.json", "/etc", "."])
def test_a_link_beside_a_bundle_s_files_is_not_followed(
    target: str, tmp_path: Path, page: Path
) -> None:
    one = bundle(tmp_path / "a")
    (one / "decoder/more").symlink_to(target)
    says = f"{one}: expected only what its manifest lists, found decoder/more (a link); move the rest elsewhere"
    assert refused(one, tmp_path / "site", page) == says


def test_a_linked_part_and_a_listed_script_are_not_published(tmp_path: Path, page: Path) -> None:
    one = bundle(tmp_path / "a")
    shutil.move(one / "axes", tmp_path / "axes")
    (one / "axes").symlink_to(tmp_path / "axes")
    assert (
        refused(one, tmp_path / "site", page)
        == f"{one}: axes is a link; put the file or folder itself in its place"
    )
    two = bundle(tmp_path / "b")
    (two / "x.js").write_text("alert(1)")
    manifest = json.loads((two / "manifest.json").read_text("utf-8"))
    manifest["files"].append(
        {"path": "x.js", "bytes": 8, "sha256": hashlib.sha256(b"alert(1)").hexdigest()}
    )
    (two / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    assert (
        refused(two, tmp_path / "site", page)
        == f"{two}: x.js has no role in a bundle; export the bundle again"
    )


def test_what_lies_compressed_beside_a_bundle_s_files_and_nothing_else_is_left_out_silently(
    tmp_path: Path, page: Path
) -> None:
    one, plain = bundle(tmp_path / "a"), bundle(tmp_path / "b")
    for name in ("manifest.json.gz", "axes/pca/to/model.json.gz"):
        (one / name).write_bytes(b"whatever")
    for folder, to in ((one, "site"), (plain, "other")):
        write_site([folder], tmp_path / to, page, "none")
    assert contents(tmp_path / "site") == contents(tmp_path / "other")


def test_a_bundle_that_changes_while_it_is_copied_is_not_published(
    tmp_path: Path, page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = bundle(tmp_path / "a")
    copyfile = shutil.copyfile

    def changed(source: Path, target: Path) -> None:
        copyfile(source, target)
        if target.name == "examples.json":
            target.write_bytes(target.read_bytes().replace(b"frame", b"fnord"))

    monkeypatch.setattr("zlide.site.build.shutil.copyfile", changed)
    says = "expected a bundle that nobody changes, found that it changed while it was copied; run the command again"
    assert refused(one, tmp_path / "site", page) == f"{one}: {says}"


def test_two_bundles_of_one_name(tmp_path: Path, page: Path) -> None:
    with pytest.raises(
        ZlideError,
        match=r"its name is 'tiny', and so is that of .*/a; export one of them under another name",
    ):
        write_site([bundle(tmp_path / "a"), bundle(tmp_path / "b")], tmp_path / "site", page)
    assert not (tmp_path / "site").exists()


def test_a_bad_bundle_leaves_the_old_site_alone(tmp_path: Path, page: Path) -> None:
    to = tmp_path / "site"
    write_site([bundle(tmp_path / "a")], to, page)
    before = contents(to)
    (tmp_path / "a" / "manifest.json").write_text("{}")
    for broken in (tmp_path / "a", tmp_path / "none"):
        with pytest.raises(ZlideError, match=r"manifest\.json: "):
            write_site([broken], to, page)
    assert contents(to) == before


def test_a_full_disk_in_the_middle_leaves_the_old_site_alone(
    tmp_path: Path, page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    to = tmp_path / "site"
    one = bundle(tmp_path / "a")
    write_site([one], to, page)
    before = contents(to)
    copyfile = shutil.copyfile

    def full(source: Path, target: Path) -> None:
        if target.name == "group1-shard1of1.bin":
            raise OSError(28, "No space left on device", str(target))
        copyfile(source, target)

    monkeypatch.setattr("zlide.site.build.shutil.copyfile", full)
    with pytest.raises(ZlideError, match="no space left on the disk; free some"):
        write_site([one], to, page)
    assert contents(to) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "page", "site"]


def test_a_page_that_is_not_built(tmp_path: Path) -> None:
    with pytest.raises(ZlideError) as error:
        write_site([bundle(tmp_path / "a")], tmp_path / "site", tmp_path / "page")
    assert (
        str(error.value)
        == f"{tmp_path / 'page'}: the page is not built; run `make page`, or install a release of zlide"
    )


def test_a_site_names_its_bundles(tmp_path: Path, page: Path) -> None:
    to = tmp_path / "site"
    write_site([bundle(tmp_path / "b", "words"), bundle(tmp_path / "a", "images")], to, page)
    assert read_site(to) == ["models/words/", "models/images/"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "expected a list of models, found: no JSON, from line 1, column 1 on; make a site"),
        ("[]", "expected a list of models, found: a list without one; make a site"),
        ("{}", "expected a list of models, found: an object without one; make a site"),
        (
            '{"models": []}',
            "expected folders inside the site, as {}, found none; build the site again",
        ),
        (
            '{"models": "models/a/"}',
            'expected folders inside the site, as {}, found "models/a/"; build',
        ),
        ('{"models": 5}', "expected folders inside the site, as {}, found 5; build"),
        (
            '{"models": ["models/a/", 7]}',
            'expected folders inside the site, as {}, found "models/a/", 7; build',
        ),
        *(
            (
                f'{{"models": [{{"path": "models/b/", "title": "B"}}, {{"path": "{path}", "title": "A"}}]}}',
                f'as {{}}, found {{{{"path": "{path}"',
            )
            for path in (
                "../a/",
                "/etc",
                "https://x.test/a/",
                "models/a",
                "models//a/",
                "./",
                "models/a/\\n",
            )
        ),
        (
            '{"models": [{"path": "models/a/"}]}',
            'expected folders inside the site, as {}, found {{"path": "models/a/"}}; build',
        ),
        (
            '{"models": [{"path": "models/a/", "title": 3}]}',
            'expected folders inside the site, as {}, found {{"path": "models/a/", "title": 3}}',
        ),
    ],
)
def test_a_list_of_models_that_cannot_be_used(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "models.json").write_text(text)
    with pytest.raises(ZlideError) as error:
        read_site(tmp_path)
    assert problem.format('{"path": "models/<name>/", "title": "…"}') in str(error.value)
    assert str(error.value).startswith(f"{tmp_path / 'models.json'}: expected ")


def test_the_page_takes_the_same_folders() -> None:
    page = (Path(__file__).parents[2] / "webapp/src/main.ts").read_text("utf-8")
    assert f"const FOLDER = /^{FOLDER.pattern.replace('/', chr(92) + '/')}$/\n" in page


def test_no_site_has_no_models(tmp_path: Path) -> None:
    with pytest.raises(
        ZlideError,
        match=r"models\.json: expected a list of models, found: No such file or directory; make a site with `zlide build`",
    ):
        read_site(tmp_path)
