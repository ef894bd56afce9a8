"""turbo-sb report.

Authors
 * The turbo_sb developers 2026
"""

HELP = "sum up finished trainings in tables, with intervals and tests"
DESCRIPTION = """\
Sum up all finished runs below a folder, from their files alone: report.md,
report.json and report.csv."""


def add_arguments(parser):
    """Declare the options.

    Arguments
    ---------
    parser : argparse.ArgumentParser
        Of this command.
    """
    add = parser.add_argument
    add("folder", help="of cross_validate.py, or of train.py's runs")
    add("--reference", help="method to compare with (default: the first)")
    add("--compare", help="another report's folder, to lay beside")
    add(
        "--n-resamples",
        type=int,
        default=2000,
        help="of the bootstrap (2000)",
    )


def run(options):
    """Write a report, and print it.

    Arguments
    ---------
    options : argparse.Namespace
        Of the command line.
    """
    from turbo_sb.evaluation.report import write_report

    names = ("folder", "reference", "compare", "n_resamples")
    given = {name: getattr(options, name) for name in names}
    print(write_report(**given), end="")
