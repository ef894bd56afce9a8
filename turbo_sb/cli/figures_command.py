"""turbo-sb figures.

Authors
 * The turbo_sb developers 2026
"""

HELP = "draw finished trainings: geometry, densities, confusion, curves"
DESCRIPTION = """\
Draw the figures of a folder of finished runs, as PNG and PDF, and write their
captions. No model is loaded."""


def add_arguments(parser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("folder", help="such as results/cross_validation: METHOD/RUN below it")
    add(
        "--output-folder",
        help="for the figures (default: where report.md shows them)",
    )
    add("--protocol", help="such as speaker10 (default: each one)")
    add("--fold", type=int, help="of the density figure (default: the first)")
    add("--seed", type=int, help="of the density figure (default: the first)")


def run(options) -> None:
    """Draw, and print what was written."""
    from turbo_sb.evaluation.figures import analyze
    from turbo_sb.evaluation.figures.drawn_runs import protocols_of
    from turbo_sb.training.run_folder import find_runs

    protocols = [options.protocol]
    if options.protocol is None and options.output_folder is None:
        protocols = protocols_of(find_runs(options.folder))
    names = ("folder", "output_folder", "fold", "seed")
    given = {name: getattr(options, name) for name in names}
    for protocol in protocols:
        drawn, captions = analyze(**given, protocol=protocol)
        for name, figure in drawn.items():
            for file in figure.files:
                print(file)
            if not figure.files:
                print(f"{name}: {figure.caption}")
        print(captions)
    print(f"Next: turbo-sb report {options.folder} (report.md shows them)")
