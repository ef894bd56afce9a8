"""The progress line says what is done and what is left."""

import pytest

from turbo_sb.evaluation import progress as module
from turbo_sb.evaluation.jobs import Job
from turbo_sb.evaluation.progress import Progress


@pytest.fixture
def clock_at(monkeypatch):
    """Set the time."""
    now = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return lambda seconds: now.__setitem__(0, seconds)


def job(folder, name, kind, epochs=10):
    return Job(name, folder / name, [], folder, epochs, kind)


def reach(job, epochs):
    job.folder.mkdir(exist_ok=True)
    lines = [f'{{"epoch": {k + 1}}}\n' for k in range(epochs)]
    (job.folder / "history.jsonl").write_text("".join(lines))


def finish(job):
    job.folder.mkdir(exist_ok=True)
    (job.folder / "metrics.json").write_text("{}")


def test_line_names_what_is_done_and_what_runs(tmp_path, clock_at):
    a, b, c = (job(tmp_path, name, name) for name in "abc")
    finish(c)
    progress = Progress([a, b, c], slots=2)
    progress.started(a)
    reach(a, 3)
    clock_at(30)
    # a: 7 epochs of 10 s; b as long as a: 170 s, by two.
    expected = "00:30  1 of 3 done | a: 3/10 | about 01:25 left"
    assert progress.line() == expected


def test_left_is_by_kind_once_one_of_it_has_ended(tmp_path, clock_at):
    jobs = [job(tmp_path, f"fast{k}", "fast") for k in range(2)]
    jobs += [job(tmp_path, f"slow{k}", "slow") for k in range(2)]
    progress = Progress(jobs, slots=1)
    for place, seconds in ((0, 10), (2, 110)):  # fast 10 s, slow 100 s
        progress.started(jobs[place])
        clock_at(seconds)
        finish(jobs[place])
        progress.ended(jobs[place], 0)
    assert progress.seconds_left() == 110
    progress.started(jobs[3])
    clock_at(150)
    assert progress.seconds_left() == 70


def test_resumed_job_has_less_to_do(tmp_path, clock_at):
    resumed = job(tmp_path, "resumed", "kind")
    reach(resumed, 8)
    progress = Progress([resumed], slots=1)
    progress.started(resumed)
    clock_at(5)
    reach(resumed, 9)
    assert progress.seconds_left() == pytest.approx(5)


def test_failed_job_is_not_waited_for(tmp_path, clock_at):
    a, b = (job(tmp_path, name, "kind") for name in "ab")
    said = []
    progress = Progress([a, b], 1, said.append)
    progress.started(a)
    clock_at(10)
    progress.ended(a, 1)
    assert progress.line() == "00:10  0 of 2 done, 1 failed"
    assert said == [f"failed: a (exit code 1), see {a.log}"]


def test_nothing_is_known_at_the_start(tmp_path):
    progress = Progress([job(tmp_path, "a", "kind")], slots=1)
    assert progress.seconds_left() is None
    assert "left" not in progress.line()
