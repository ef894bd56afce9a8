"""Decode a recording by PyAV into a WAV file: a script, in its own process.

    python pyav_decode.py CONTAINER RECORDING OUT BYTES

Authors
 * The turbo_sb developers 2026
"""

import sys


def main(container: str, path: str, out: str, most: int) -> None:
    """Write float samples, of at most so many bytes; exit with any fault."""
    import av

    av.logging.set_level(av.logging.ERROR)
    only_files = {"protocol_whitelist": "file"}
    try:
        with (
            av.logging.Capture() as logs,
            av.open(path, format=container, options=only_files) as source,
        ):
            _write(source.decode(source.streams.audio[0]), out, most)
    except (av.FFmpegError, IndexError, StopIteration) as error:
        sys.exit(getattr(error, "strerror", None) or "no sound in it")
    faults = [text for level, _, text in logs if level <= av.logging.ERROR]
    if faults:
        sys.exit(faults[-1].strip())


def _write(frames, out, most):
    """Write frames, whose rate and channels are those of the first."""
    import av
    import soundfile

    first = next(frames)
    rate, n, written = first.sample_rate, first.layout.nb_channels, 0
    resampler = av.AudioResampler("flt", first.layout, rate)
    with soundfile.SoundFile(out, "w", rate, n, "FLOAT") as file:
        for frame in _and_rest(first, frames):
            for part in resampler.resample(frame):
                samples = part.to_ndarray().reshape(-1, n)
                written += samples.nbytes
                if written >= most:
                    sys.exit("longer than can be decoded here")
                file.write(samples)


def _and_rest(first, frames):
    yield first
    yield from frames
    yield None  # what the resampler still holds


if __name__ == "__main__":
    sys.path.pop(0)  # this folder: its modules are no top-level ones
    main(*sys.argv[1:4], int(sys.argv[4]))
