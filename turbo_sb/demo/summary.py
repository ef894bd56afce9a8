"""The demo's table and figure, from the files that its runs left.

Authors
 * The turbo_sb developers 2026
"""

import json
import math
import re
from statistics import median

# Of Okabe and Ito's palette, which the colour-blind can tell apart.
COLOURS = {"vanilla": "#0072B2", "cross_modal": "#E69F00", "turbo": "#009E73"}
MARKERS = ("o", "s")

MEANING = {
    "complementary": (
        "What the prosody leaves open, the words settle, and the other way\n"
        "round. This shows whether a method uses both modalities. A loss that\n"
        "pulls them together works against what they do not share, so it is\n"
        "no test of the paper's claim on accuracy."
    ),
    "redundant": (
        "Prosody and words say the same, each three times in four. This is\n"
        "closer to the paper's setting: what one modality misses, the other\n"
        "may teach it."
    ),
}


def read_run(run):
    """What a finished run found.

    Arguments
    ---------
    run : turbo_sb.demo.runs.Run
        A finished run.

    Returns
    -------
    result : dict
        metrics.json, with ``epochs``, how many there were, and ``seconds``,
        the median of a training epoch.
    """
    text = (run.folder / "metrics.json").read_text(encoding="utf-8")
    log = (run.folder / "train_log.txt").read_text(encoding="utf-8")
    seconds = re.findall(r"train seconds: ([\d.]+)", log)
    facts = {"epochs": len(seconds), "seconds": median(map(float, seconds))}
    return {**json.loads(text), **facts}


def wilson_interval(accuracy, n, z=1.96):
    """Wilson's 95 % interval of a share.

    Arguments
    ---------
    accuracy : float
        The share, in [0, 1].
    n : int
        Of how many.
    z : float
        Normal deviate; 1.96 for 95 %.

    Returns
    -------
    low : float
    high : float

    Example
    -------
    >>> low, high = wilson_interval(0.5, 100)
    >>> round(low, 3), round(high, 3)
    (0.404, 0.596)
    """
    centre = (accuracy + z**2 / (2 * n)) / (1 + z**2 / n)
    spread = accuracy * (1 - accuracy) / n + (z / (2 * n)) ** 2
    half = z / (1 + z**2 / n) * math.sqrt(spread)
    return max(0.0, centre - half), min(1.0, centre + half)


def table(corpus, ceilings, results):
    """One corpus's results, next to chance and to the known ceilings.

    Arguments
    ---------
    corpus : str
        Names the corpus.
    ceilings : dict
        Of `turbo_sb.demo.ceilings.ceilings`.
    results : dict
        Method to result of `read_run`.

    Returns
    -------
    text : str
        A Markdown table under a heading, and what the corpus can show.
    """
    lines = [
        f"### {corpus}",
        "",
        MEANING.get(corpus, ""),
        "",
        "|               |   WA | 95 % interval |   UA | alignment "
        "| uniformity audio | text | best epoch | s/epoch |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    names = {"chance": "chance", "audio": "ceiling, prosody alone"}
    names.update(text="ceiling, words alone", both="ceiling, both")
    for key, name in names.items():
        blanks = " |" * 7
        lines.append(f"| {name} | {ceilings[key]:.3f} |{blanks}")
    for method, found in results.items():
        low, high = wilson_interval(found["WA"], found["n"])
        cells = [
            method,
            f"{found['WA']:.3f}",
            f"{low:.3f} to {high:.3f}",
            f"{found['UA']:.3f}",
            _cell(found["alignment"]),
            _cell(found["uniformity_audio"]),
            _cell(found["uniformity_text"]),
            f"{found['best_epoch']} of {found['epochs']}",
            f"{found['seconds']:.1f}",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return align_columns("\n".join(lines))


def align_columns(text):
    """Pad the cells of a Markdown table, so that it reads in a terminal too.

    Arguments
    ---------
    text : str
        May hold one table among other lines.

    Returns
    -------
    text : str

    Example
    -------
    >>> print(align_columns("| a | b |\\n|---|---|\\n| long | 1 |"))
    | a    | b |
    | ---- | - |
    | long | 1 |
    """
    lines = text.splitlines()
    rows = {
        i: [cell.strip() for cell in line.strip("|").split("|")]
        for i, line in enumerate(lines)
        if line.startswith("|")
    }
    bodies = [row for row in rows.values() if set("".join(row)) != {"-"}]
    widths = [max(map(len, column)) for column in zip(*bodies)]
    for i, row in rows.items():
        fill = "-" if set("".join(row)) == {"-"} else " "
        cells = ["" if fill == "-" else cell for cell in row]
        padded = [c.ljust(w, fill) for c, w in zip(cells, widths)]
        lines[i] = "| " + " | ".join(padded) + " |"
    return "\n".join(lines)


def _cell(value):
    return "" if value is None else f"{value:.2f}"


def draw(path, corpora):
    """Draw accuracy next to its ceilings, and uniformity against alignment.

    Arguments
    ---------
    path : pathlib.Path
        Without suffix; a PNG and a PDF are written.
    corpora : dict
        Corpus to (ceilings, results), as `table` takes them.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(9, 4), layout="constrained")
    for place, (ceilings, results) in enumerate(corpora.values()):
        _bars(axes[0], place, ceilings, results)
        _points(axes[1], MARKERS[place % 2], results)
    axes[0].set(ylabel="WA on the test session", ylim=(0, 1.19))
    axes[0].set_xticks(range(len(corpora)), list(corpora))
    axes[1].set(
        xlabel="uniformity of the audio embeddings (lower is better)",
        ylabel="alignment (lower is better)",
    )
    axes[1].locator_params(nbins=6)
    _legends(axes, corpora)
    figure.suptitle(
        "Synthesised speech, small encoders trained from scratch, one fold, "
        "one seed",
        fontsize=10,
    )
    for suffix in ("png", "pdf"):
        figure.savefig(f"{path}.{suffix}", dpi=150)
    pyplot.close(figure)


def _bars(axis, place, ceilings, results):
    for step, (method, found) in enumerate(results.items()):
        low, high = wilson_interval(found["WA"], found["n"])
        axis.bar(
            place + 0.25 * (step - 1),
            found["WA"],
            width=0.22,
            color=COLOURS[method],
            yerr=[[found["WA"] - low], [high - found["WA"]]],
            capsize=3,
        )
    styles = {"chance": ":", "audio": "--", "text": "-.", "both": "-"}
    for name, style in styles.items():
        axis.hlines(
            ceilings[name], place - 0.45, place + 0.45, "black", style, lw=1
        )


def _points(axis, marker, results):
    for method, found in results.items():
        if found["alignment"] is not None:
            axis.scatter(
                found["uniformity_audio"],
                found["alignment"],
                s=70,
                marker=marker,
                color=COLOURS[method],
            )


def _legends(axes, corpora):
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    methods = [Patch(color=c, label=m) for m, c in COLOURS.items()]
    lines = [
        Line2D([], [], color="black", lw=1, ls=style, label=name)
        for name, style in (
            ("both", "-"),
            ("prosody alone", "--"),
            ("words alone", "-."),
            ("chance", ":"),
        )
    ]
    axes[0].legend(
        handles=lines, title="ceilings", fontsize=7, ncol=4, loc="upper center"
    )
    marks = [
        Line2D([], [], color="grey", ls="", marker=m, label=name)
        for name, m in zip(corpora, MARKERS)
    ]
    axes[1].legend(handles=[*methods, *marks], fontsize=8)
