"""The ten speakers of the synthesised corpus: a woman and a man a session.

Authors
 * The turbo_sb developers 2026
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Speaker:
    """A voice, and how it departs from the process's mean prosody."""

    id: str  # as in IEMOCAP: "Ses01F" is the woman of session 1
    voice: str  # one of `espeak.VOICES`
    rate_offset: int  # words per minute
    pitch_offset: int  # on espeak-ng's scale of 0 to 99

    @property
    def session(self) -> str:
        """The session, such as Ses01."""
        return self.id[:-1]

    @property
    def sex(self) -> str:
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
