"""One sweep until its claims are decided: mtam sweep --until-decided."""

from dataclasses import replace

from mtam.claims.claim import seals
from mtam.runs import judge_folder, run_plan
from mtam.runs.console import Messages
from mtam.runs.exports.panel_files import PanelFiles
from mtam.runs.run_plan import Options
from mtam.runs.run_sweep import run_and_summarise
from mtam.runs.sequential.longer_runs import Compose, RunSequence
from mtam.runs.sequential.until_decided import Decider


def run_until_decided(
    compose: Compose, options: Options, as_json: bool, budget: float, panels: PanelFiles | None = None
) -> int:  # fmt: skip
    """Run the sweep, give its open claims more seeds, judge them; the exit code is 1 when a trial failed.

    The looks after the first lie beside its folder. A sweep without claims is run once, and that is said.
    """
    messages = Messages(as_json=as_json, quiet=options.quiet, tables=options.tables)
    plan = compose([])
    first = run_plan.folder(plan, options)
    summary, code = run_and_summarise(plan, replace(options, out=first), messages)
    if options.dry_run:
        messages.answer(summary)
        return code
    if not seals(plan.name, plan.definition):
        messages.tell(f"No claim is judged by {plan.name}; --until-decided has nothing to decide.")
        messages.answer(summary)
        return code
    decider = Decider({plan.name: RunSequence(compose, first)}, [], options, messages)
    decider.run(budget)
    (last,) = decider.folders
    judged, files = judge_folder.judged([last], last, f"mtam: claims judged by {last.name}")
    judge_folder.tell(judged, messages)
    judge_folder.tell_files(files, messages)
    if panels is not None:
        panels.write(last, messages)
    messages.answer(
        {**summary, "out": str(last), "look": decider.at[plan.name], "claims": judge_folder.rows_of(judged)}
    )
    return max([code, *decider.codes])
