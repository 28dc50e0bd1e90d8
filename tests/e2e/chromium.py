"""Chromium, driven through chromedriver's own protocol (W3C WebDriver): no library between."""

import base64
import contextlib
import json
import os
import shutil
import subprocess
import tempfile
import time
import urllib.request

from wire import eventually, free_port

FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-component-update",
    "--disable-background-networking", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars", "--lang=en",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]  # fmt: skip
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
SLOW = 60


def missing():
    """What can't be found of it, or nothing."""
    return [name for name in ("chromium", "chromedriver") if not shutil.which(name)]


class Page:
    """One browser with one window."""

    def __init__(self):
        self.home = tempfile.mkdtemp(prefix="gate-chromium-")
        port = free_port()
        self.base = f"http://127.0.0.1:{port}"
        environment = {**os.environ, "HOME": self.home, "TMPDIR": self.home}
        self.driver = subprocess.Popen(
            ["chromedriver", f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
        )
        self.session = ""
        try:
            eventually(self._ready, "chromedriver listens", within=SLOW)
            wanted = {
                "browserName": "chrome",
                "acceptInsecureCerts": True,
                "goog:loggingPrefs": {"browser": "ALL"},
                "goog:chromeOptions": {
                    "binary": shutil.which("chromium"), "args": [*FLAGS, f"--user-data-dir={self.home}/profile"],
                },
            }  # fmt: skip
            made = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
            self.session = f"/session/{made['sessionId']}"
            self.command("Emulation.setFocusEmulationEnabled", enabled=True)
        except BaseException:
            self.close()
            raise

    def _ready(self):
        try:
            return self._ask("GET", "/status")["ready"]
        except OSError:
            return False

    def _ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=SLOW) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.read().decode()[:600]}") from None

    def close(self):
        try:
            if self.session:
                self._ask("DELETE", self.session)
        finally:
            self.driver.terminate()
            self.driver.wait(SLOW)
            for _ in range(50):  # its children may still be writing
                shutil.rmtree(self.home, ignore_errors=True)
                if not os.path.exists(self.home):
                    break
                time.sleep(0.1)

    # What a person does.

    def go(self, url):
        self._ask("POST", self.session + "/url", {"url": url})

    @property
    def url(self):
        return self._ask("GET", self.session + "/url")

    @property
    def title(self):
        return self._ask("GET", self.session + "/title")

    @property
    def text(self):
        return self.run("return document.body.innerText")

    def find(self, selector):
        return self._ask("POST", self.session + "/element", {"using": "css selector", "value": selector})[ELEMENT]

    def count(self, selector):
        return len(self._ask("POST", self.session + "/elements", {"using": "css selector", "value": selector}))

    def type(self, selector, text):
        self._ask("POST", f"{self.session}/element/{self.find(selector)}/value", {"text": text})

    def click(self, selector):
        self._ask("POST", f"{self.session}/element/{self.find(selector)}/click", {})

    def follow(self, selector):
        """Clicks on what leads to another page, and waits for that."""
        self.run("window.left = true")
        self.click(selector)
        eventually(lambda: self.run("return !window.left && document.readyState == 'complete'"), "another page", SLOW)

    def press(self, key):
        strokes = [{"type": what, "value": key} for what in ("keyDown", "keyUp")]
        self._ask("POST", self.session + "/actions", {"actions": [{"type": "key", "id": "keys", "actions": strokes}]})

    @contextlib.contextmanager
    def in_another_tab(self):
        """Goes when it is done with, and with it what the browser asks there in a window of its own."""
        first = self._ask("GET", self.session + "/window")
        other = self._ask("POST", self.session + "/window/new", {"type": "tab"})["handle"]
        self._ask("POST", self.session + "/window", {"handle": other})
        try:
            yield
        finally:
            self._ask("DELETE", self.session + "/window")
            self._ask("POST", self.session + "/window", {"handle": first})

    def enter_frame(self, number):
        """What is asked next is asked of that frame; None: of the whole page again."""
        self._ask("POST", self.session + "/frame", {"id": number})

    def forget(self):
        """A browser as it was at first, apart from what it has in its cache."""
        self.go("about:blank")
        self.command("Network.clearBrowserCookies")
        self.command("Emulation.setScriptExecutionDisabled", value=False)
        self.look(1280, dark=False)
        self.complaints()

    def run(self, script, *arguments):
        return self._ask("POST", self.session + "/execute/sync", {"script": script, "args": list(arguments)})

    def cookies(self):
        return {cookie["name"]: cookie for cookie in self._ask("GET", self.session + "/cookie")}

    def without_scripts(self):
        """No page runs any from now on; run() still does."""
        self.command("Emulation.setScriptExecutionDisabled", value=True)

    def complaints(self):
        """What the console says since the last look, warnings and worse."""
        entries = self._ask("POST", self.session + "/se/log", {"type": "browser"})
        return [entry["message"] for entry in entries if entry["level"] in ("SEVERE", "WARNING")]

    # How it looks.

    def command(self, name, **parameters):
        return self._ask("POST", self.session + "/goog/cdp/execute", {"cmd": name, "params": parameters})

    def look(self, width, dark):
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.command("Emulation.setEmulatedMedia", features=[scheme])

    def wider_than_window(self):
        return self.run("return document.documentElement.scrollWidth > window.innerWidth")

    def turned(self, selector):
        """Elements in whose text, after the last isolate in it, a character stands to the left of the one before it."""
        return self.run(
            """
            const turned = [];
            for (const element of document.querySelectorAll(arguments[0])) {
              const node = [...element.childNodes].find(one => one.nodeType == Node.TEXT_NODE), range = document.createRange();
              const boxes = [...Array(node.data.length).keys()].map(at => {
                range.setStart(node, at);
                range.setEnd(node, at + 1);
                return range.getBoundingClientRect();
              });
              for (let at = node.data.lastIndexOf('\\u2069') + 2; at < boxes.length; ++at) {
                const [a, b] = [boxes[at - 1], boxes[at]];
                if (a.width && b.width && Math.abs(a.top - b.top) < 2 && b.left < a.left - 1) {
                  turned.push(element.innerText);
                  break;
                }
              }
            }
            return turned;
            """,
            selector,
        )

    def picture(self, path):
        path.write_bytes(base64.b64decode(self._ask("GET", self.session + "/screenshot")))
