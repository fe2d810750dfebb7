"""The dashboard in a real browser."""

import json

from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

SECONDS = 20


class Page:
    """One browser window that shows the dashboard of one broker."""

    def __init__(self, browser, url):
        self.browser = browser
        self._url = url

    def open(self, query=""):
        self.browser.get(self._url + query)
        self.until(lambda: self.seen("#sign-in") or self.seen(".card"))

    def sign_in(self, **fields):
        """Fill in the form; what is not given stays as the form proposes it."""
        for name, value in fields.items():
            field = self.find(f"#{name}")
            field.clear()
            field.send_keys(value)
        self.click("#sign-in button")

    def enter(self, *doors, query=""):
        """Open, sign in, and wait until these doors are shown as they are now."""
        self.open(query)
        self.sign_in()
        for door in doors:
            self.until(lambda door=door: self.is_current(door))

    def find(self, selector):
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector):
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def seen(self, selector):
        return any(found.is_displayed() for found in self.all(selector))

    def texts(self, selector):
        """The words of all of these, hidden ones too, read at one moment."""
        script = "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent.trim())"
        return self.browser.execute_script(script, selector)

    def says(self, selector, words):
        """Wait until one of these says so."""
        self.until(lambda: any(words in text for text in self.texts(selector)), f"{selector} says {words!r}")

    def shows(self, selector):
        self.until(lambda: self.seen(selector), f"{selector} is seen")

    def click(self, selector):
        """Click it as soon as it can be clicked."""
        self.until(lambda: self.find(selector).is_enabled(), f"{selector} can be clicked")
        self.find(selector).click()

    def is_current(self, door="back"):
        return bool(self.all(f'[data-door="{door}"][data-current="true"]'))

    def until(self, condition, message="", seconds=SECONDS):
        WebDriverWait(self.browser, seconds, 0.05).until(lambda _: condition(), message)

    def complaints(self):
        """What the browser holds against the page since it was last asked."""
        return [entry["message"] for entry in self.browser.get_log("browser") if entry["level"] == "SEVERE"]

    def resize(self, width, height):
        """Lay the page out for a screen of this size."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def keeps(self, storage):
        """The sign-in that the page keeps there, if any."""
        kept = self.browser.execute_script("return window[arguments[0]].getItem('petdoor.sign-in')", storage)
        return json.loads(kept) if kept else None
