"""Model files that are refused, each in words that name file, line or layer, and what does not fit."""
from refusals import *


class Test(RefusalTest):
    def test_missing(self):
        for name in "classifier.prototxt", "encoder.caffemodel.h5", "labels.txt":
            os.rename(self.nets + name, self.nets + "kept")
            self.refused("there is no file", "models/fashion/" + name)
            os.rename(self.nets + "kept", self.nets + name)

    def test_directory(self):
        for name in "generator.prototxt", "generator.caffemodel.h5":
            os.remove(self.nets + name)
            os.mkdir(self.nets + name)
            self.refused("models/fashion/" + name, "folder")
            shutil.rmtree(self.nets + name)
            shutil.copy(SOURCE + "/models/fashion/" + name, self.nets + name)

    def test_prototxt_syntax(self):
        self.edit("models/fashion/classifier.prototxt", "num_output: 32", "num_output 32")
        self.refused("models/fashion/classifier.prototxt:15: ", "found '32'")

    def test_layer_type(self):
        self.edit("models/fashion/encoder.prototxt", '"Convolution"', '"Convolutoin"')
        self.refused("models/fashion/encoder.prototxt:", "conv1", "Convolutoin")

    def test_weights_of_another_shape(self):
        self.edit("models/fashion/classifier.prototxt", "num_output: 32", "num_output: 48")
        self.refused("models/fashion/classifier.caffemodel.h5", "conv1", "32 x 1 x 5 x 5",
                     "48 x 1 x 5 x 5")

    def test_weights_of_another_net(self):
        self.edit("run.cfg", "fashion/classifier.caffemodel.h5", "fashion/generator.caffemodel.h5")
        self.refused("models/fashion/generator.caffemodel.h5", "conv1")

    def test_weights_of_no_format(self):
        for text in b"", b"no weights at all\n":
            with open(self.nets + "encoder.caffemodel.h5", "wb") as file:
                file.write(text)
            self.refused("models/fashion/encoder.caffemodel.h5")

    def test_weights_not_finite(self):
        with h5py.File(self.nets + "encoder.caffemodel.h5", "r+") as file:
            file["data/conv2/0"][3, 1, 0, 2] = np.nan
        self.refused("models/fashion/encoder.caffemodel.h5", "conv2", "is nan")

    def test_generator_of_small_pictures(self):
        """Without its last enlargement the generator makes 16 x 16."""
        self.edit("models/fashion/generator.prototxt", 'bottom: "conv4_1"\n  top: "deconv3"',
                  'bottom: "conv4_1"\n  top: "conv3_0"')
        self.edit("models/fashion/generator.prototxt", "    num_output: 32\n    pad: 1\n"
                  "    kernel_size: 4\n    stride: 2",
                  "    num_output: 32\n    pad: 2\n    kernel_size: 4\n    stride: 1")
        self.edit("models/fashion/generator.prototxt", 'bottom: "deconv3"\n  top: "deconv3"',
                  'bottom: "conv3_0"\n  top: "deconv3"')
        self.refused("models/fashion/generator.prototxt", "1 x 15 x 15",
                     "models/fashion/classifier.prototxt", "1 x 28 x 28")

    def test_encoder_of_another_input(self):
        self.edit("models/fashion/encoder.prototxt", "dim: 28\n  dim: 28", "dim: 31\n  dim: 31")
        self.refused("models/fashion/encoder.prototxt", "1 x 31 x 31", "1 x 28 x 28")

    def test_mean(self):
        self.edit("run.cfg", "mean = [73.0]", "mean = [104.0, 117.0, 123.0]")
        self.refused("models.classifier.mean", "found 3 numbers", "1 channels",
                     "classifier.prototxt")


if __name__ == "__main__":
    unittest.main()
