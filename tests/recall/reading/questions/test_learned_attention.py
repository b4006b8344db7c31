"""What the start of the attention is worth, and what training adds: known figures come back."""

from mtam.rates.intervals import Interval
from mtam.rates.verdict import Verdict
from mtam.recall.reading import open_questions
from mtam.recall.reading.recall_cells import recall_cells
from mtam.recall.recall_spec import RecallTrial, recall_model

JITTER = (1.0, 1.1, 0.9, 1.05)


def test_every_start_is_told_by_its_mass_and_by_its_risk_against_the_solution() -> None:
    starts = {"identity": (0.1, 0.99), "random": (0.11, 0.98), "random_frozen": (0.8, 0.23)}
    some = [RecallTrial(seed=s, model=recall_model(init=start)) for start in starts for s in range(4)]
    numbers = [
        {"error": error * JITTER[s], "attention_mass": mass - 1e-3 * s}
        for error, mass in starts.values()
        for s in range(4)
    ]
    found = open_questions.questions(recall_cells(some, numbers))
    masses, gaps = ([one for one in found if one.name == name] for name in ("attention mass", found[2].name))
    assert [one.verdict for one in masses] == [Verdict.SUPPORTED, Verdict.SUPPORTED, Verdict.CONTRADICTED]
    values = [one.figure.value for one in gaps if isinstance(one.figure, Interval)]
    assert [round(value, 6) for value in values] == [1.1, 8.0]
