"""AMI's annotations: XML of the NITE XML Toolkit, each layer in its own file.

Authors
 * The turbo_sb developers 2026
"""

import re
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

from turbo_sb.utils.errors import InputError

NITE = "{http://nite.sourceforge.net/}"
# ES2002a.A.words.xml#id(ES2002a.A.words0)..id(ES2002a.A.words4), or one id.
HREF = re.compile(r"#id\(([^)]+)\)(?:\.\.id\(([^)]+)\))?$")


def read_meetings(path: Path) -> dict:
    """Read who wore which headset.

    Arguments
    ---------
    path : Path
        meetings.xml.

    Returns
    -------
    meetings : dict
        (meeting, agent), such as ("ES2002a", "A"), to (channel, speaker),
        such as ("1", "MEE006"); "" for what is not told.

    Raises
    ------
    InputError
        If it is not XML.

    Example
    -------
    >>> path = Path(getfixture("tmpdir")) / "meetings.xml"
    >>> agent = '<speaker nxt_agent="A" channel="1" global_name="MEE006"/>'
    >>> meeting = f'<meeting observation="ES2002a">{agent}</meeting>'
    >>> _ = path.write_text(f"<root>{meeting}</root>")
    >>> read_meetings(path)
    {('ES2002a', 'A'): ('1', 'MEE006')}
    """
    return {
        (meeting.get("observation"), agent.get("nxt_agent")): (
            agent.get("channel", ""),
            agent.get("global_name", ""),
        )
        for meeting in _parse(path).iter("meeting")
        for agent in meeting.iter("speaker")
    }


def read_words(path: Path) -> dict:
    """Read the words of one speaker in one meeting.

    Arguments
    ---------
    path : Path
        Such as words/ES2002a.A.words.xml.

    Returns
    -------
    words : dict
        ID to word, in their order; "" for what is no whole word:
        punctuation, cut-off words, laughter, gaps.

    Raises
    ------
    InputError
        If it is not XML.

    Example
    -------
    >>> path = Path(getfixture("tmpdir")) / "ES2002a.A.words.xml"
    >>> root = 'xmlns:nite="http://nite.sourceforge.net/"'
    >>> words = '<w nite:id="a">Hi</w><w nite:id="b" punc="true">.</w>'
    >>> _ = path.write_text(f"<nite:root {root}>{words}</nite:root>")
    >>> read_words(path)
    {'a': 'Hi', 'b': ''}
    """
    words = {}
    for token in _parse(path):
        whole = token.tag == "w" and not {"punc", "trunc"} & set(token.attrib)
        words[token.get(f"{NITE}id")] = (
            token.text or "" if whole else ""
        ).strip()
    return words


def read_segments(path: Path, dropped: Counter) -> list:
    """Read the segments of one speaker in one meeting.

    Arguments
    ---------
    path : Path
        Such as segments/ES2002a.A.segments.xml.
    dropped : collections.Counter
        Reason to count, to which those without times or words are added.

    Returns
    -------
    segments : list of (float, float, str, str)
        Start and stop in seconds, as the transcriber set them, and the IDs of
        the first and the last word; in order of time.

    Raises
    ------
    InputError
        If it is not XML.

    Example
    -------
    >>> path = Path(getfixture("tmpdir")) / "ES2002a.A.segments.xml"
    >>> root = 'xmlns:nite="http://nite.sourceforge.net/"'
    >>> times = 'transcriber_start="1.5" transcriber_end="2.25"'
    >>> words = '<nite:child href="ES2002a.A.words.xml#id(a)..id(b)"/>'
    >>> xml = f"<nite:root {root}><segment {times}>{words}</segment></nite:root>"
    >>> _ = path.write_text(xml)
    >>> read_segments(path, Counter())
    [(1.5, 2.25, 'a', 'b')]
    """
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
    """Return start and stop, or None if they are missing or no stretch."""
    try:
        start = float(segment.get("transcriber_start", "nan"))
        stop = float(segment.get("transcriber_end", "nan"))
    except ValueError:
        return None
    return (start, stop) if 0 <= start < stop else None


def _parse(path):
    try:
        return ElementTree.parse(path).getroot()
    except (ElementTree.ParseError, ValueError, OSError) as error:
        raise InputError(
            f"{path}: not XML of AMI's annotations ({error}). Unpack "
            "ami_public_manual_1.6.2.zip again."
        ) from error
