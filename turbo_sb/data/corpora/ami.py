"""AMI: meetings, each speaker on a headset, annotated in NXT's XML.

    amicorpus/ES2002a/audio/ES2002a.Headset-0.wav
    ami_public_manual_1.6.2/
        corpusResources/meetings.xml      who wore which headset
        words/ES2002a.A.words.xml         words, punctuation, laughter
        segments/ES2002a.A.segments.xml   stretches, and their words by ID

The XML is in ISO-8859-1, and says so. Some meetings have no headset audio
(IS1003b, IS1007d), EN2001a, d and e have five headsets, and some of the files
have two channels. https://groups.inf.ed.ac.uk/ami/corpus/

Authors
 * The turbo_sb developers 2026
"""

import math
import re
from collections import Counter, defaultdict
from pathlib import Path
from xml.etree import ElementTree

from turbo_sb.data.corpora.base import (
    Utterance,
    find_root,
    gather,
    make_id,
)
from turbo_sb.utils.errors import InputError, some_of
from turbo_sb.utils.logs import get_logger

logger = get_logger(__name__)

CORPUS = "ami"
# Fewer are mostly back-channels, "yeah" or "oh okay". They would make a class
# of one-second utterances that length alone tells from commands.
MIN_WORDS = 3
NITE = "{http://nite.sourceforge.net/}"
# ES2002a.A.words.xml#id(ES2002a.A.words0)..id(ES2002a.A.words4), or one id.
HREF = re.compile(r"#id\(([^)]+)\)(?:\.\.id\(([^)]+)\))?$")
ANNOTATIONS = "corpusResources/meetings.xml"
# Directly; below amicorpus/, wav_db/ or the like; below the folder around it.
AUDIO = tuple("*/" * depth + "audio/*.Headset-*.wav" for depth in (1, 2, 3))


def read_ami(folder: str | Path) -> list[Utterance]:
    """List AMI, one utterance per segment of a speaker's headset.

    Left out: meetings without any headset file, which were not downloaded;
    segments of fewer than 3 words, not counting punctuation and cut-off words;
    segments without times, and those that overlap with one of the same
    speaker. Cut-off words ("th-") and laughter are not in the text.

    Arguments
    ---------
    folder : str | Path
        Holds the annotations and amicorpus/. The one may be inside the other.

    Returns
    -------
    utterances : list of Utterance
        Sorted by ID. Their audio may be missing. Times are the
        transcriber's, in seconds.

    Raises
    ------
    InputError
        If the folder is not this corpus, has no headset audio, or a file of
        the annotations is damaged.
    """
    manual = _find_annotations(Path(folder))
    headsets = _find_headsets(Path(folder))
    meetings = read_meetings(manual / ANNOTATIONS)
    utterances, dropped, absent = [], Counter(), set()
    for path in sorted((manual / "segments").glob("[!.]*.segments.xml")):
        meeting, agent = path.name.split(".")[:2]
        channel, speaker = meetings.get((meeting, agent), ("", ""))
        if meeting not in headsets:
            absent.add(meeting)
        elif not channel:
            dropped["no headset in meetings.xml"] += 1
        else:
            wav = headsets[meeting].get(channel) or _expected(
                headsets[meeting], meeting, channel
            )
            words = manual / "words" / f"{meeting}.{agent}.words.xml"
            spoken = _spoken(path, words, dropped)
            name = f"{CORPUS}_{speaker}" if speaker else ""
            utterances += [
                _utterance(meeting, agent, wav, name, *stretch)
                for stretch in spoken
            ]
    if absent:
        logger.warning(
            f"{folder}: no headset audio of {len(absent)} of AMI's meetings, "
            f"which are left out:\n{some_of(sorted(absent), 3)}"
        )
    return gather(utterances, dropped, folder)


def _find_annotations(folder):
    """Find the folder of the annotations, also inside amicorpus/."""
    markers = (ANNOTATIONS, f"*/{ANNOTATIONS}")
    expected = (
        "amicorpus/, and ami_public_manual_1.6.2/ with corpusResources/, "
        "segments/ and words/"
    )
    root = find_root(folder, "AMI", markers, expected)
    found = sorted([*root.glob(ANNOTATIONS), *root.glob(markers[1])])
    manual = found[0].parents[1]
    for part in ("segments", "words"):
        if not any((manual / part).glob(f"*.{part}.xml")):
            raise InputError(
                f"{manual}: no {part}/*.{part}.xml. Unpack all of "
                "ami_public_manual_1.6.2.zip there."
            )
    return manual


def _find_headsets(folder):
    """Return meeting to channel to file."""
    found = defaultdict(dict)
    for path in sorted(p for pattern in AUDIO for p in folder.glob(pattern)):
        meeting, _, rest = path.name.partition(".")
        found[meeting][rest[len("Headset-") : -len(".wav")]] = path
    if not found:
        raise InputError(
            f"{folder}: no headset audio, expected files such as "
            "amicorpus/ES2002a/audio/ES2002a.Headset-0.wav. On AMI's download "
            "page, choose the individual headsets."
        )
    return found


def _expected(files, meeting, channel):
    """Say where a missing headset's file would be: beside the others."""
    beside = next(iter(files.values()))
    return beside.with_name(f"{meeting}.Headset-{channel}.wav")


def _spoken(segments, words, dropped):
    """Return (start, stop, text) of the segments that are kept."""
    texts = read_words(words) if words.is_file() else {}
    place = {name: number for number, name in enumerate(texts)}
    order, kept, last = list(texts.values()), [], 0.0
    for start, stop, first, final in read_segments(segments, dropped):
        ends = place.get(first, 0), place.get(final, -1)
        said = [text for text in order[ends[0] : ends[1] + 1] if text]
        if len(said) < MIN_WORDS:
            dropped[f"fewer than {MIN_WORDS} words"] += 1
        elif start < last:
            dropped["overlapping its speaker's last one"] += 1
        else:
            kept.append((start, stop, " ".join(said)))
            last = stop
    return kept


def _utterance(meeting, agent, wav, speaker, start, stop, text):
    """Make an utterance of a segment."""
    times = [f"{round(1000 * time):07}" for time in (start, stop)]  # ms
    return Utterance(
        id=make_id(CORPUS, meeting, agent, *times),
        path=wav,
        text=text,
        spk_id=speaker,
        start=start,
        stop=stop,
        corpus=CORPUS,
    )


def read_meetings(path: Path) -> dict[tuple, tuple]:
    """Map (meeting, agent) to (channel, speaker), "" if unknown."""
    return {
        (meeting.get("observation"), agent.get("nxt_agent")): (
            agent.get("channel", ""),
            agent.get("global_name", ""),
        )
        for meeting in _parse(path).iter("meeting")
        for agent in meeting.iter("speaker")
    }


def read_words(path: Path) -> dict[str, str]:
    """Map the IDs of one speaker's words to them, "" for no whole word."""
    words = {}
    for token in _parse(path):
        whole = token.tag == "w" and not {"punc", "trunc"} & set(token.attrib)
        words[token.get(f"{NITE}id")] = (
            token.text or "" if whole else ""
        ).strip()
    return words


def read_segments(path: Path, dropped: Counter) -> list[tuple]:
    """List one speaker's (start, stop, first word ID, last), by time."""
    segments = []
    for segment in _parse(path).iter("segment"):
        times = _times(segment)
        ids = [
            name
            for child in segment.iter(f"{NITE}child")
            if (match := HREF.search(child.get("href", "")))
            for name in match.groups()
            if name
        ]
        if not times:
            dropped["without times"] += 1
        elif not ids:
            dropped["without words"] += 1
        else:
            segments.append((*times, ids[0], ids[-1]))
    return sorted(segments)


def _times(segment):
    """Return start and stop, or None if they are missing or invalid."""
    try:
        start = float(segment.get("transcriber_start", "nan"))
        stop = float(segment.get("transcriber_end", "nan"))
    except ValueError:
        return None
    return (start, stop) if 0 <= start < stop < math.inf else None


def _parse(path):
    """Parse one file of the annotations."""
    try:
        return ElementTree.parse(path).getroot()
    # An encoding that Python does not know, or not as text, is a LookupError.
    except (
        *(ElementTree.ParseError, ValueError, LookupError),
        *(OSError, RecursionError),
    ) as error:
        raise InputError(
            f"{path}: not valid XML ({error}). Unpack "
            "ami_public_manual_1.6.2.zip again."
        ) from error
