"""A report from a shell: `python -m turbo_sb.report results/...`.

Authors
 * The turbo_sb developers 2026
"""

import argparse

from turbo_sb.errors import plain_errors


def main(arguments=None):
    """Write a report, and print it.

    Arguments
    ---------
    arguments : list of str, optional
        The command line.
    """
    parser = argparse.ArgumentParser(
        prog="python -m turbo_sb.report",
        description="Sums up all finished runs below a folder, from their "
        "files alone: report.md, report.json and report.csv.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("folder", help="of cross_validate.py, or of train.py's runs")
    add("--reference", help="method to compare with (default: the first)")
    add("--compare", help="another report's folder, to lay beside")
    add("--n_resamples", type=int, default=2000, help="of the bootstrap")
    options = parser.parse_args(arguments)
    from turbo_sb.report import write_report  # Here: --help needs nothing.

    print(write_report(**vars(options)), end="")


if __name__ == "__main__":
    with plain_errors():
        main()
