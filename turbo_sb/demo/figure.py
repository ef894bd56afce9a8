"""The demo's figure: accuracy by its ceilings, and the embeddings' geometry.

Authors
 * The turbo_sb developers 2026
"""

from pathlib import Path

from turbo_sb.demo.summary import is_detection, wilson_interval

# Of Okabe and Ito's palette, for colour-blind readers.
COLOURS = {"vanilla": "#0072B2", "cross_modal": "#E69F00", "turbo": "#009E73"}
SHORTCUT = "#D55E00"
# A ceiling's line style, and its name in the legend.
LINES = {
    "both": ("-", "both"),
    "audio": ("--", "prosody alone"),
    "text": ("-.", "words alone"),
    "chance": (":", "chance"),
}
MARKERS = ("o", "s", "^")


def draw(path: Path, corpora: dict) -> None:
    """Draw accuracy beside its ceilings, and uniformity against alignment.

    `path` has no suffix: a PNG and a PDF are written. `corpora` maps a corpus
    to (ceilings, results), as `summary.table` takes them.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(
        1, 2, figsize=(10, 4.2), layout="constrained", width_ratios=(3, 2)
    )
    for place, (ceilings, results) in enumerate(corpora.values()):
        _bars(axes[0], place, ceilings, results)
        _points(axes[1], MARKERS[place], results)
    axes[0].set(ylabel="accuracy on test speakers", ylim=(0, 1.22))
    names = [_name(name, found) for name, (_, found) in corpora.items()]
    axes[0].set_xticks(range(len(corpora)), names)
    axes[1].set(
        xlabel="uniformity of audio (lower is better)",
        ylabel="alignment (lower is better)",
    )
    axes[1].locator_params(nbins=6)
    _legends(axes, corpora)
    figure.suptitle(
        "Synthesised speech, small encoders trained from scratch, one split, "
        "one seed",
        fontsize=10,
    )
    for suffix in ("png", "pdf"):
        figure.savefig(f"{path}.{suffix}", dpi=150)
    pyplot.close(figure)


def _name(corpus, results):
    """A corpus, what its bars show, and of how many utterances."""
    first = next(iter(results.values()))
    measure = "ACC" if is_detection(first) else "WA"
    return f"{corpus}\n{measure}, n = {first['n']}"


def _bars(axis, place, ceilings, results):
    """One corpus's bars with intervals, and lines for its ceilings."""
    for step, (method, found) in enumerate(results.items()):
        accuracy = found["ACC" if is_detection(found) else "WA"]
        low, high = wilson_interval(accuracy, found["n"])
        axis.bar(
            place + 0.25 * (step - 1),
            accuracy,
            width=0.22,
            color=COLOURS[method],
            yerr=[[accuracy - low], [high - accuracy]],
            capsize=3,
        )
    ends = (place - 0.45, place + 0.45)
    for name, (style, _) in LINES.items():
        axis.hlines(ceilings[name], *ends, "black", style, lw=1)
    first = next(iter(results.values()))
    if first.get("shortcut_ACC") is not None:
        axis.hlines(first["shortcut_ACC"], *ends, SHORTCUT, lw=1.5)


def _points(axis, marker, results):
    """One corpus's alignment and uniformity, a point a method."""
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
    """Legends of both axes."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    methods = [Patch(color=c, label=m) for m, c in COLOURS.items()]
    lines = [
        Line2D([], [], color="black", lw=1, ls=style, label=name)
        for style, name in LINES.values()
    ]
    shortcut = Line2D([], [], color=SHORTCUT, lw=1.5, label="linear shortcut")
    axes[0].legend(
        handles=[*lines, shortcut],
        title="ceilings, and what needs no speech",
        fontsize=7,
        title_fontsize=8,
        ncol=5,
        loc="upper center",
    )
    marks = [
        Line2D([], [], color="grey", ls="", marker=m, label=name)
        for name, m in zip(corpora, MARKERS)
    ]
    axes[1].legend(handles=[*methods, *marks], fontsize=8)
