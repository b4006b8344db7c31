"""The page in a real browser: no error, no request, every figure visible, nothing too wide, accessible.

Skipped, and said so, where chromium and chromedriver are not at hand; `make test-browser` fetches them.
"""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from mtam.analysis.run import Run
from mtam.base.table import Cell
from mtam.config import plan_fit, plan_sweep
from mtam.rates.intervals import Interval
from mtam.rates.verdict import Judgement, Verdict
from mtam.report import page, run_contents
from mtam.runs import run_plan
from mtam.sweep import store
from tests.conftest import TINY
from tests.report.test_finding_section import CHECK
from tests.report.test_page import claims

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
AXE = Path(os.environ.get("MTAM_AXE", Path(sys.prefix) / "axe" / "node_modules" / "axe-core" / "axe.min.js"))
NONE = "THE PAGE IS NOT TESTED IN A BROWSER: chromium and chromedriver are not on PATH; see make test-browser"
pytestmark = pytest.mark.skipif(CHROMIUM is None or DRIVER is None, reason=NONE)

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
)  # fmt: skip
INTERVAL = Interval(-0.8, -0.9, float("inf"))
ROWS: list[list[Cell]] = [
    ["the error falls as M^-0.8", "Theorem 1", "", "", INTERVAL, Judgement(verdict, INTERVAL, "so"), "d"]
    for verdict in Verdict
]
CLAIMS = claims(*ROWS)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page over a sweep with a failed and a missing trial, and a fit."""
    home = tmp_path_factory.mktemp("browser")
    fit = ["data.d=2", "samples=300", "data.rank=1", "data.tokens=3", "launcher=inline"]
    jobs = []
    for name, plan in (("sweep", plan_sweep("alpha", [*TINY, "launcher=inline"])), ("fit", plan_fit(fit))):
        run_plan.run(plan, run_plan.Options(out=home / name, device="cpu", quiet=True), Console(stderr=True))
        records = store.read_all(home / name, plan.trials)
        if name == "sweep":
            keys = list(records)
            del records[keys[0]]
            del records[keys[1]]["numbers"]
            records[keys[1]] |= {"failure": "ValueError: no", "traceback": "Traceback\n" + "x" * 300}
        jobs.append(run_contents.job(Run(plan, records), name))
    path = home / "several runs.html"
    path.write_text(page.render([*jobs, CHECK], CLAIMS, "Both papers"), encoding="utf-8")
    alone = home / "alone.html"
    alone.write_text(page.render([replace(jobs[0], folder="")]), encoding="utf-8")
    return path.as_uri()


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    found = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield found
    found.quit()


def opened(driver: Any, address: str, width: int, scheme: str = "light", media: str = "screen") -> None:
    screen = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 500}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    wanted = {"media": media, "features": [{"name": "prefers-color-scheme", "value": scheme}]}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", wanted)
    driver.get(address)


def test_no_error_and_no_request(driver: Any, address: str) -> None:
    driver.get_log("browser"), driver.get_log("performance")
    opened(driver, address, 1280)
    assert driver.get_log("browser") == []
    events = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    asked = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
    assert asked
    assert [url for url in asked if url != address and not url.startswith("data:")] == []


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", ["several%20runs.html", "alone.html"])
def test_every_figure_is_visible_and_nothing_is_too_wide(driver: Any, address: str, width: int, name: str) -> None:
    opened(driver, address.rpartition("/")[0] + "/" + name, width)
    assert driver.execute_script("return document.documentElement.scrollWidth") <= width
    boxes = driver.execute_script(
        "return [...document.querySelectorAll('figure .panel svg')].map(svg => {"
        " const box = svg.getBoundingClientRect(); return [box.left, box.right, box.width, box.height,"
        " svg.checkVisibility({checkOpacity: true, checkVisibilityCSS: true})]; })"
    )
    assert len(boxes) >= 8
    for left, right, wide, high, visible in boxes:
        assert visible
        assert left >= 0
        assert right <= width
        assert wide > 200
        assert high > 90


@pytest.mark.parametrize(("width", "cards"), [(1280, False), (390, True)])
def test_the_table_of_claims_need_not_be_scrolled(driver: Any, address: str, width: int, cards: bool) -> None:
    """On a phone every claim is a card whose lines say what they are; what is empty takes no line."""
    opened(driver, address, width)
    ask = "const box = document.querySelector('#claims .scroll'); return [box.scrollWidth, box.clientWidth]"
    wanted, there = driver.execute_script(ask)
    assert wanted <= there
    cells = driver.find_elements("css selector", "#claims tbody tr:first-of-type > *")
    tops = [cell.rect["y"] for cell in cells if cell.is_displayed()]
    assert (len(set(tops)) == len(tops) < len(cells)) if cards else len(set(tops)) == 1
    ask = "return getComputedStyle(document.querySelector('#claims [data-name=\"this run\"]'), '::before').content"
    assert ("this run" in driver.execute_script(ask)) == cards


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
@pytest.mark.skipif(not AXE.is_file(), reason=f"THE PAGE IS NOT TESTED FOR ACCESSIBILITY: no {AXE}; make test-browser")
def test_no_serious_fault_of_accessibility(driver: Any, address: str, scheme: str, width: int) -> None:
    opened(driver, address, width, scheme)
    driver.execute_script("for (const part of document.querySelectorAll('details')) part.open = true")
    driver.execute_script(AXE.read_text(encoding="utf-8"))
    found = driver.execute_async_script("axe.run(document).then(arguments[0])")
    assert len(found["passes"]) > 10
    serious = [fault for fault in found["violations"] if fault["impact"] in ("serious", "critical")]
    told = [(fault["id"], fault["nodes"][0]["html"][:200], fault["nodes"][0]["failureSummary"]) for fault in serious]
    assert told == []


def test_the_switch_goes_round(driver: Any, address: str) -> None:
    opened(driver, address, 1280, "dark")
    colours = {}
    for wanted in ("as the system", "light", "dark", "as the system"):
        button = driver.find_element("id", "theme")
        assert button.text == f"Theme: {wanted}"
        colours[wanted] = driver.execute_script("return getComputedStyle(document.body).backgroundColor")
        button.click()
    assert colours["light"] == "rgb(255, 255, 255)"
    assert colours["dark"] == colours["as the system"] != colours["light"]


def test_a_point_tells_its_value_and_a_figure_can_be_enlarged(driver: Any, address: str) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.support.wait import WebDriverWait

    opened(driver, address, 1280)
    marks = driver.find_elements("css selector", "figure .tip")
    assert len(marks) > 50
    mark = next(mark for mark in marks if "[" in mark.get_attribute("data-tip"))
    centre = "arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})"
    driver.execute_script(centre, mark)
    tip = driver.find_element("id", "tip")

    def told(_: Any) -> bool:
        """The late event of a scroll hides the tip once."""
        ActionChains(driver).move_by_offset(1, 1).move_to_element(mark).perform()
        return bool(tip.is_displayed())

    WebDriverWait(driver, 10).until(told)
    assert "n = " in tip.text
    button = driver.find_element("css selector", ".enlarge")
    driver.execute_script(centre, button)
    button.click()
    assert driver.find_element("css selector", "dialog[open] svg").is_displayed()
    driver.find_element("css selector", "dialog .close").click()
    assert driver.find_elements("css selector", "dialog svg") == []


def test_on_paper_everything_is_unfolded_and_black_on_white(driver: Any, address: str) -> None:
    opened(driver, address, 1280, "dark", media="print")
    driver.execute_script("dispatchEvent(new Event('beforeprint'))")
    assert driver.find_elements("css selector", "details:not([open])") == []
    assert driver.execute_script("return getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    assert not driver.find_element("tag name", "nav").is_displayed()
    printed = driver.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})
    assert len(printed["data"]) > 50_000


@pytest.mark.parametrize("width", [1280, 390])
def test_an_entry_of_a_legend_hides_its_series_by_click_and_by_keyboard(driver: Any, address: str, width: int) -> None:
    from selenium.webdriver.common.keys import Keys

    opened(driver, address, width)
    entries = driver.find_elements("css selector", ".panel svg [role=button]")
    assert len(entries) > 4
    shown = (
        "const [entry] = arguments; return [...entry.closest('svg').querySelectorAll('[data-series]')].map("
        "mark => [mark.dataset.series === entry.dataset.legend, getComputedStyle(mark).display !== 'none'])"
    )
    for entry in entries[:4]:
        assert entry.accessible_name
        assert entry.aria_role == "button"
        before = driver.execute_script(shown, entry)
        assert [mine for mine, _ in before].count(True) >= 1
        assert all(visible for _, visible in before)
        driver.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", entry)
        entry.click()
        assert entry.get_attribute("aria-pressed") == "false"
        assert all(visible != mine for mine, visible in driver.execute_script(shown, entry))
        driver.execute_script("arguments[0].focus()", entry)
        for key, pressed in ((Keys.ENTER, "true"), (Keys.SPACE, "false"), (Keys.SPACE, "true")):
            driver.switch_to.active_element.send_keys(key)
            assert entry.get_attribute("aria-pressed") == pressed
        assert all(visible for _, visible in driver.execute_script(shown, entry))
    assert driver.find_elements("css selector", "dialog[open]") == []
