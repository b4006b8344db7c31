"""The tables that interaction adds to a sweep, from its finished trials."""

from collections.abc import Sequence

from mtam.base.reported_setting import provenance
from mtam.base.table import Table
from mtam.interaction.interaction_spec import InteractionTrial
from mtam.interaction.reading.caveats import about_tokens, caveats
from mtam.interaction.reading.interaction_cells import InteractionCell, interaction_cells
from mtam.interaction.reading.misspecified import recovery
from mtam.interaction.reading.price_of_a import price
from mtam.interaction.reading.reported_interaction import settings
from mtam.interaction.reading.several_heads import about_heads
from mtam.interaction.reading.slopes import claims_table, slopes_table
from mtam.rates.trial_numbers import Numbers


def tables(trials: Sequence[InteractionTrial], numbers: Sequence[Numbers]) -> list[Table]:
    """Slopes and verdicts on the claims where cells differ in d or P only; else what can be said of other sweeps."""
    if not trials:
        return []
    cells = interaction_cells(trials, numbers)
    about_errors = [*about_heads(cells), *price(cells), *recovery(cells)]
    if not _about_claims(cells):
        several = max(len(cell.sizes) for cell in cells) > 1
        return about_errors + about_tokens(cells) + ([caveats(cells)] if several else [])
    sources = [provenance(settings(trials))] if trials[0].protocol == "reported" else []
    return [slopes_table(cells), *about_errors, claims_table(cells), caveats(cells), *sources]


def _about_claims(cells: Sequence[InteractionCell]) -> bool:
    """Several sizes, and cells that differ in d or P and in nothing else."""
    if max(len(cell.sizes) for cell in cells) < 2:
        return False
    if cells[0].trial.protocol == "reported":
        return True
    same = {cell.trial.data.model_copy(update={"d": 1, "degree": 1}).model_dump_json() for cell in cells}
    models = {cell.trial.model.model_dump_json() for cell in cells}
    distinct = {(cell.trial.data.d, cell.trial.data.degree) for cell in cells}
    return len(same) == len(models) == 1 < len(distinct)
