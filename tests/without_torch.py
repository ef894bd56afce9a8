"""What reads tables and audio headers, in an interpreter of its own.

Run by test_imports.py: a folder. It prints what is imported after --help, and
after all that needs no model.

Authors
 * The turbo_sb developers 2026
"""

import contextlib
import io
import json
import runpy
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "recipes" / c / "turbo") for c in ("IEMOCAP", "DSD")]
HEAVY = ("torch", "speechbrain", "transformers", "torchaudio")
FOR_HELP = (*HEAVY, "sklearn", "numpy", "scipy", "matplotlib")


def imported(names):
    return [name for name in names if name in sys.modules]


def end(main, *arguments):
    """Call a main that ends the process, and swallow what it says."""
    said = io.StringIO()
    with (
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(said),
        contextlib.suppress(SystemExit),
    ):
        main(*arguments)
    return said.getvalue()


def ask_for_help():
    from turbo_sb.cli.main import COMMANDS, main

    for arguments in ([], *([name] for name in COMMANDS)):
        assert "usage: " in end(main, [*arguments, "--help"])
        assert "usage: " in end(main, [*arguments, "--mistyped"])
    assert "complete " in end(main, ["--print-completion", "bash"])


def prepare(folder):
    import dsd_prepare
    import iemocap_prepare

    from tests import dsd_layout, iemocap_layout

    corpus = iemocap_layout.lay_out(folder / "corpus")
    iemocap_prepare.prepare_iemocap(
        corpus, folder / "sets", "session5", strict_corpus=False
    )
    dsd_layout.lay_out(folder / "dsd")
    dsd_prepare.prepare_dsd(folder / "dsd", folder / "sets")
    sys.argv = ["dsd_prepare.py", "build", "--help"]
    assert "--librispeech" in end(dsd_prepare.main)


def cross_validate(folder):
    """Figures, report and a text baseline are among what it does."""
    from tests.evaluation.cross_validation.recipe import lay_out
    from turbo_sb.evaluation.cross_validation import main

    recipe, yamls = lay_out(folder, ["turbo"])
    options = [f"--data_folder={folder}", f"--output_folder={folder / 'out'}"]
    options += ["--folds=1", "--text_baseline"]
    end(main, [*yamls, *options], recipe)
    assert "text_baseline" in (folder / "out" / "report.md").read_text()
    assert (folder / "out" / "figures" / "captions.md").exists()


def mistype():
    """A recipe's train.py refuses what it cannot use."""
    from tests.recipes.recipe_runs import DSD, FOLDER, beside

    for recipe in (FOLDER, DSD):
        script, yaml = recipe / "train.py", recipe / "hparams" / "turbo.yaml"

        def run(*arguments, script=script):
            """As a person does: the script's first lines check."""
            sys.argv = [str(script), *arguments]
            runpy.run_path(str(script), run_name="__main__")

        with beside(recipe):
            assert "usage: " in end(run, "--help")
            for wrong in ("--sed=1", "--protocol=none", "--fold=99"):
                told = end(run, str(yaml), "--data_folder=.", wrong)
                assert "error: " in told, told


if __name__ == "__main__":
    place = Path(sys.argv[1])
    ask_for_help()
    by_help = imported(FOR_HELP)
    prepare(place)
    cross_validate(place)
    mistype()
    print(json.dumps({"help": by_help, "all": imported(HEAVY)}))
