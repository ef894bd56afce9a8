"""The synthesised corpus: its ids, its balance and its files."""

import json
import re
import wave
from collections import Counter

import pytest

from turbo_sb.demo.ceilings import ceilings
from turbo_sb.demo.emotion_corpus import draw_turns, write_corpus
from turbo_sb.demo.process import COMPLEMENTARY, EMOTIONS, REDUNDANT
from turbo_sb.demo.speakers import SPEAKERS
from turbo_sb.utils.errors import InputError

UTTERANCE = re.compile(
    r"^Ses0[1-5][FM]_(impro0[1-9][ab]?|script0[1-3]_[1-3]b?)_[FM]\d{3}$"
)
LABELLED = re.compile(r"^\[(\d+\.\d{4}) - (\d+\.\d{4})\]\t(\w+)\t(\w+)\t\[")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "corpus"
    write_corpus(folder, n_utterances=80, seed=3)
    return folder


def plain_files(folder, pattern):
    return [p for p in folder.glob(pattern) if not p.name.startswith("._")]


def labels(folder):
    """Return {id: (label, seconds)} as a prepare script would read it."""
    found = {}
    for path in plain_files(folder, "Session*/dialog/EmoEvaluation/*.txt"):
        for line in path.read_text().splitlines():
            if match := LABELLED.match(line):
                start, end, name, label = match.groups()
                found[name] = (label, float(end) - float(start))
    return found


def bytes_of(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


class TestDraws:
    def test_classes_are_balanced_within_each_speaker(self):
        counts = Counter(
            (turn.id[:5] + turn.id[-4], turn.label.replace("exc", "hap"))
            for turn in draw_turns(120, COMPLEMENTARY, seed=5)
        )
        for speaker in SPEAKERS:
            assert [counts[speaker.id, e] for e in EMOTIONS] == [3] * 4
            outside = counts[speaker.id, "fru"] + counts[speaker.id, "xxx"]
            assert outside == 1

    def test_ids(self):
        turns = draw_turns(600, COMPLEMENTARY, seed=5)
        assert len({turn.id for turn in turns}) == 610
        assert all(UTTERANCE.match(turn.id) for turn in turns)
        for turn in turns:  # the last field says who speaks
            assert turn.id[:5] + turn.id[-4] == turn.utterance.speaker.id

    def test_woman_and_man_alternate(self):
        ids = [
            turn.id[-4:]
            for turn in draw_turns(600, COMPLEMENTARY, seed=5)
            if turn.dialog == "Ses04M_impro05a"
        ]
        assert ids[:4] == ["F000", "M000", "F001", "M001"]

    def test_some_of_the_happy_are_excited(self):
        turns = draw_turns(600, COMPLEMENTARY, seed=5)
        count = Counter(turn.label for turn in turns)
        assert count["hap"] + count["exc"] == 150
        assert 0.5 < count["exc"] / 150 < 0.7

    @pytest.mark.parametrize("n", [0, 41, -40])
    def test_a_number_that_cannot_be_balanced(self, n):
        with pytest.raises(InputError, match="multiple of 40"):
            draw_turns(n, COMPLEMENTARY, seed=5)


@pytest.mark.slow
class TestFiles:
    def test_every_label_has_its_wav_and_its_line(self, corpus):
        found = labels(corpus)
        wavs = {
            p.stem for p in plain_files(corpus, "Session*/sentences/wav/*/*")
        }
        assert len(found) == 90 and set(found) == wavs
        for name in found:
            dialog = name.rsplit("_", 1)[0]
            path = next(
                corpus.glob(f"Session*/dialog/transcriptions/{dialog}.txt")
            )
            assert (
                len(
                    re.findall(
                        rf"^{name} \[\d{{3}}\.\d{{4}}-\d{{3}}\.\d{{4}}\]: [A-Z]",
                        path.read_text(),
                        re.M,
                    )
                )
                == 1
            )

    def test_wavs_are_16_khz_mono_and_as_long_as_stated(self, corpus):
        found = labels(corpus)
        for path in corpus.glob("Session*/sentences/wav/*/*.wav"):
            with wave.open(str(path)) as file:
                assert file.getparams()[:3] == (1, 2, 16000)
                seconds = file.getnframes() / 16000
            assert seconds == pytest.approx(found[path.stem][1], abs=2e-4)
            assert 1 < seconds < 6

    def test_every_session_has_both_kinds_and_traps(self, corpus):
        for session in range(1, 6):
            folder = corpus / f"Session{session}" / "dialog"
            names = {p.stem for p in plain_files(folder, "EmoEvaluation/*.txt")}
            assert {"impro", "scrip"} <= {name[7:12] for name in names}
            assert any(name.endswith(("a", "b")) for name in names)
            assert (folder / "EmoEvaluation" / "Categorical").is_dir()
            text = (
                folder / "transcriptions" / f"Ses0{session}F_impro01.txt"
            ).read_text()
            assert "\nM: " in text and "_MXX0 [" in text
            double = folder / "EmoEvaluation" / f"._Ses0{session}F_impro01.txt"
            with pytest.raises(UnicodeDecodeError):
                double.read_text(encoding="utf-8")

    def test_states_its_process(self, corpus):
        stated = json.loads((corpus / "process.json").read_text())
        assert stated["made_with"]["seed"] == 3
        assert stated["made_with"]["process"]["p_prosody_full"] == 0.6
        assert stated["ceilings"] == ceilings(COMPLEMENTARY)
        assert stated["sizes"]["turns"] == 90


@pytest.mark.slow
class TestWriting:
    def test_same_seed_same_bytes(self, corpus, tmp_path):
        write_corpus(tmp_path / "again", n_utterances=80, seed=3)
        assert bytes_of(tmp_path / "again") == bytes_of(corpus)

    def test_another_seed_says_something_else(self):
        texts = [
            [t.utterance.text for t in draw_turns(40, COMPLEMENTARY, seed)]
            for seed in (1, 2)
        ]
        assert texts[0] != texts[1]

    def test_the_same_corpus_is_reused(self, corpus, monkeypatch):
        def fail(*_):
            raise AssertionError("spoke again")

        monkeypatch.setattr("turbo_sb.demo.emotion_corpus.write_speech", fail)
        again = write_corpus(corpus, n_utterances=80, seed=3)
        assert again == json.loads((corpus / "process.json").read_text())

    def test_another_corpus_is_not_overwritten(self, corpus):
        before = bytes_of(corpus)
        with pytest.raises(InputError, match="another process, seed"):
            write_corpus(corpus, n_utterances=80, process=REDUNDANT, seed=4)
        assert bytes_of(corpus) == before

    @pytest.mark.parametrize("name", ["notes.txt", "process.json"])
    def test_a_foreign_folder_is_not_overwritten(self, tmp_path, name):
        (tmp_path / name).write_text("[1]")
        with pytest.raises(InputError, match="not a synthesised corpus"):
            write_corpus(tmp_path, n_utterances=40)
        assert [path.name for path in tmp_path.iterdir()] == [name]

    def test_a_file_in_its_place_is_not_overwritten(self, tmp_path):
        (tmp_path / "corpus").write_text("mine")
        with pytest.raises(InputError, match="not a synthesised corpus"):
            write_corpus(tmp_path / "corpus", n_utterances=40)

    def test_an_empty_folder_is_taken(self, tmp_path):
        folder = tmp_path / "corpus"
        folder.mkdir()
        write_corpus(folder, n_utterances=40)
        assert len(labels(folder)) == 50

    def test_interrupted_leaves_nothing(self, tmp_path):
        def interrupt(turns):
            yield from turns[:3]
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            write_corpus(tmp_path / "corpus", 40, progress=interrupt)
        assert not list(tmp_path.iterdir())
