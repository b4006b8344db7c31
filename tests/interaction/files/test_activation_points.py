"""The user's own activation: read, checked, interpolated without overshoot, known by its content."""

from pathlib import Path

import numpy as np
import pytest

from mtam.base.errors import UsageError
from mtam.config import plan_fit
from mtam.interaction.files.activation_points import read
from mtam.interaction.interaction_spec import InteractionData
from mtam.interaction.simulate.activations import activation


def write(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


STEPS = "u,phi\n-0.5,0\n0.1,0\n0.2,1\n1,1\n"


def test_interpolation_passes_through_the_points_and_does_not_overshoot(tmp_path: Path) -> None:
    points = read(write(tmp_path / "a.csv", STEPS))
    phi = points.interpolate()
    np.testing.assert_allclose(phi(points.u), points.phi, atol=1e-14)
    fine = phi(np.linspace(-1, 1, 4001))
    assert fine.min() >= 0
    assert fine.max() <= 1
    assert (np.diff(fine) >= 0).all()
    np.testing.assert_allclose(phi(np.array([-3.0, 7.0])), [0, 1])


def test_order_of_rows_and_of_columns_is_immaterial(tmp_path: Path) -> None:
    one = read(write(tmp_path / "a.csv", STEPS))
    two = read(write(tmp_path / "b.csv", "phi, u, note\n1,1,x\n0,0.1,\n1,0.2,\n0,-0.5,\n"))
    np.testing.assert_array_equal(one.u, two.u)
    np.testing.assert_array_equal(one.phi, two.phi)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("u,psi\n0,1\n", "headings with the columns u and phi"),
        ("", "headings with the columns u and phi"),
        ("u,phi\n0,1\n0.1,2\n0.2,1\n", "has 3 points; valid: at least 4"),
        ("u,phi\n0,1\n0.1,x\n0.2,1\n0.3,1\n", "line 3: u and phi must be numbers"),
        ("u,phi\n0,1\n0.1\n0.2,1\n0.3,1\n", "line 3: u and phi must be numbers"),
        ("u,phi\n0,1\n0.1,nan\n0.2,1\n0.3,1\n", "line 3: u and phi must be finite"),
        ("u,phi\n0,1\n0.1,2\n0.1,1\n0.3,1\n", "gives u = 0.1 twice"),
        ("u,phi\n0,1\n0.1,2\n0.2,1\n3,1\n", r"has u in \[0, 3\]; valid: -1 to 1"),
        ("u,phi\n0,1\n0.1,1\n0.2,1\n0.3,1\n", "constant phi"),
    ],
)
def test_what_cannot_be_used_is_told_in_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    path = write(tmp_path / "a.csv", text)
    with pytest.raises(UsageError, match=said):
        plan_fit(["data.activation=samples", f"data.samples_file={path}"])


def test_missing_binary_and_lonely_files(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        plan_fit(["data.activation=samples", f"data.samples_file={tmp_path}/none.csv"])
    (tmp_path / "b.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="not a text file"):
        plan_fit(["data.activation=samples", f"data.samples_file={tmp_path}/b.csv"])
    with pytest.raises(UsageError, match="go together"):
        plan_fit(["data.activation=samples"])
    with pytest.raises(UsageError, match="go together"):
        plan_fit([f"data.samples_file={write(tmp_path / 'a.csv', STEPS)}"])


def test_the_key_follows_the_content_and_not_the_path(tmp_path: Path) -> None:
    def key(name: str, text: str) -> str:
        path = write(tmp_path / name, text)
        return plan_fit(["data.activation=samples", f"data.samples_file={path}"]).cells[0].trials[0].key()

    one, elsewhere, other = key("a.csv", STEPS), key("b.csv", STEPS), key("c.csv", STEPS.replace("1,1", "1,0.9"))
    assert one == elsewhere
    assert one != other


def test_a_file_changed_since_it_was_planned_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", STEPS)
    data = InteractionData(activation="samples", samples_file=path)
    activation(data, 0)
    write(tmp_path / "a.csv", STEPS.replace("1,1", "1,0.9"))
    with pytest.raises(ValueError, match="has changed since this run was planned"):
        activation(data, 0)
