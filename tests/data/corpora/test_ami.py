"""AMI: stretches of headsets and their words, out of stand-off XML."""

import pytest

from tests.data.corpora.layouts import (
    lay_out_ami,
    segment,
    tone,
    word,
    write_agent,
    write_xml,
)
from turbo_sb.data.corpora import read_ami
from turbo_sb.utils.errors import InputError

MEETING = "ES2002a"


def words_of(agent, *words):
    """Make words of texts; a pair is a text and its attributes."""
    elements = []
    for number, item in enumerate(words):
        name = f"{MEETING}.{agent}.words{number}"
        if isinstance(item, str) and item.startswith("<"):
            elements.append(item.replace("ID", name))
        else:
            text, fields = (item, {}) if isinstance(item, str) else item
            elements.append(word(name, text, **fields))
    return elements


def read_agent(root, words, segments, agent="A"):
    """Replace one speaker's annotations and read what is his."""
    write_agent(root, MEETING, agent, words_of(agent, *words), segments)
    return [u for u in read_ami(root) if f"_{agent}_" in u.id]


@pytest.fixture
def root(tmp_path):
    return lay_out_ami(tmp_path)


def stretch(first, last, start, stop, agent="A"):
    return segment(MEETING, agent, first, last, start, stop)


def test_times_words_speaker_and_headset(root):
    first, *_, last = read_ami(root)
    audio = root / "amicorpus/ES2002a/audio"
    assert first == (
        "ami_ES2002a_A_0001000_0002000",
        audio / "ES2002a.Headset-1.wav",
        "Um we're all here",
        "ami_MEE006",
        1.0,
        2.0,
        "ami",
    )
    assert last.id == "ami_ES2002a_B_0003000_0004000"
    assert last.path == audio / "ES2002a.Headset-0.wav"
    assert last.spk_id == "ami_FEE005"


def test_what_is_no_word_is_not_in_the_text(root):
    words = [
        *("Oui", ("caf\u00e9", {"starttime": "1.2"})),
        ("th-", {"trunc": "true"}),
        (",", {"punc": "true"}),
        '<vocalsound nite:id="ID" type="laugh"/>',
        '<gap nite:id="ID"/>',
        '<disfmarker nite:id="ID"/>',
        *("L_C_D_", "then"),
    ]
    [utterance] = read_agent(root, words, [stretch(0, 8, 1.0, 2.0)])
    assert utterance.text == "Oui caf\u00e9 L_C_D_ then"


def test_back_channels_are_left_out(root):
    words = ["Oh", "yeah", (".", {"punc": "true"}), *"abc", "Mm-hmm"]
    segments = [
        stretch(0, 2, 1.0, 1.5),
        stretch(3, 5, 2.0, 2.5),
        stretch(6, None, 3.0, 3.5),
    ]
    [utterance] = read_agent(root, words, segments)
    assert utterance.text == "a b c"


def test_segments_without_times_or_known_words_are_left_out(root):
    segments = [
        stretch(0, 2, None, None),
        stretch(0, 2, 3.0, 3.0),
        stretch(0, 2, "?", 4.0),
        stretch(90, 99, 5.0, 6.0),
        '<segment transcriber_start="6" transcriber_end="7"/>',
        stretch(0, 2, 8.0, 9.0),
    ]
    [utterance] = read_agent(root, list("abc"), segments)
    assert utterance.start == 8.0


def test_a_segment_over_the_speakers_last_one_is_left_out(root):
    segments = [
        stretch(0, 2, 1.0, 2.0),
        stretch(0, 2, 1.5, 2.5),
        stretch(0, 2, 2.0, 3.0),  # touches
    ]
    found = read_agent(root, list("abc"), segments)
    assert [u.start for u in found] == [1.0, 2.0]


def test_others_may_speak_at_the_same_time(root):
    starts = [(u.start, u.spk_id) for u in read_ami(root)]
    assert (1.0, "ami_MEE006") in starts and (1.0, "ami_FEE005") in starts


def test_meetings_without_audio_are_left_out(root):
    write_agent(root, "IS1003b", "A", [], [])
    assert {u.id.split("_")[1] for u in read_ami(root)} == {MEETING}


def test_a_headset_that_is_missing_is_listed(root):
    path = root / "amicorpus/ES2002a/audio/ES2002a.Headset-0.wav"
    path.unlink()
    found = read_ami(root)
    assert {u.path for u in found if "_B_" in u.id} == {path}


def test_an_agent_who_is_not_in_meetings_xml(root):
    words = words_of("E", *"abc")
    write_agent(root, MEETING, "E", words, [stretch(0, 2, 1.0, 2.0, "E")])
    assert not [u for u in read_ami(root) if "_E_" in u.id]


def test_annotations_inside_amicorpus(root):
    before = read_ami(root)
    (root / "ami_public_manual_1.6.2").rename(root / "amicorpus/manual")
    assert read_ami(root) == before
    assert read_ami(root / "amicorpus") == before


def test_no_headset_at_all(root):
    (root / "amicorpus").rename(root / "video")
    tone(root / "amicorpus/ES2002a/audio/ES2002a.Mix-Headset.wav")
    for path in root.glob("video/*/audio/*.wav"):
        path.unlink()
    with pytest.raises(InputError, match="no headset audio"):
        read_ami(root)


@pytest.mark.parametrize("part", ["segments", "words"])
def test_a_part_of_the_annotations_is_missing(root, part):
    manual = root / "ami_public_manual_1.6.2"
    (manual / part).rename(manual / "old")
    with pytest.raises(InputError, match=f"no {part}/"):
        read_ami(root)


def test_damaged_xml_is_named(root):
    manual = root / "ami_public_manual_1.6.2"
    path = manual / "segments/ES2002a.A.segments.xml"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(
        InputError, match="ES2002a.A.segments.xml: not valid XML"
    ):
        read_ami(root)


def test_speakers_without_a_global_name(root):
    manual = root / "ami_public_manual_1.6.2"
    agent = '<speaker channel="1" nxt_agent="A"/>'
    meeting = f'<meeting observation="{MEETING}">{agent}</meeting>'
    write_xml(manual / "corpusResources/meetings.xml", meeting)
    assert {u.spk_id for u in read_ami(root)} == {""}


@pytest.mark.parametrize(
    "encoding", ["none-such", "hex", "utf-7", "undefined", "idna"]
)
def test_an_encoding_that_is_none_is_named(root, encoding):
    [path] = root.rglob(f"segments/{MEETING}.A.segments.xml")
    head = f'<?xml version="1.0" encoding="{encoding}"?>'
    path.write_text(f"{head}<x/>", encoding="ascii")
    with pytest.raises(InputError, match="A.segments.xml: not valid XML"):
        read_ami(root)


@pytest.mark.parametrize("stop", ["inf", "1e999", "nan", "soon"])
def test_times_without_bounds_are_none(root, stop):
    words = ["so", "it", "is"]
    segments = [stretch(0, 2, 1.0, stop), stretch(0, 2, 5.0, 6.0)]
    [utterance] = read_agent(root, words, segments)
    assert utterance.start == 5.0
