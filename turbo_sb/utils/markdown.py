"""Markdown tables that read in a terminal too.

Authors
 * The turbo_sb developers 2026
"""


def table(columns, rows):
    """Lay out a table.

    Arguments
    ---------
    columns : list of str
        The header.
    rows : list of list of str
        A shorter one is filled with blanks.

    Returns
    -------
    text : str

    Example
    -------
    >>> print(table(["a", "b"], [["long"], ["1", "2"]]))
    | a    | b |
    | ---- | - |
    | long |   |
    | 1    | 2 |
    """
    lines = [columns, ["---"] * len(columns)]
    lines += [row + [""] * (len(columns) - len(row)) for row in rows]
    return align_columns("\n".join(f"| {' | '.join(line)} |" for line in lines))


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
