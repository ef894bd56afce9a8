"""One way to round the numbers of reports and of a training's last lines.

Authors
 * The turbo_sb developers 2026
"""

from decimal import ROUND_HALF_UP, Decimal


def fixed(value: float, digits: int, spec: str = "") -> str:
    """Round half up: 0.7875 is 0.788, and so is 0.7 + 0.0875.

    Python's own formatting rounds the binary number that stands for 0.7875,
    up or down by how it was computed. `spec` is "+" or ",", as in a format.
    """
    if not abs(value) < 1e15:  # also NaN; no fraction is left to round
        return f"{value:{spec}.{digits}f}"
    exact = Decimal(repr(round(float(value), 12)))
    rounded = exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    # Decimal keeps the sign of what rounds to 0.
    return f"{abs(rounded) if not rounded else rounded:{spec}f}"
