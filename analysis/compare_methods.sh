#!/bin/sh
# invset beside the methods it is compared with, on the ten classes of config/fashion-all.cfg: the
# numbers and the picture of "Does it beat the alternatives?" in the README.  Leaves run files, tables
# and figures in out/compare/; runs that are finished are not made again.  About 6 minutes on two
# cores.  Run from anywhere: sh analysis/compare_methods.sh
set -eu
cd "$(dirname "$0")/.."
out=out/compare
mkdir -p "$out"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OPENBLAS_NUM_THREADS=1

# sample NAME CONFIG key=value ...
sample() {
    file=$out/$1.h5 config=$2
    shift 2
    for setting; do
        set -- "$@" --set "$setting"
        shift
    done
    mpirun -n 2 --oversubscribe build/invset sample "$config" "$@" --set output.file="$file"
}

# 500 samples of each class.  Ours cost 6.0 sample-steps each; PPGN, which keeps a sample every 5
# iterations, makes 670, for a little more work, and compare.py takes 500 of them, evenly spread.  Long
# chains of short steps, pushed away from all samples before, spread farthest.
all=config/fashion-all.cfg
sample invset $all sampling.samples=500 sampling.refresh=1 sampling.chain_length=50 sampling.step=0.35
# As published: one chain for each class.
sample ppgn $all sampling.samples=670 sampling.method=ppgn sampling.block=1 sampling.chains=1
sample ppgn-no-noise $all sampling.samples=670 sampling.method=ppgn sampling.block=1 sampling.chains=1 \
    sampling.ppgn.eps3=0.0
# As favourable to it as we can think of: ten chains side by side, each begun anew after 200 iterations.
sample ppgn-restarts $all sampling.samples=670 sampling.method=ppgn sampling.block=10 sampling.chains=1 \
    sampling.ppgn.reset_every=200
sample mcmc $all sampling.samples=670 sampling.method=mcmc sampling.block=10 sampling.chains=1
# Methods whose samples take 200 iterations each: 16 of them for the same work.
sample dgn-am $all sampling.samples=16 sampling.method=dgn-am sampling.block=8 sampling.chains=2
sample ascent config/fashion-ascent.cfg

compare() {
    /usr/bin/python3 analysis/compare.py "$@"
}
compare --method invset --method PPGN --method "PPGN, no noise" --method "PPGN, restarts" --method MCMC \
    $out/invset.h5 $out/ppgn.h5 $out/ppgn-no-noise.h5 $out/ppgn-restarts.h5 $out/mcmc.h5 \
    --table $out/many.md
compare --method invset --method DGN-AM --method ascent $out/invset.h5 $out/dgn-am.h5 $out/ascent.h5 \
    --table $out/few.md
compare --method invset --method PPGN $out/invset.h5 $out/ppgn.h5 --dataset none \
    --target T-shirt/top --target dress --target sandal --target sneaker --target bag \
    --figure $out/rows.png >$out/rows.txt
echo "Look at $out/rows.png, $out/many.md and $out/few.md."
