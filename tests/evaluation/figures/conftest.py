"""What a figure holds, caught as it is saved."""

import matplotlib.figure
import pytest


@pytest.fixture
def saved(monkeypatch):
    """The figures that were saved, the last one last."""
    figures = []
    save = matplotlib.figure.Figure.savefig

    def keep(figure, *arguments, **options):
        figures.append(figure)
        return save(figure, *arguments, **options)

    monkeypatch.setattr(matplotlib.figure.Figure, "savefig", keep)
    return figures
