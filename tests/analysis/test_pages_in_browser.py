"""The report and the gallery in a browser: what they show is what the run file says; sorting,
filters, keys, the large view and copying work; nothing is said on the console."""

import json
import unittest

from small_run import BAG, N, TARGETS, RunTest, np, script, with_reach

import browser
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait


class Test(RunTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        np.save(cls.folder + "/real.npy",
                np.random.default_rng(5).integers(0, 256, (30, 28, 28), np.uint8))
        cls.made("report.py", cls.run_path, "-o", cls.folder + "/report.html", "--dataset",
                 cls.folder + "/real.npy")
        cls.made("gallery.py", cls.run_path, "-o", cls.folder + "/gallery")
        cls.browser = browser.start()
        cls.addClassCleanup(cls.browser.quit)

    @staticmethod
    def made(*command):
        done = script(*command)
        if done.returncode:
            raise AssertionError("exit code %d: %s" % (done.returncode, done.stderr))

    def open(self, path):
        self.browser.get("file://%s/%s" % (self.folder, path))
        self.assertEqual(self.browser.get_log("browser"), [])

    def tearDown(self):
        self.assertEqual(self.browser.get_log("browser"), [])

    def one(self, selector):
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def texts(self, selector):
        """All at once: one call of the browser for each would take long."""
        return self.browser.execute_script(
            "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)", selector)

    def attributes(self, selector, name):
        return self.browser.execute_script(
            "return [...document.querySelectorAll(arguments[0])].map(e => e.getAttribute("
            "arguments[1]))", selector, name)

    def wait_for(self, script):
        """Until a script returns something that is true, which a busy machine may take long to."""
        return WebDriverWait(self.browser, 20).until(lambda b: b.execute_script("return " + script))

    def sheet(self, t):
        """Slots of a contact sheet in the order that it shows."""
        labels = self.attributes("#target-%d .sheet button" % t, "aria-label")
        return [int(label.split("slot ")[1].split(",")[0]) for label in labels]

    def sort(self, t, value):
        Select(self.one("#target-%d [name=sort]" % t)).select_by_value(value)

    def test_sheets(self):
        self.open("report.html")
        for t in 0, 1, 3, 4:
            slots = self.sheet(t)
            self.assertEqual(sorted(slots), self.accepted(t).tolist())
            values = self.file["activation"][t][slots, 0]
            self.assertEqual(values.tolist(), sorted(values))
            shown = self.texts("#target-%d .sheet li > span" % t)
            np.testing.assert_allclose(list(map(float, shown)), values, rtol=6e-4)
        self.assertEqual(self.texts("#target-3 h2")[0].split("fc8")[0].strip(), BAG)

    def test_samples_outside(self):
        """Of a method that keeps them: they are in the sheet, framed, and say so."""
        def change(file):
            file.attrs["method"] = "ppgn"
            file["sample_status"][0, :3] = 3
        self.made("report.py", self.changed("outside", change), "--target", "sneaker", "-o",
                  self.folder + "/outside.html")
        self.open("outside.html")
        self.assertEqual(sorted(self.sheet(0)), sorted([0, 1, 2, *self.accepted(0)[3:]]))
        framed = self.attributes("#target-0 .sheet button.outside", "aria-label")
        self.assertEqual(sorted(label.split("slot ")[1][0] for label in framed), ["0", "1", "2"])
        self.assertTrue(all("sample outside of the window" in label for label in framed))

    def test_every_picture_has_words(self):
        for path in "report.html", "gallery/index.html", "gallery/target/00000.html":
            self.open(path)
            bare = self.browser.execute_script(
                "return [...document.querySelectorAll('.picture')].filter(e => !e.closest("
                "'[aria-label]') && !e.closest('td, noscript')).length")
            self.assertEqual(bare, 0)
            self.assertGreater(len(self.attributes("button.picture, .pictures", "aria-label")), 4)

    def test_sorting(self):
        self.open("report.html")
        steps, activation = self.file["sample_steps"][0], self.file["activation"][0][:, 0]
        for value, key in (("-activation", -activation), ("-steps", -steps),
                           ("slot", np.arange(N)), ("activation", activation)):
            self.sort(0, value)
            found = key[self.sheet(0)]
            self.assertEqual(found.tolist(), sorted(found), value)
        self.sort(0, "-gap")
        gaps = list(map(float, self.texts("#target-0 .sheet li > span")))
        self.assertEqual(gaps, sorted(gaps, reverse=True))
        e = self.file["encoding"][0][self.sheet(0)].astype(float)
        distances = np.linalg.norm(e[:, None] - e[None], axis=2) + np.diag(np.full(len(e), np.inf))
        np.testing.assert_allclose(gaps, distances.min(1), rtol=1e-3)

    def test_filter(self):
        self.open("report.html")
        values = self.file["activation"][0][self.accepted(0), 0]
        low, high = np.round(np.quantile(values, [0.25, 0.75]), 2)
        self.one("#target-0 [name=low]").send_keys("%.2f" % low)
        self.one("#target-0 [name=high]").send_keys("%.2f" % high)
        wanted = int(((values >= low) & (values <= high)).sum())
        self.assertTrue(0 < wanted < len(values))
        self.assertEqual(len(self.sheet(0)), wanted)
        self.assertEqual(len(self.attributes("#target-0 .plane button:not([hidden])", "title")),
                         wanted)
        self.assertTrue(self.texts("#target-0 .count")[0].startswith(
            "%d of %d shown" % (wanted, len(values))))
        self.assertEqual(len(self.sheet(4)), len(self.accepted(4)))  # others keep theirs
        self.one("#target-0 [type=reset]").click()
        self.wait_for("document.querySelectorAll('#target-0 .sheet li').length === %d"
                      % len(values))

    def test_filter_of_the_second_neuron(self):
        self.open("report.html")
        Select(self.one("#target-1 [name=neuron]")).select_by_index(1)
        values = self.file["activation"][1][:, 1]
        found = values[self.sheet(1)]
        self.assertEqual(found.tolist(), sorted(found))
        self.one("#target-1 [name=low]").send_keys("%.3f" % np.median(found))
        self.assertEqual(len(self.sheet(1)), (found >= round(float(np.median(found)), 3)).sum())

    def pixels(self, selector):
        """What the browser shows of an element, one number for each stored pixel, scaled back."""
        from io import BytesIO
        from PIL import Image
        element = self.one(selector)
        self.browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
        shown = np.asarray(Image.open(BytesIO(element.screenshot_as_png)).convert("L"))
        step = len(shown) // 28
        return shown[step // 2::step, step // 2::step][:28, :28]

    def test_large_view(self):
        self.open("report.html")
        button = self.one("#target-0 .sheet li:nth-child(3) button")
        slots = self.sheet(0)
        button.click()
        self.assertTrue(self.one("#large").is_displayed())
        np.testing.assert_array_equal(self.pixels("#large .holder .picture"),
                                      self.file["image"][0, slots[2]])
        text = self.texts("#large .numbers")[0]
        steps = self.file["sample_steps"][0, slots[2]]
        for words in ("%.4g (window 20 to 30)" % self.file["activation"][0, slots[2], 0],
                      "Slot%d" % slots[2], "%g sample-steps" % steps):
            self.assertIn(words, text)
        near = self.attributes("#large .around .row:first-of-type button", "title")
        real = self.attributes("#large .around [role=img]", "aria-label")
        self.assertEqual((len(near), len(real)), (5, 3))
        self.browser.switch_to.active_element.send_keys(Keys.ARROW_RIGHT)
        self.assertIn("slot %d" % slots[3], self.texts("#large .title")[0])
        self.browser.switch_to.active_element.send_keys(Keys.ARROW_LEFT, Keys.ARROW_LEFT)
        self.assertIn("slot %d" % slots[1], self.texts("#large .title")[0])
        near = self.one("#large .around button")
        label = near.get_attribute("aria-label")
        near.click()
        self.assertIn(self.texts("#large .title")[0].split(", ")[1], label)
        self.browser.switch_to.active_element.send_keys(Keys.ESCAPE)
        self.assertFalse(self.one("#large").is_displayed())

    def test_copy(self):
        self.open("report.html")
        self.browser.execute_cdp_cmd("Browser.grantPermissions", {
            "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]})
        self.one("#target-4 .sheet li:nth-child(2) button").click()
        slot = self.sheet(4)[1]
        self.one("#large .copy").click()
        self.wait_for("document.querySelector('#large .copied').textContent === 'copied'")
        text = self.browser.execute_async_script(
            "navigator.clipboard.readText().then(arguments[0], e => arguments[0]('' + e))")
        names = {}
        exec(text.replace('"r")', '"r", locking=False)'), names)  # Python that reads the sample
        np.testing.assert_array_equal(names["picture"], self.file["image"][4, slot])
        np.testing.assert_array_equal(names["code"], self.file["code"][4, slot])

    def test_keys(self):
        self.open("report.html")
        self.assertEqual(len(self.attributes("#target-0 .sheet button[tabindex='0']", "title")), 1)
        first = self.one("#target-0 .sheet button[tabindex='0']")
        self.browser.execute_script("arguments[0].focus()", first)
        slots = self.sheet(0)

        def press(*keys):
            self.browser.switch_to.active_element.send_keys(*keys)
            return int(self.browser.switch_to.active_element.get_attribute("aria-label")
                       .split("slot ")[1].split(",")[0])
        self.assertEqual(press(Keys.ARROW_RIGHT), slots[1])
        self.assertEqual(press(Keys.END), slots[-1])
        self.assertEqual(press(Keys.HOME), slots[0])
        row = press(Keys.ARROW_DOWN)
        self.assertGreater(slots.index(row), 1)
        self.assertEqual(press(Keys.ARROW_UP), slots[0])
        press(Keys.ARROW_RIGHT)
        self.browser.switch_to.active_element.send_keys(Keys.ENTER)
        self.assertIn("slot %d" % slots[1], self.texts("#large .title")[0])
        self.browser.switch_to.active_element.send_keys(Keys.ESCAPE)
        self.assertEqual(press(""), slots[1])  # the focus is where it was

    def test_maps(self):
        self.open("report.html")
        data = json.loads(self.one("#target-0 script.data").get_attribute("textContent"))
        for name in "tsne", "pca":
            choice = self.one("#target-0 .map input[value=%s]" % name)
            self.browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", choice)
            choice.click()
            found = self.browser.execute_script(
                "return [...document.querySelectorAll('#target-0 .plane button')].map(e => "
                "[parseFloat(e.style.left), parseFloat(e.style.bottom)])")
            np.testing.assert_allclose(found, data["maps"][name]["points"], atol=0.01)
            self.assertEqual(self.texts("#target-0 .map figcaption"), [data["maps"][name]["label"]])
            self.assertEqual(self.one("#target-0 .scale").is_displayed(), name == "pca")

    def test_narrow_and_dark(self):
        """400 % zoom of a 1280-pixel window leaves 320; nothing may stick out, and words must stand
        out in both looks."""
        for path in "report.html", "gallery/index.html", "gallery/target/00001.html":
            self.open(path)
            self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
                "width": 320, "height": 640, "deviceScaleFactor": 1, "mobile": False})
            wide = self.browser.execute_script("return document.documentElement.scrollWidth")
            self.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
            self.assertLessEqual(wide, 320, path)
        contrasts = []
        for look in "light", "dark":
            self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {
                "features": [{"name": "prefers-color-scheme", "value": look}]})
            colours = self.browser.execute_script(
                "const s = n => getComputedStyle(document.querySelector(n));"
                "return [s('body').backgroundColor, s('body').color, s('.soft').color, "
                "s('a').color]")
            back, *fronts = [self.luminance(colour) for colour in colours]
            contrasts += [(max(back, f) + 0.05) / (min(back, f) + 0.05) for f in fronts]
        self.assertGreater(min(contrasts), 4.5)  # WCAG AA
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})

    @staticmethod
    def luminance(colour):
        parts = np.array([float(x) for x in colour.split("(")[1].strip(")").split(",")[:3]]) / 255
        return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4) @ (
            0.2126, 0.7152, 0.0722)

    def tiles(self):
        return self.texts(".tiles strong")

    def test_gallery(self):
        self.open("gallery/index.html")
        labels = [label for label, _ in TARGETS]
        self.assertEqual(self.tiles(), labels)
        words = self.texts(".tiles li")
        for t, text in enumerate(words):
            self.assertIn("%d of %d accepted" % (len(self.accepted(t)), N), text)
            self.assertIn("%g to %g" % tuple(TARGETS[t][1]), text)
        self.wait_for("performance.getEntriesByName('tiles shown').length === 1")

    def test_gallery_is_searched_and_sorted(self):
        self.open("gallery/index.html")
        search = self.one("[name=words]")
        search.send_keys("BOOT")
        self.assertEqual(self.tiles(), ["sneaker + ankle boot", "ankle boot"])
        search.send_keys(" fc8[7]")
        self.assertEqual(self.tiles(), ["sneaker + ankle boot"])
        self.one("#tools [type=reset]").click()
        self.wait_for("document.querySelectorAll('.tiles li').length === %d" % len(TARGETS))
        sort = Select(self.one("#tools [name=sort]"))
        summary = self.file["summary"]
        n = summary["n_accepted"][:]
        reach = [np.nanmax(self.file["activation"][t][:, 0]) for t in range(len(n))]
        cost = np.where(n > 0, summary["steps"][:] / np.maximum(n, 1), np.inf)
        labels = np.array([label for label, _ in TARGETS])
        for value, key in (("-reach", -np.array(reach)), ("cost", cost), ("share", n),
                           ("-share", -n)):
            sort.select_by_value(value)
            self.assertEqual(self.tiles(), labels[np.argsort(key, kind="stable")].tolist(), value)
        sort.select_by_value("-spread")
        self.assertEqual(self.tiles()[-1], "shirt")  # it has none
        Select(self.one("[name=outcome]")).select_by_value("not reached")
        self.assertEqual(self.tiles(), ["shirt"])

    def test_gallery_leads_to_pages(self):
        self.open("gallery/index.html")
        self.one(".tiles li:nth-child(4) a").click()
        self.assertEqual(self.texts("h2")[0].split("fc8")[0].strip(), BAG)
        self.assertEqual(sorted(self.sheet(3)), self.accepted(3).tolist())
        self.one("#target-3 .sheet button").click()
        np.testing.assert_array_equal(self.pixels("#large .holder .picture"),
                                      self.file["image"][3, self.sheet(3)[0]])
        self.browser.switch_to.active_element.send_keys(Keys.ESCAPE)
        self.one("nav a:last-child").click()
        self.assertEqual(sorted(self.sheet(4)), self.accepted(4).tolist())
        self.one("nav a").click()
        self.assertEqual(len(self.tiles()), len(TARGETS))

    def test_without_encodings_or_activations(self):
        def spoil(file):
            del file["encoding"]
            file["activation"][2, 0] = np.nan
        self.made("report.py", self.changed("bare", spoil), "-o", self.folder + "/bare.html")
        self.open("bare.html")
        self.assertEqual(sorted(self.sheet(0)), self.accepted(0).tolist())
        self.assertEqual(self.attributes(".plane, .neighbours", "class"), [])
        for value in "activation", "-activation":
            self.sort(2, value)
            self.assertEqual(self.texts("#target-2 .sheet li > span")[-1], "-")
        self.one("#target-2 [name=low]").send_keys("-1000")
        self.assertNotIn("-", self.texts("#target-2 .sheet li > span"))
        self.one("#target-2 [name=low]").clear()
        self.one("#target-2 .sheet li:last-child button").click()
        self.assertIn("- (window 500 to 600)", self.texts("#large .numbers")[0])

    def test_windows_that_are_not_known(self):
        path = self.changed("reach", with_reach)
        self.made("report.py", path, "-o", self.folder + "/reach.html")
        self.made("gallery.py", path, "-o", self.folder + "/reach")
        self.open("reach.html")
        self.assertIn("Out of reach", self.texts("#target-2")[0])
        self.assertEqual(sorted(self.sheet(0)), self.accepted(0).tolist())
        self.open("reach/index.html")
        self.assertIn("out of reach", self.texts(".tiles li")[2])
        self.open("reach/target/00002.html")
        self.assertIn("Out of reach", self.texts("#target-2")[0])


if __name__ == "__main__":
    unittest.main()
