"""What a run has to show, from its records alone; nothing is written here."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from mtam.analysis import cell_results
from mtam.analysis.run import Run
from mtam.report import fit_texts, summary_sentence
from mtam.report.examples import ExampleTrial, example_trials
from mtam.report.figures import (
    attention,
    fit_figure,
    forest,
    learning_curves,
    level_maps,
    loss_traces,
    ratio_plane,
)
from mtam.report.figures.own_data import residual_figure
from mtam.report.figures.picture import Picture
from mtam.report.page import RunSection
from mtam.report.tables.cell_text import answer_text
from mtam.report.tables.table_json import answers_json, tables_json
from mtam.sweep import store
from mtam.sweep.store import Record

Records = Mapping[str, Record]


def job(run: Run, folder: str = "", drawn: Path | None = None) -> RunSection:
    """Tables, pictures and summary of a run, whose files lie in ``folder`` as the page sees it.

    ``drawn`` is a folder with pictures of these very records; what is there is not drawn again.
    """
    found = _sweep(run, folder) if run.plan.kind == "sweep" else _fit(run, folder)
    return found if drawn is None else replace(found, pictures=[picture.found(drawn) for picture in found.pictures])


def _sweep(run: Run, folder: str) -> RunSection:
    plan, results = run.plan, run.cells
    texts = {
        "curve.csv": run.rows.to_csv(index=False),
        "rates.csv": cell_results.rates_rows(results).to_csv(index=False),
    }
    texts |= fit_texts.own_tables(run)
    summary = {
        "trials": len(plan.trials),
        "seconds": None,
        "cells": cell_results.summary_of_sweep(results),
        "tables": tables_json(run.tables),
        "answers": answers_json(run.answers),
    }
    pictures = _pictures(run)
    laws = [answer_text(answer) for answer in run.answers if answer.law]
    return RunSection(plan, run.records, summary, results, run.tables, pictures, texts, folder, laws)


def _pictures(run: Run) -> list[Picture]:
    plan, records, results = run.plan, run.records, run.cells
    kind = plan.definition
    drawn = []
    if any(len(result.curve.sizes) > 1 for result in results):
        drawn += [
            learning_curves.curves(results, kind.size, kind.parts, kind.ratios),
            forest.forest(results, kind.size),
        ]

    def look(name: str) -> list[list[ExampleTrial]]:
        return example_trials(plan, records, name)

    drawn += [
        level_maps.levels(results, kind.levels, kind.size),
        ratio_plane.plane(run.heat_map),
        fit_figure.activations(look("phi_grid"), kind.size),
        attention.attention(look(attention.NEEDS), kind.size),
        loss_traces.traces(look(loss_traces.NEEDS), kind.size),
    ]
    return [picture for picture in drawn if picture is not None]


def _fit(run: Run, folder: str) -> RunSection:
    plan, records = run.plan, run.records
    ((key, trial),) = plan.trials.items()
    if key not in records or store.failed(records[key]):
        reason = records.get(key, {}).get("failure", "not computed")
        return RunSection(plan, records, {"fit": plan.name, "failure": reason}, folder=folder)
    numbers = records[key]["numbers"]
    summary, texts = fit_texts.of(run)
    spec: Any = trial
    picture = fit_figure.fit(numbers, spec.model.name, summary_sentence.of_fit(summary))
    pictures = [picture] if picture.panels else []
    looked = residual_figure.residuals(numbers, spec.model.name)
    pictures += [] if looked is None else [looked]
    return RunSection(plan, records, summary, tables=run.tables, pictures=pictures, files=texts, folder=folder)
