"""turbo-sb report.

Authors
 * The turbo_sb developers 2026
"""

HELP = "sum up finished trainings in tables, with intervals and tests"
DESCRIPTION = """\
Sum up all finished runs below a folder, from their files alone: report.md,
report.tex, report.csv and report.json."""


def add_arguments(parser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("folder", help="of cross_validate.py, or of train.py's runs")
    add("--reference", help="method to compare with (default: the first)")
    add("--compare", help="another report's folder, to lay beside")
    add(
        "--n-resamples",
        type=int,
        default=2000,
        help="resamples of the bootstrap (2000)",
    )


def run(options) -> None:
    """Write a report, and print it."""
    from turbo_sb.evaluation.report.write import result_lines, write_report

    names = ("folder", "reference", "compare", "n_resamples")
    given = {name: getattr(options, name) for name in names}
    print(write_report(**given))
    print(result_lines(options.folder))
