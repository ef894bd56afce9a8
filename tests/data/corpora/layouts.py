"""Small made-up corpora in the published layouts, irregularities too.

Authors
 * The turbo_sb developers 2026
"""

import csv
import json
from pathlib import Path

import numpy as np
import soundfile

NITE = 'xmlns:nite="http://nite.sourceforge.net/"'


def tone(
    path, seconds=1.0, rate=16000, channels=1, hertz=440, peak=0.1, sweep=0
):
    """Write a sine, or a sweep in Hz a second; the name says the format."""
    path.parent.mkdir(parents=True, exist_ok=True)
    time = np.arange(round(seconds * rate)) / rate
    signal = peak * np.sin(2 * np.pi * (hertz + sweep * time) * time)
    soundfile.write(path, np.stack([signal] * channels, axis=1), rate)
    return path


def table(path, header, rows):
    """Write a CSV file as pandas does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def lay_out_fluent(root: Path, per_speaker: int = 2) -> Path:
    """Two speakers, one in each of two lists, whose files share names."""
    header = ["", *("path", "speakerId", "transcription", "action", "object")]
    for name, speaker in (("train", "2BqVo8kVB2Skwgyb"), ("test", "4aGjX3AG")):
        rows = []
        for number in range(per_speaker):
            wav = f"wavs/speakers/{speaker}/{number}-cbdf-11e9.wav"
            tone(root / wav, hertz=200 + 10 * number + 5 * (name == "test"))
            text = f"Turn on the lights, {number}"
            rows.append([number, wav, speaker, text, "activate", "lights"])
        table(root / f"data/{name}_data.csv", header, rows)
    table(root / "data/speaker_demographics.csv", ["speakerId"], [["x"]])
    return root


def recording(name, **fields):
    """A recording as SLURP lists it."""
    return {"file": name, "wer": 0.0, "ent_wer": None, **fields}


def lay_out_slurp(root: Path, n_sentences: int = 2) -> Path:
    """The repository with its audio: two microphones, and synthesised speech."""
    lines, metadata = [], {}
    for number in range(n_sentences):
        stem = f"audio-150{number}"
        files = [f"{stem}-headset.flac", f"{stem}.flac"]
        for name in files:
            tone(root / "audio/slurp_real" / name, hertz=300 + 10 * number)
        recordings = [recording(name, status="correct") for name in files]
        sentence = f"siri what is {number} in yen"
        lines.append({"slurp_id": number, "sentence": sentence})
        lines[-1]["recordings"] = recordings
        person = {"status": "correct", "usrid": f"FO-{number % 2}"}
        metadata[str(number)] = {"recordings": dict.fromkeys(files, person)}
    write_lines(root / "dataset/slurp/train.jsonl", lines)
    (root / "dataset/slurp/metadata.json").write_text(json.dumps(metadata))
    synth = {"slurp_id": 90, "sentence": "wake me up"}
    synth["recordings"] = [recording("audio-159Ccloa-synth.flac")]
    write_lines(root / "dataset/slurp/train_synthetic.jsonl", [synth])
    tone(root / "audio/slurp_synth/audio-159Ccloa-synth.flac")
    return root


def write_lines(path, lines):
    """Write JSON, one object a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(line) + "\n" for line in lines)
    path.write_text(text, encoding="utf-8")


def lay_out_timers(root: Path, per_set: int = 2) -> Path:
    """Real and synthesised sets, with dictionaries in their last column."""
    header = ["path", "speakerId", "transcription", "semantics"]
    for name, speaker in (("dev-real", "9f3a"), ("train-synth", "en-US-B")):
        rows = []
        for number in range(per_set):
            wav = f"{name}/0053{speaker}_prompt-{number}_0.wav"
            tone(root / wav, hertz=500 + 10 * number + (name == "dev-real"))
            slots = f"{{'intent': 'SetTimer', 'slots': {{'n': {number}}}}}"
            rows.append([wav, speaker, f"set alarm for {number}:30PM", slots])
        table(root / f"{name}.csv", header, rows)
    return root


def lay_out_librispeech(root: Path, per_chapter: int = 2) -> Path:
    """Two splits with a speaker each, in capitals."""
    for split, speaker in (("dev-clean", 84), ("train-clean-100", 103)):
        chapter = root / split / str(speaker) / "121123"
        lines = []
        for number in range(per_chapter):
            name = f"{speaker}-121123-{number:04}"
            tone(chapter / f"{name}.flac", hertz=600 + 10 * number + speaker)
            lines.append(
                f"{name} MISTER BONES' HAT NUMBER {'A' * (number + 1)}"
            )
        path = chapter / f"{speaker}-121123.trans.txt"
        path.write_text("\n".join(lines) + "\n")
        (root / "SPEAKERS.TXT").write_text(";ID |SEX\n")
    return root


def word(name, text, **fields):
    """A word as AMI writes it; `fields` such as punc="true"."""
    extra = "".join(f' {key}="{value}"' for key, value in fields.items())
    return f'<w nite:id="{name}"{extra}>{text}</w>'


def segment(meeting, agent, first, last, start, stop):
    """A segment over words `first` to `last`; times of None are left out."""
    times = ""
    if start is not None:
        times = f' transcriber_start="{start}" transcriber_end="{stop}"'
    stem = f"{meeting}.{agent}.words"
    ids = f"id({stem}{first})" + (f"..id({stem}{last})" if last else "")
    child = f'<nite:child href="{stem}.xml#{ids}"/>'
    return f'<segment nite:id="s" channel="0"{times}>{child}</segment>'


def write_xml(path, *elements):
    """Write NXT's XML, in the encoding that AMI's files are in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    head = '<?xml version="1.0" encoding="ISO-8859-1" standalone="yes"?>'
    body = "\n".join(elements)
    text = f"{head}\n<nite:root {NITE}>\n{body}\n</nite:root>\n"
    path.write_bytes(text.encode("iso-8859-1"))


def write_agent(root, meeting, agent, words, segments):
    """Write the two layers of one speaker in one meeting."""
    manual, stem = root / "ami_public_manual_1.6.2", f"{meeting}.{agent}"
    write_xml(manual / f"words/{stem}.words.xml", *words)
    write_xml(manual / f"segments/{stem}.segments.xml", *segments)


def lay_out_ami(root: Path, n_segments: int = 2) -> Path:
    """A meeting of two speakers; one headset has two channels at 44.1 kHz.

    Each speaks four words in each of the seconds 1, 3, 5 ..., of a second.
    """
    meeting = "ES2002a"
    agents = {"A": ("1", "MEE006"), "B": ("0", "FEE005")}
    people = [
        f'<speaker nite:id="{agent}" channel="{channel}" camera="Closeup1" '
        f'global_name="{name}" nxt_agent="{agent}" role="PM"/>'
        for agent, (channel, name) in agents.items()
    ]
    write_xml(
        root / "ami_public_manual_1.6.2/corpusResources/meetings.xml",
        f'<meeting nite:id="m" observation="{meeting}">',
        *people,
        "</meeting>",
    )
    for agent, (channel, _) in agents.items():
        words, segments = [], []
        for number in range(n_segments):
            first, start = 5 * number, 2 * number + 1
            texts = ("Um", ",", "we're", "all", "here")
            for offset, text in enumerate(texts):
                fields = {"punc": "true"} if text == "," else {}
                name = f"{meeting}.{agent}.words{first + offset}"
                words.append(word(name, text, starttime=start, **fields))
            times = (float(start), start + 1.0)
            segments.append(segment(meeting, agent, first, first + 4, *times))
        write_agent(root, meeting, agent, words, segments)
        wav = f"amicorpus/{meeting}/audio/{meeting}.Headset-{channel}.wav"
        how = {"rate": 44100, "channels": 2} if agent == "B" else {}
        # No two segments are equal: a model may not know the other set's.
        tone(root / wav, seconds=2 * n_segments + 1, sweep=1, **how)
    return root


LAYOUTS = {
    "fluent": lay_out_fluent,
    "slurp": lay_out_slurp,
    "timers": lay_out_timers,
    "ami": lay_out_ami,
    "librispeech": lay_out_librispeech,
}


def read_rows(folder):
    """Read a manifest."""
    with open(folder / "manifest.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def contents(folder):
    """Relative path to bytes of all there is."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
