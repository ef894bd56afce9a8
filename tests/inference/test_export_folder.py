"""An export is replaced whole or not at all, and nothing else is."""

import os
import shutil
import signal
from pathlib import Path

import pytest

from turbo_sb.inference.export import write_export
from turbo_sb.inference.export_folder import check_free, drafting
from turbo_sb.inference.export_format import read_export
from turbo_sb.utils.checksums import SUMS, write_sums
from turbo_sb.utils.errors import InputError

LABELS = list("abcd")


@pytest.fixture
def old(make_model, tmp_path):
    """An export, in a folder of its own."""
    write_export(tmp_path / "home" / "mine", make_model(), LABELS)
    return tmp_path / "home" / "mine"


@pytest.fixture
def new(make_model, tmp_path):
    """What is to replace it: of other weights."""
    write_export(tmp_path / "new", make_model(seed=1), LABELS)
    return tmp_path / "new"


def contents(folder):
    """Every file below a folder, with what is in it."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def replace(new, folder, overwrite=True):
    """Write a draft as an export does."""
    with drafting(folder, overwrite) as draft:
        shutil.copytree(new, draft, dirs_exist_ok=True)


class TestWhatIsNoExport:
    @pytest.mark.parametrize(
        "name",
        ["thesis.tex", "notes/a.txt", "text/mine.txt", ".git/HEAD", "audio/x"],
    )
    def test_file_beside(self, old, new, name):
        (old / name).parent.mkdir(exist_ok=True)
        (old / name).write_text("mine")
        before = contents(old)
        with pytest.raises(InputError, match=f"no export wrote:\n  {name}"):
            replace(new, old)
        assert contents(old.parent) == {
            f"mine/{name}": content for name, content in before.items()
        }

    def test_folder_without_files(self, old, new):
        (old / "later").mkdir()
        with pytest.raises(InputError, match="no export wrote:\n  later"):
            replace(new, old)
        assert (old / "later").is_dir()

    @pytest.mark.parametrize(
        "text",
        ["batch_size: 4\n", "format: 1\n", "", "- a\n", "format: 2\n", "a: ["],
    )
    def test_inference_yaml_of_another_program(self, tmp_path, new, text):
        """With the sums of its own data, as sha256sum makes them."""
        other = tmp_path / "other"
        other.mkdir()
        (other / "inference.yaml").write_text(text)
        (other / "model.safetensors").write_text("years of work")
        write_sums(other)
        before = contents(other)
        with pytest.raises(InputError, match="is there, and is no export"):
            replace(new, other)
        assert contents(other) == before

    def test_files_that_were_summed_later(self, old, new):
        (old / "thesis.tex").write_text("mine")
        (old / SUMS).unlink()
        write_sums(old)
        with pytest.raises(InputError, match="no export wrote:\n  thesis.tex"):
            replace(new, old)
        assert (old / "thesis.tex").read_text() == "mine"

    def test_file_that_was_changed(self, old, new):
        (old / "text" / "config.json").write_text("{}")
        with pytest.raises(InputError, match="text/config.json is not as it"):
            replace(new, old)

    def test_without_sums(self, old, new):
        (old / SUMS).unlink()
        with pytest.raises(InputError, match="no SHA256SUMS in it that lists"):
            replace(new, old)

    def test_link_to_what_is_elsewhere(self, old, new, tmp_path):
        (tmp_path / "data").mkdir()
        (tmp_path / "data" / "a.wav").touch()
        (old / "data").symlink_to(tmp_path / "data")
        with pytest.raises(InputError, match="no export wrote:\n  data"):
            replace(new, old)
        assert (tmp_path / "data" / "a.wav").exists()

    def test_file(self, old, tmp_path):
        (tmp_path / "file").touch()
        with pytest.raises(InputError, match="file: is there, and is no folde"):
            check_free(tmp_path / "file", overwrite=True)

    def test_link_in_a_circle(self, tmp_path):
        (tmp_path / "a").symlink_to(tmp_path / "b")
        (tmp_path / "b").symlink_to(tmp_path / "a")
        with pytest.raises(InputError, match="a: "):
            check_free(tmp_path / "a")

    def test_lacks_a_file(self, old, new):
        """Nothing is lost by replacing what is left."""
        (old / "model.safetensors").unlink()
        replace(new, old)
        assert contents(old) == contents(new)


class TestPlaces:
    @pytest.mark.parametrize("below", [".", "audio"])
    def test_where_one_is(self, old, new, monkeypatch, below):
        monkeypatch.chdir(old / below)
        with pytest.raises(InputError, match="the folder that you are in"):
            replace(new, old)
        assert read_export(old)

    @pytest.mark.parametrize("name", [".", "..", "../../home"])
    def test_empty_folder_where_one_is(self, tmp_path, monkeypatch, name):
        (tmp_path / "home" / "in").mkdir(parents=True)
        monkeypatch.chdir(tmp_path / "home" / "in")
        with pytest.raises(InputError, match="the folder that you are in"):
            check_free(name)

    def test_home(self, tmp_path, monkeypatch):
        monkeypatch.setenv("HOME", str(tmp_path))
        with pytest.raises(InputError, match="is your home"):
            check_free(tmp_path)

    def test_mount_point(self, tmp_path, monkeypatch):
        monkeypatch.setattr(os.path, "ismount", lambda path: path == tmp_path)
        with pytest.raises(InputError, match="is a mount point"):
            check_free(tmp_path)

    def test_run_and_what_is_around_it(self, tmp_path):
        run = tmp_path / "results" / "turbo" / "fold1"
        (run / "save").mkdir(parents=True)
        (run / "hyperparams.yaml").touch()
        for folder in (run, run.parent, run.parents[1]):
            with pytest.raises(InputError, match="is there, and is no export"):
                check_free(folder, overwrite=True)

    def test_link_to_an_export(self, old, new, tmp_path):
        """What it leads to is replaced; the link stays."""
        link = tmp_path / "link"
        link.symlink_to(old)
        replace(new, link)
        assert link.is_symlink() and contents(old) == contents(new)

    def test_empty_folder(self, new, tmp_path):
        (tmp_path / "empty").mkdir()
        replace(new, tmp_path / "empty", overwrite=False)
        assert contents(tmp_path / "empty") == contents(new)

    def test_parent_that_cannot_be_made(self, new, tmp_path):
        (tmp_path / "file").touch()
        with pytest.raises(InputError, match="cannot be written"):
            replace(new, tmp_path / "file" / "mine")


def killed_at(monkeypatch, module, name, number):
    """In this process, which is a fork: end it before the call."""
    calls, real = [], getattr(module, name)

    def call(*args, **options):
        calls.append(args)
        if len(calls) == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **options)

    monkeypatch.setattr(module, name, call)


def in_a_fork(monkeypatch, kill, new, folder):
    """Replace in another process, which is killed; its signal."""
    child = os.fork()
    if not child:
        try:
            killed_at(monkeypatch, *kill)
            replace(new, folder)
        finally:
            os._exit(0)
    return os.WTERMSIG(os.waitpid(child, 0)[1])


STEPS = [(os, "rename", 1), (os, "rename", 2), (os, "rename", 3)]
STEPS += [(shutil, "copytree", 1), (shutil, "rmtree", 1)]


class TestKilled:
    @pytest.mark.parametrize("step", STEPS, ids=lambda s: f"{s[1]}{s[2]}")
    def test_one_of_both_is_there(self, old, new, monkeypatch, step):
        before, after = contents(old), contents(new)
        signal_of = in_a_fork(monkeypatch, step, new, old)
        assert signal_of == signal.SIGKILL
        if not old.exists():  # it is beside, and what reads it says where
            with pytest.raises(InputError, match=r"is .*\.old: rename it"):
                read_export(old)
        elif step[:2] == (os, "rename") and step[2] == 1:
            assert contents(old) == before
        # The next one puts things right: whole, and nothing left over.
        replace(new, old)
        assert contents(old) == after
        kept = [p.name for p in old.parent.iterdir() if p.name != "mine"]
        assert [name for name in kept if not name.endswith(".old")] == []

    def test_put_back_without_overwrite(self, old, new, monkeypatch):
        before = contents(old)
        in_a_fork(monkeypatch, (os, "rename", 2), new, old)
        assert not old.exists()
        with pytest.raises(InputError, match="an export is there"):
            replace(new, old, overwrite=False)
        assert contents(old) == before

    def test_what_is_aside_is_named_beside_another(
        self, old, new, monkeypatch, caplog
    ):
        in_a_fork(monkeypatch, (os, "rename", 2), new, old)
        (aside,) = old.parent.glob(".mine.*.old")
        shutil.copytree(new, old)
        replace(new, old)
        assert aside.is_dir() and str(aside) in caplog.text

    def test_error_at_each_step_puts_back(self, old, new, monkeypatch):
        before, real = contents(old), os.rename
        for number in (1, 2):
            calls = []

            def fail(one, other, calls=calls, number=number):
                calls.append(one)
                if len(calls) == number:
                    raise OSError(5, "Input/output error")
                real(one, other)

            monkeypatch.setattr(os, "rename", fail)
            with pytest.raises(InputError, match="cannot be written .Input/o"):
                replace(new, old)
            assert contents(old) == before
            assert [p.name for p in old.parent.iterdir()] == ["mine"]


class TestTwo:
    def test_at_once(self, new, tmp_path):
        with drafting(tmp_path / "mine") as draft:
            with pytest.raises(InputError, match="another process exports to"):
                replace(new, tmp_path / "mine", overwrite=False)
            shutil.copytree(new, draft, dirs_exist_ok=True)
        assert contents(tmp_path / "mine") == contents(new)
        assert not list(tmp_path.glob(".mine*"))

    def test_without_a_lock(self, old, new, tmp_path):
        """As on a network's disk: the rename itself fails."""
        free = tmp_path / "free"
        with pytest.raises(InputError, match="has written there since"):
            with drafting(free) as draft:
                shutil.copytree(new, draft, dirs_exist_ok=True)
                shutil.copytree(old, free)
        assert contents(free) == contents(old)
        assert not list(tmp_path.glob(".free*"))

    def test_file_that_came_while_it_was_written(self, old, new):
        with pytest.raises(InputError, match="no export any more.*\n.*x.tex"):
            with drafting(old, overwrite=True) as draft:
                shutil.copytree(new, draft, dirs_exist_ok=True)
                (old / "x.tex").write_text("mine")
        assert (old / "x.tex").read_text() == "mine"
        assert [path.name for path in old.parent.iterdir()] == ["mine"]

    def test_file_that_came_to_a_free_place(self, new, tmp_path):
        with pytest.raises(InputError, match="has written there since"):
            with drafting(tmp_path / "mine") as draft:
                shutil.copytree(new, draft, dirs_exist_ok=True)
                Path(tmp_path / "mine").write_text("mine")
        assert (tmp_path / "mine").read_text() == "mine"
