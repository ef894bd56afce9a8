"""The cells of a report's tables; "" stands for what is not known.

Authors
 * The turbo_sb developers 2026
"""


def mean_sd(mean, sd, digits):
    """Lay out a mean with its standard deviation.

    Arguments
    ---------
    mean : float
        None gives nothing.
    sd : float
        None is left out.
    digits : int
        Behind the point.

    Returns
    -------
    text : str

    Example
    -------
    >>> mean_sd(0.5, 0.25, 2), mean_sd(-1.25, None, 1)
    ('0.50 (0.25)', '-1.2')
    """
    if mean is None:
        return ""
    text = f"{mean:.{digits}f}"
    return text if sd is None else f"{text} ({sd:.{digits}f})"


def share(value):
    """Lay out a share, such as an accuracy.

    Arguments
    ---------
    value : float
        None gives nothing.

    Returns
    -------
    text : str

    Example
    -------
    >>> share(0.5), share(None)
    ('0.500', '')
    """
    return "" if value is None else f"{value:.3f}"


def signed(value, digits=3):
    """Lay out a difference.

    Arguments
    ---------
    value : float
        None gives nothing.
    digits : int
        Behind the point.

    Returns
    -------
    text : str

    Example
    -------
    >>> signed(0.5), signed(-0.25, 2)
    ('+0.500', '-0.25')
    """
    return "" if value is None else f"{value:+.{digits}f}"


def interval(bounds, digits=3):
    """Lay out an interval.

    Arguments
    ---------
    bounds : (float, float)
        None, or two of it, give nothing.
    digits : int
        Behind the point.

    Returns
    -------
    text : str

    Example
    -------
    >>> interval((0.25, 0.5)), interval(None), interval((None, None))
    ('0.250 to 0.500', '', '')
    """
    low, high = bounds or (None, None)
    return "" if low is None else f"{low:.{digits}f} to {high:.{digits}f}"


def p_value(value):
    """Lay out a p-value.

    Arguments
    ---------
    value : float
        None gives nothing.

    Returns
    -------
    text : str

    Example
    -------
    >>> p_value(0.04), p_value(0.0001)
    ('0.040', '< 0.001')
    """
    if value is None:
        return ""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def plain(value, digits):
    """Lay out a number that may be large.

    Arguments
    ---------
    value : float
        None gives nothing.
    digits : int
        Behind the point.

    Returns
    -------
    text : str

    Example
    -------
    >>> plain(1234.5, 0)
    '1,234'
    """
    return "" if value is None else f"{value:,.{digits}f}"
