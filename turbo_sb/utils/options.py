"""Options whose names have dashes or underscores, as a person likes.

Authors
 * The turbo_sb developers 2026
"""

import sys


def spell(arguments, mark):
    """Write the names of options in one way.

    YAML keys have underscores, and most programs' options have dashes:
    nobody should have to remember which is whose.

    Arguments
    ---------
    arguments : list of str, optional
        A command line; if not given, the process's.
    mark : str
        "_" or "-", which the program's own options have.

    Returns
    -------
    arguments : list of str
        The same, but for the names of options; values stay.

    Example
    -------
    >>> spell(["a-b.yaml", "--data-folder=/my-data", "--seed", "1"], "_")
    ['a-b.yaml', '--data_folder=/my-data', '--seed', '1']
    """
    given = sys.argv[1:] if arguments is None else arguments
    return [_spelled(a, mark) if a[:2] == "--" else a for a in given]


def _spelled(argument, mark):
    name, equals, value = argument[2:].partition("=")
    other = "-" if mark == "_" else "_"
    return f"--{name.replace(other, mark)}{equals}{value}"
