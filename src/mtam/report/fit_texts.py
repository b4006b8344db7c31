"""What a single fit has to show besides its page: the summary and the tables, without anything that draws."""

from typing import Any

from mtam.analysis import cell_results
from mtam.analysis.run import Run
from mtam.report.tables.table_csv import table_csv
from mtam.report.tables.table_json import tables_json
from mtam.sweep import store


def of(run: Run) -> tuple[dict[str, Any], dict[str, str]]:
    """The summary of a fit, and its files by name; a fit that failed has its reason alone."""
    plan = run.plan
    (key,) = plan.trials
    if key not in run.records or store.failed(run.records[key]):
        return {"fit": plan.name, "failure": run.records.get(key, {}).get("failure", "not computed")}, {}
    summary = cell_results.summary_of_fit(plan, run.records[key]) | {"tables": tables_json(run.tables)}
    return summary, own_tables(run)


def own_tables(run: Run) -> dict[str, str]:
    """A file for every table of the problem's own."""
    return {f"{table.name}.csv": table_csv(table) for table in run.tables}
