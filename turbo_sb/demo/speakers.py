"""The ten speakers of the synthesised corpus: a woman and a man a session.

Authors
 * The turbo_sb developers 2026
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Speaker:
    """A voice, and how it departs from the process's mean prosody.

    Arguments
    ---------
    id : str
        As in IEMOCAP: "Ses01F" is the woman of session 1.
    voice : str
        One of `turbo_sb.demo.speech.VOICES`.
    rate_offset : int
        Words per minute.
    pitch_offset : int
        On espeak-ng's scale of 0 to 99.

    Example
    -------
    >>> SPEAKERS[0].id, SPEAKERS[0].voice, SPEAKERS[0].sex
    ('Ses01F', 'f1', 'F')
    """

    id: str
    voice: str
    rate_offset: int
    pitch_offset: int

    @property
    def session(self):
        """The session, such as Ses01."""
        return self.id[:-1]

    @property
    def sex(self):
        """F for a woman, M for a man."""
        return self.id[-1]


# Both sets of offsets have mean zero over the speakers.
SPEAKERS = (
    Speaker("Ses01F", "f1", rate_offset=-6, pitch_offset=2),
    Speaker("Ses01M", "m1", rate_offset=3, pitch_offset=-1),
    Speaker("Ses02F", "f2", rate_offset=3, pitch_offset=-3),
    Speaker("Ses02M", "m2", rate_offset=-9, pitch_offset=2),
    Speaker("Ses03F", "f3", rate_offset=9, pitch_offset=1),
    Speaker("Ses03M", "m3", rate_offset=0, pitch_offset=3),
    Speaker("Ses04F", "f4", rate_offset=-3, pitch_offset=-2),
    Speaker("Ses04M", "m4", rate_offset=6, pitch_offset=-3),
    Speaker("Ses05F", "f5", rate_offset=0, pitch_offset=0),
    Speaker("Ses05M", "m5", rate_offset=-3, pitch_offset=1),
)
