"""Write full-size weights with seeded random numbers: make_full_size.py FOLDER [SEED]

FOLDER/bvlc_reference_caffenet.caffemodel and FOLDER/generator.caffemodel get the layers of the
definitions in models/caffenet and the wire format of Caffe's V2 files, definition included: geometry,
loader and memory of the published files can be tested without them.  Weights are Gaussian with He's
deviation; the last layers are scaled so that pictures and activations have a usable size.
"""
import math
import os
import re
import struct
import sys

try:
    import numpy as np
except ImportError as missing:
    print("skipped:", missing)
    sys.exit(77)

MODELS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "models", "caffenet")

# Fields of caffe.proto: name -> (number, kind); a kind that is a dict is a message.
SHAPE = {"dim": (1, "int")}
LAYER = {
    "name": (1, "string"), "type": (2, "string"), "bottom": (3, "string"), "top": (4, "string"),
    "convolution_param": (106, {"num_output": (1, "int"), "pad": (3, "int"),
                                "kernel_size": (4, "int"), "group": (5, "int"),
                                "stride": (6, "int")}),
    "dropout_param": (108, {"dropout_ratio": (1, "float")}),
    "inner_product_param": (117, {"num_output": (1, "int")}),
    "lrn_param": (118, {"local_size": (1, "int"), "alpha": (2, "float"), "beta": (3, "float")}),
    "pooling_param": (121, {"pool": (1, {"MAX": 0, "AVE": 1}), "kernel_size": (2, "int"),
                            "stride": (3, "int")}),
    "relu_param": (123, {"negative_slope": (1, "float")}),
    "reshape_param": (133, {"shape": (1, SHAPE)}),
    "input_param": (143, {"shape": (1, SHAPE)}),
}
NET_NAME, NET_LAYER, LAYER_BLOBS, BLOB_SHAPE, BLOB_DATA = 1, 100, 7, 7, 5

# Scale of a layer's weights besides He's: outputs of the two nets' last layers.
SCALES = {"deconv0": 6.0, "fc8": 0.5}


def parse(tokens):
    """Fields of a message in text format: a list of (name, value), value a string or such a list."""
    fields = []
    for token in tokens:
        if token == "}":
            break
        name, value = token.rstrip(":"), next(tokens)
        fields.append((name, parse(tokens) if value == "{" else value))
    return fields


def read_prototxt(path):
    with open(path) as file:
        text = re.sub(r"#.*", "", file.read())
    return parse(iter(re.findall(r'"[^"]*"|[{}]|[^\s{}:]+:?', text)))


def varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes(out + bytes([number]))


def run(number, contents):
    """A length-delimited field."""
    return varint(number << 3 | 2) + varint(len(contents)) + contents


def encode(fields, schema):
    out = b""
    for name, value in fields:
        number, kind = schema[name]
        if isinstance(value, list):
            out += run(number, encode(value, kind))
        elif kind == "string":
            out += run(number, value.strip('"').encode())
        elif kind == "float":
            out += varint(number << 3 | 5) + struct.pack("<f", float(value))
        else:
            out += varint(number << 3) + varint(kind[value] if isinstance(kind, dict) else int(value))
    return out


def weight_shapes(layer, shape):
    """Shapes of a layer's blobs, its numbers per output, and the shape (C, H, W) of its top."""
    kind = layer["type"].strip('"')
    p = dict(layer.get(KIND_PARAMS.get(kind, ""), []))
    n = int(p.get("num_output", 0))
    k, stride, pad, group = (int(p.get(key, default)) for key, default in
                             (("kernel_size", 1), ("stride", 1), ("pad", 0), ("group", 1)))
    if kind == "Input":
        return [], 0, [int(value) for _, value in p["shape"]][1:]
    if kind == "Reshape":
        return [], 0, [int(value) for _, value in p["shape"]][1:]
    if kind == "InnerProduct":
        return [(n, math.prod(shape)), (n,)], math.prod(shape), [n]
    if kind == "Convolution":
        top = [n] + [(size + 2 * pad - k) // stride + 1 for size in shape[1:]]
        return [(n, shape[0] // group, k, k), (n,)], shape[0] // group * k * k, top
    if kind == "Deconvolution":
        top = [n] + [stride * (size - 1) + k - 2 * pad for size in shape[1:]]
        return [(shape[0], n, k, k), (n,)], shape[0] * k * k / stride ** 2, top
    if kind == "Pooling":
        return [], 0, shape[:1] + [-(-(size - k) // stride) + 1 for size in shape[1:]]
    return [], 0, shape


KIND_PARAMS = {"Input": "input_param", "Reshape": "reshape_param", "Convolution": "convolution_param",
               "InnerProduct": "inner_product_param", "Deconvolution": "convolution_param",
               "Pooling": "pooling_param"}


def blob_header(shape, n_bytes):
    """What stands before the numbers of a blob in its layer."""
    inner = run(BLOB_SHAPE, run(1, b"".join(varint(dim) for dim in shape)))
    inner += varint(BLOB_DATA << 3 | 2) + varint(n_bytes)
    return varint(LAYER_BLOBS << 3 | 2) + varint(len(inner) + n_bytes) + inner


def write_layer(file, random, fields, shapes, fan_in):
    name = dict(fields)["name"].strip('"')
    headers = [blob_header(shape, 4 * math.prod(shape)) for shape in shapes]
    definition = encode(fields, LAYER)
    size = len(definition) + sum(len(header) + 4 * math.prod(shape)
                                 for header, shape in zip(headers, shapes))
    file.write(varint(NET_LAYER << 3 | 2) + varint(size) + definition)
    for header, shape in zip(headers, shapes):
        numbers = random.standard_normal(math.prod(shape), dtype=np.float32)
        # Biases: small, so that a wrong one shows.
        numbers *= np.float32(0.1 if len(shape) == 1
                              else SCALES.get(name, 1.0) * math.sqrt(2.0 / fan_in))
        file.write(header)
        file.write(numbers.astype("<f4").data)


def write_model(definition, path, seed):
    random = np.random.default_rng(seed)
    shape = []
    with open(path, "wb") as file:
        for key, value in read_prototxt(definition):
            if key == "name":
                file.write(run(NET_NAME, value.strip('"').encode()))
            elif key == "layer":
                shapes, fan_in, shape = weight_shapes(dict(value), shape)
                write_layer(file, random, value, shapes, fan_in)


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    folder, seed = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1
    os.makedirs(folder, exist_ok=True)
    for i, name in enumerate(("bvlc_reference_caffenet", "generator")):
        write_model(os.path.join(MODELS, name + ".prototxt"),
                    os.path.join(folder, name + ".caffemodel"), seed + i)


if __name__ == "__main__":
    main()
