"""Headless Chromium for tests, Debian's.  Skips the test where it is missing."""

import os
import sys

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service
except ImportError as missing:
    print("skipped:", missing)
    sys.exit(77)

DRIVER = "/usr/bin/chromedriver"
if not os.path.exists(DRIVER):
    print("skipped: there is no", DRIVER)
    sys.exit(77)


def start():
    """A browser with a window of 1280 x 900 pixels that keeps what pages say on its console."""
    options = Options()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--window-size=1280,900", "--force-device-scale-factor=1"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(service=Service(DRIVER), options=options)
