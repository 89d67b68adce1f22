"""Chromium without a window, for tests that click through the report; the test is skipped where it is not installed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1440,900"]


@contextmanager
def browser() -> Iterator[Any]:
    """A driver that keeps the page's console."""
    selenium = pytest.importorskip("selenium", reason="the Python package selenium is not installed")
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not chromium or not driver:
        pytest.skip("chromium and chromedriver are not installed (Debian: chromium, chromium-driver)")
    assert selenium.__version__
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    for flag in FLAGS:
        options.add_argument(flag)
    options.binary_location = chromium
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    page = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    try:
        yield page
    finally:
        page.quit()


class Page:
    """The report as a user meets it."""

    def __init__(self, driver: Any, path: Path) -> None:
        self.driver = driver
        driver.get(path.resolve().as_uri())

    def all(self, selector: str) -> list[Any]:
        from selenium.webdriver.common.by import By

        return list(self.driver.find_elements(By.CSS_SELECTOR, selector))

    def one(self, selector: str) -> Any:
        found = self.all(selector)
        assert found, f"the page has no '{selector}'"
        return found[0]

    def tab(self, name: str) -> None:
        self.one(f'[data-tab="{name}"]').click()
        assert self.one(f"#tab-{name}").is_displayed()
        self.frame()

    def frame(self) -> None:
        """Waits until what was asked for is drawn."""
        self.driver.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def view(self) -> tuple[float, float]:
        start, end = self.run("return [report.view.from, report.view.to]")
        return start, end

    def point(self, selector: str, x: float, y: float, click: bool = False) -> None:
        """Moves the mouse to a place, from the element's upper left corner."""
        from selenium.webdriver.common.action_chains import ActionChains

        element = self.one(selector)
        size = element.size
        chain = ActionChains(self.driver).move_to_element_with_offset(
            element, round(x - size["width"] / 2), round(y - size["height"] / 2)
        )
        (chain.click() if click else chain).perform()
        self.frame()

    def wheel(self, selector: str, delta: int) -> None:
        from selenium.webdriver.common.action_chains import ActionChains
        from selenium.webdriver.common.actions.wheel_input import ScrollOrigin

        ActionChains(self.driver).scroll_from_origin(ScrollOrigin.from_element(self.one(selector)), 0, delta).perform()
        self.frame()

    def column(self, key: str) -> list[str]:
        """The texts of a column of the layer table, in the order shown."""
        return list(
            self.run(
                "const t = document.getElementById('layer-table');"
                "const at = [...t.tHead.rows[0].cells].findIndex((c) => c.dataset.key === arguments[0]);"
                "return [...t.tBodies[0].rows].map((r) => r.cells[at].textContent)",
                key,
            )
        )
