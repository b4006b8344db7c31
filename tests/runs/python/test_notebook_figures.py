"""A figure shows itself as PNG, as IPython asks, and is still a figure that can be copied."""

import os
import pickle
import subprocess
import sys

from matplotlib.figure import Figure

from mtam.runs.python.notebook_figures import shown


def test_a_figure_shows_itself() -> None:
    figure = Figure()
    figure.subplots().plot([1, 2], [3, 4])
    assert shown(figure) is figure
    first = figure._repr_png_()  # type: ignore[attr-defined]
    assert first.startswith(b"\x89PNG")
    again = pickle.loads(pickle.dumps(figure))
    assert again._repr_png_() == first


def test_drawing_leaves_the_backend_of_a_notebook_alone() -> None:
    """Where figures were drawn by pyplot's Agg, plots of one's own would be shown no more."""
    code = "import mtam.report.figures.picture, matplotlib; print(matplotlib.get_backend())"
    env = {**os.environ, "MPLBACKEND": "svg"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "svg"
