#!/usr/bin/env python3
"""One step of the search in PyTorch, as a user would write it at its best: what bench_step is compared with.

    peer_torch.py [--batch 10,100,1000] [--seconds 1] [--limit 200] [--variants NAME,...] [--check]

The full-size nets with random weights: a code goes through the generator, the centre crop, rounding to valid
8-bit pixels, and CaffeNet to fc8; one unit's gradient and one on fc6 (the encoding) come back to the code, and
the code takes a step.  Printed are sample-steps per second, of each variant at each batch, best of several
repeats.  --limit is the number of seconds after which no other variant is begun: compiling takes its time.
"""
import argparse
import sys
import time

import torch
import torch._dynamo
import torch.nn.functional as F

GENERATOR_FC = [(4096, 4096), (4096, 4096), (4096, 4096)]
# channels in, out, kernel, stride, pad; all are transposed convolutions
GENERATOR_CONV = [(256, 256, 4, 2, 1), (256, 512, 3, 1, 1), (512, 256, 4, 2, 1), (256, 256, 3, 1, 1),
                  (256, 128, 4, 2, 1), (128, 128, 3, 1, 1), (128, 64, 4, 2, 1), (64, 32, 4, 2, 1),
                  (32, 3, 4, 2, 1)]
# channels in, out, kernel, stride, pad, groups
CLASSIFIER_CONV = [(3, 96, 11, 4, 0, 1), (96, 256, 5, 1, 2, 2), (256, 384, 3, 1, 1, 1), (384, 384, 3, 1, 1, 2),
                   (384, 256, 3, 1, 1, 2)]
CLASSIFIER_FC = [(9216, 4096), (4096, 4096), (4096, 1000)]
MEAN = 117.0

# name: (precision, channels last, how the step is run)
VARIANTS = {
    "fp32 eager": ("fp32", False, "eager"),
    "tf32 eager": ("tf32", False, "eager"),
    "tf32 NHWC graph": ("tf32", True, "graph"),
    "fp16 NHWC graph": ("fp16", True, "graph"),
    "tf32 NHWC compile": ("tf32", True, "compile"),
    "fp16 NHWC compile": ("fp16", True, "compile"),
    "fp16 NHWC compile graph": ("fp16", True, "compile graph"),
}


class RoundThrough(torch.autograd.Function):
    """Valid 8-bit pixels, less the mean; the gradient passes the rounding, and not the clipping."""

    @staticmethod
    def forward(ctx, x):
        grey = x + MEAN
        ctx.save_for_backward((grey >= 0) & (grey <= 255))
        return grey.clamp(0, 255).round() - MEAN

    @staticmethod
    def backward(ctx, grad):
        return grad * ctx.saved_tensors[0]


def picture(x):
    grey = x + MEAN
    valid = grey.clamp(0, 255)
    return valid + (valid.round() - valid).detach() - MEAN


def lrn_shifted(x, size=5, alpha=1e-4, beta=0.75):
    """The same as F.local_response_norm(), of operations that a compiler can fuse."""
    squares = F.pad(x * x, (0, 0, 0, 0, size // 2, size // 2))
    total = sum(squares[:, i:i + x.shape[1]] for i in range(size))
    return x * (1.0 + alpha / size * total) ** -beta


class Chain(torch.nn.Module):
    """code -> (fc8, fc6)"""

    def __init__(self, fusible):
        super().__init__()
        linear = [torch.nn.Linear(n, m) for n, m in GENERATOR_FC]
        self.generator_fc = torch.nn.ModuleList(linear)
        self.generator_conv = torch.nn.ModuleList(
            [torch.nn.ConvTranspose2d(i, o, k, s, p) for i, o, k, s, p in GENERATOR_CONV])
        self.conv = torch.nn.ModuleList(
            [torch.nn.Conv2d(i, o, k, s, p, groups=g) for i, o, k, s, p, g in CLASSIFIER_CONV])
        self.fc = torch.nn.ModuleList([torch.nn.Linear(n, m) for n, m in CLASSIFIER_FC])
        for parameter in self.parameters():
            parameter.requires_grad_(False)
            if parameter.dim() > 1:
                torch.nn.init.kaiming_normal_(parameter)
        self.picture = picture if fusible else RoundThrough.apply
        self.lrn = lrn_shifted if fusible else lambda x: F.local_response_norm(x, 5, 1e-4, 0.75, 1.0)

    def forward(self, code):
        x = code.to(self.fc[0].weight.dtype)
        for layer in self.generator_fc:
            x = F.leaky_relu(layer(x), 0.3)
        x = x.view(-1, 256, 4, 4)
        for layer in self.generator_conv[:-1]:
            x = F.leaky_relu(layer(x), 0.3)
        x = self.generator_conv[-1](x)[:, :, 14:241, 14:241]
        x = self.picture(x)
        for i, layer in enumerate(self.conv):
            x = F.relu(layer(x))
            if i in (0, 1, 4):
                x = F.max_pool2d(x, 3, 2, ceil_mode=True)
            if i < 2:
                x = self.lrn(x)
        fc6 = self.fc[0](x.flatten(1))
        fc7 = self.fc[1](F.relu(fc6))
        return self.fc[2](F.relu(fc7)), fc6


class Step:
    """One step of a batch of codes, in place, run in one of the ways."""

    def __init__(self, batch, precision, channels_last, how):
        compiled = "compile" in how
        torch.backends.cuda.matmul.allow_tf32 = precision != "fp32"
        torch.backends.cudnn.allow_tf32 = precision != "fp32"
        torch.backends.cudnn.benchmark = True
        torch.manual_seed(1)
        chain = Chain(compiled).cuda().eval()
        if precision == "fp16":
            chain = chain.half()
        if channels_last:
            chain = chain.to(memory_format=torch.channels_last)
        self.code = (30.0 * torch.rand(batch, 4096, device="cuda")).requires_grad_()
        self.units = torch.arange(batch, device="cuda") % 1000
        self.seed = torch.randn(batch, 4096, device="cuda")

        def loss(code):
            fc8, fc6 = chain(code)
            chosen = fc8.gather(1, self.units[:, None]).float().sum()
            return chosen + 1e-3 * (fc6.float() * self.seed).sum()

        self.loss = torch.compile(loss) if compiled else loss
        self.graph = None
        for _ in range(3):
            self.run_once()
        if "graph" in how:
            self.capture()

    def run_once(self):
        gradient, = torch.autograd.grad(self.loss(self.code), self.code)
        with torch.no_grad():
            length = gradient.norm(dim=1, keepdim=True) + 1e-12
            self.code.add_(0.1 * gradient / length).clamp_(0.0, 30.0)

    def capture(self):
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                self.run_once()
        torch.cuda.current_stream().wait_stream(stream)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            self.run_once()

    def __call__(self):
        if self.graph:
            self.graph.replay()
        else:
            self.run_once()


def measure(step, seconds):
    """Seconds of a step: the least mean of five repeats."""
    step()
    torch.cuda.synchronize()
    begin = time.perf_counter()
    step()
    torch.cuda.synchronize()
    n = max(1, int(seconds / 5 / (time.perf_counter() - begin)))
    best = float("inf")
    for _ in range(5):
        start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        for _ in range(n):
            step()
        end.record()
        torch.cuda.synchronize()
        best = min(best, start.elapsed_time(end) / 1e3 / n)
    return best


def check():
    """The two ways to write a layer are the same; needs no GPU."""
    x = torch.randn(2, 7, 4, 3, dtype=torch.double, requires_grad=True)
    apart = (lrn_shifted(x, alpha=0.5) - F.local_response_norm(x, 5, 0.5, 0.75, 1.0)).abs().max()
    a, b = (torch.autograd.grad(f(200 * x).pow(2).sum(), x)[0] for f in (picture, RoundThrough.apply))
    fc8, fc6 = Chain(True)(torch.rand(2, 4096))
    print(f"LRN {apart:.1e}, picture {(a - b).abs().max() / b.abs().max():.1e}, {tuple(fc8.shape)}, {tuple(fc6.shape)}")
    return apart < 1e-12 and (a - b).abs().max() <= 1e-12 * b.abs().max()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", default="10,100,1000")
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--limit", type=float, default=200.0)
    parser.add_argument("--variants", default=",".join(VARIANTS))
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    if options.check:
        sys.exit(0 if check() else 1)
    print(f"PyTorch {torch.__version__}, {torch.cuda.get_device_name()}", flush=True)
    began = time.perf_counter()
    for name in options.variants.split(","):
        for batch in map(int, options.batch.split(",")):
            if time.perf_counter() - began > options.limit:
                print(f"{name:24} batch {batch:4}: left out, {options.limit:.0f} s are over", flush=True)
                continue
            torch._dynamo.reset()
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()
            try:
                took = measure(Step(batch, *VARIANTS[name]), options.seconds)
                memory = torch.cuda.max_memory_allocated() / 1e9
                print(f"{name:24} batch {batch:4}: {batch / took:9.1f} sample-steps/s, {1e3 * took:8.2f} ms a step, "
                      f"{memory:.1f} GB at most", flush=True)
            except RuntimeError as error:
                print(f"{name:24} batch {batch:4}: {str(error).splitlines()[0]}", flush=True)


if __name__ == "__main__":
    main()
