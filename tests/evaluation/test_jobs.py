"""Jobs run a few at a time, share the GPUs out, and leave nothing behind."""

import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from turbo_sb.evaluation.jobs import Job, run_jobs
from turbo_sb.evaluation.progress import Progress
from turbo_sb.utils.errors import InputError

pytestmark = pytest.mark.slow


def job(folder, name, code):
    """Run a code and then leave a result, unless the code ends before."""
    path = folder / name
    path.mkdir()
    result = f"open({str(path / 'metrics.json')!r}, 'w').write('1')"
    arguments = ["-c", "\n".join([textwrap.dedent(code), result])]
    return Job(name, path, arguments, folder, epochs=4)


def run(jobs, slots, **options):
    said = []
    progress = Progress(jobs, slots, said.append)
    run_jobs(jobs, slots, progress, every=0, **options)
    return progress, said


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rsplit(")", 1)[1].split()[0] != "Z"


def wait_for(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_no_more_than_the_slots_run_at_once(tmp_path):
    """Each job notes the most marks that lie there while it runs.

    It waits for a second one, for a busy machine starts one job long after
    another; the last one may wait in vain.
    """
    code = """
        import os, pathlib, time
        mark, most = pathlib.Path(f"mark{os.getpid()}"), 0
        mark.touch()
        end = time.monotonic() + 3
        while most < 2 and time.monotonic() < end:
            most = max(most, len(list(pathlib.Path(".").glob("mark*"))))
            time.sleep(0.1)
        time.sleep(0.3)
        print(max(most, len(list(pathlib.Path(".").glob("mark*")))))
        mark.unlink()
    """
    jobs = [job(tmp_path, f"run{k}", code) for k in range(4)]
    progress, _ = run(jobs, slots=2)
    assert len(progress.finished) == 4
    counts = [int(j.log.read_text()) for j in jobs]
    assert max(counts) == 2


def test_gpus_are_dealt_to_the_slots(tmp_path):
    code = """
        import os, time
        print(os.environ["CUDA_VISIBLE_DEVICES"])
        time.sleep(0.5)
    """
    jobs = [job(tmp_path, f"run{k}", code) for k in range(2)]
    run(jobs, slots=2, gpus=["3", "5"])
    assert sorted(j.log.read_text().strip() for j in jobs) == ["3", "5"]


def test_failed_job_does_not_stop_the_others(tmp_path):
    jobs = [
        job(tmp_path, "bad", "raise SystemExit(3)"),
        job(tmp_path, "good", "print(1)"),
    ]
    ends = []
    progress, said = run(
        jobs, slots=1, on_end=lambda j, code: ends.append((j.name, code))
    )
    assert ends == [("bad", 3), ("good", 0)]
    assert list(progress.failed) == ["bad"]
    assert any("failed: bad (exit code 3)" in line for line in said)


def test_job_that_leaves_no_result_has_failed(tmp_path):
    progress, _ = run([job(tmp_path, "bad", "raise SystemExit(0)")], slots=1)
    assert list(progress.failed) == ["bad"]


def test_job_that_cannot_be_prepared_has_failed_alone(tmp_path):
    class Unprepared(Job):
        def prepare(self):
            raise InputError("no room")

    path = tmp_path / "bad"
    bad = Unprepared("bad", path, ["-c", ""], tmp_path, epochs=1)
    good = job(tmp_path, "good", "print(1)")
    progress, _ = run([bad, good], slots=1)
    assert list(progress.failed) == ["bad"]
    assert progress.finished == {"good"}
    assert bad.log.read_text() == "error: no room\n"


def test_check_is_called_all_along(tmp_path):
    def check():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run([job(tmp_path, "a", "import time; time.sleep(60)")], 1, check=check)


def test_interruption_ends_what_runs(tmp_path):
    code = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    long = job(tmp_path, "long", code)
    short = job(tmp_path, "short", "import time; time.sleep(1)")

    def interrupt(job, code):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run([long, short], slots=2, on_end=interrupt)
    assert not alive(int(long.log.read_text()))


@pytest.mark.skipif(sys.platform != "linux", reason="a signal of Linux's")
def test_jobs_end_when_their_parent_is_killed(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(
        "import pathlib\n"
        "from turbo_sb.evaluation.jobs import Job, run_jobs\n"
        "from turbo_sb.evaluation.progress import Progress\n"
        "code = 'import os, time; print(os.getpid(), flush=True); time.sleep(60)'\n"
        "place = pathlib.Path('.')\n"
        "jobs = [Job('child', place / 'child', ['-c', code], place, 1)]\n"
        "run_jobs(jobs, 1, Progress(jobs, 1))\n"
    )
    parent = subprocess.Popen([sys.executable, script], cwd=tmp_path)
    log = tmp_path / "child.log"
    wait_for(lambda: log.exists() and log.read_text().strip())
    child = int(log.read_text())
    assert alive(child)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    wait_for(lambda: not alive(child))
