"""Configs and targets that are refused, each in words that say where, what and what to do."""
from refusals import *


class Test(RefusalTest):
    def test_no_config(self):
        self.refused("there is no file", "absent.cfg", config="absent.cfg")

    def test_config_is_a_directory(self):
        self.refused("models", "folder", config="models")

    def test_config_of_nothing(self):
        for text, words in ("", "empty"), ("# nothing\n", "models.classifier.mean"):
            with open(self.folder + "/empty.cfg", "w") as file:
                file.write(text)
            self.refused("empty.cfg", words, config="empty.cfg")

    def test_syntax(self):
        self.edit("run.cfg", "samples = 10;", "samples = = 10;")
        self.refused("run.cfg:10: ", "syntax error")

    def test_unknown_key(self):
        self.edit("run.cfg", "samples = 10;", "sample = 10;")
        self.refused("run.cfg:10: ", "sampling.sample", "did you mean 'sampling.samples'?")

    def test_window_upside_down(self):
        self.edit("run.cfg", "[20.0, 30.0]", "[30.0, 20.0]")
        self.refused("run.cfg:9: ", "targets[0].window", "30", "20")

    def test_block_above_samples(self):
        self.refused("sampling.block", "sampling.samples", args=["--set", "sampling.block=11"])

    def test_code_bounds(self):
        self.edit("run.cfg", "code_min = -2.5", "code_min = [-2.5, -2.5, -2.5]")
        self.refused("sampling.code_min", "found 3 numbers", "want 1 or 64")
        self.edit("run.cfg", "code_min = [-2.5, -2.5, -2.5]", 'code_min = "absent.txt"')
        self.refused("sampling.code_min", "absent.txt")

    def test_class_name(self):
        self.edit("run.cfg", '"sneaker"', '"sneeker"')
        self.refused("run.cfg:9: ", "targets[0]", "sneeker", "sneaker", "labels.txt")

    def test_name_without_labels(self):
        self.edit("run.cfg", 'labels = "models/fashion/labels.txt";', "")
        self.refused("run.cfg:9: ", '"sneaker"', "models.classifier.labels", "index")

    def test_name_in_a_blob_that_labels_do_not_name(self):
        self.edit("run.cfg", '["sneaker"];', '["sneaker"]; blob = "fc7";')
        self.refused("run.cfg:9: ", "10 lines", "'fc7' has 256 units", "use index")

    def test_index(self):
        self.edit("run.cfg", 'neurons = ["sneaker"]', "index = 10")
        self.refused("run.cfg:9: ", "index 10", "'fc8' has units 0 to 9")

    def test_neuron_twice(self):
        self.edit("run.cfg", 'neurons = ["sneaker"]', "index = [7, 3, 7]")
        self.refused("run.cfg:9: ", "unit 7", "twice")

    def test_blob(self):
        self.edit("run.cfg", '["sneaker"];', '["sneaker"]; blob = "fc9";')
        self.refused("run.cfg:9: ", "fc9", "fc8", "classifier.prototxt")

    def test_encoder_blob(self):
        self.edit("run.cfg", 'blob = "code"', 'blob = "coda"')
        self.refused("coda", "code", "encoder.prototxt")

    def test_set(self):
        for text in "sampling.seed", "sampling.seed=", "sampling.seed=seven", "sampling.sead=7", \
                "targets[1].window=[1.0,2.0]", "=3":
            self.refused("--set", text, args=["--set", text])

    def test_backend(self):
        self.refused("run.backend", "abacus", args=["--set", 'run.backend="abacus"'])
        self.refused("cuda", args=["--set", 'run.backend="cuda"'])

    def test_command_line(self):
        self.refused("--sett", args=["--sett", "a=1"])
        self.refused("got 2 file names", args=["other.cfg"])

    def test_slice(self):
        for text, words in ("2", "found '2', want I/N"), ("/8", "no whole number"), ("3/2", "3 is out of bounds"), \
                ("0/2", "0 is out of bounds"), ("1/2/3", "no whole number"), ("1/", "no whole number"), \
                ("2/1000001", "1000001 is out of bounds"):
            self.refused("--slice", words, args=["--slice", text])
        self.refused("run.cfg: run.slice: found [1, 2]", "none of the run's 1 targets", args=["--slice", "1/2"])

    def test_sweep(self):
        self.edit("run.cfg", 'neurons = ["sneaker"]', 'sweep = "5-10"')
        self.refused("run.cfg:9: ", "sweep", "index 10", "'fc8' has units 0 to 9")

    def test_position(self):
        self.edit("run.cfg", 'neurons = ["sneaker"]', 'index = 3; blob = "conv2"; position = [14, 0]')
        self.refused("run.cfg:9: ", "[14, 0]", "conv2", "64 x 14 x 14")

    def test_table(self):
        self.edit("run.cfg", "window = [20.0, 30.0]", 'table = "windows.csv"')
        self.refused("run.cfg:9: ", "targets[0].table", "no file 'windows.csv'")
        with open(self.folder + "/windows.csv", "w") as file:
            file.write("neuron,low,high\nsneaker,30,20\n")
        self.refused("run.cfg:9: ", "windows.csv:2: ", "low 30", "high 20")


if __name__ == "__main__":
    unittest.main()
