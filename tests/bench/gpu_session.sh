#!/bin/sh
# gpu_session.sh pack | run: test and measure the CUDA backend on a machine that has a GPU and CUDA's
# libraries but little else, in one call of less than ten minutes.
#   pack   here: builds, and puts the tests, the benchmarks, the program and the Debian libraries that
#          they need into .carry/gpu.tar.xz
#   run    there, in a copy of the source tree with .carry in it: unpacks, runs `ctest -L cuda`,
#          fashion runs in each precision that are checked on the CPU, the benchmarks and the PyTorch peer side by
#          side, a full-size sweep, compute-sanitizer, and writes all of it to $OUT/session.log (default: out/gpu/session.log)
# Both machines are x86-64, and the second one's C library is not older than the first one's.
set -eu
cd "$(dirname "$0")/../.."
self=tests/bench/gpu_session.sh
SESSION_SECONDS=${SESSION_SECONDS:-560}
start=$(date +%s)
archive=.carry/gpu.tar.xz

programs="build/invset build/bench_step build/tests/bench/bench_layers"

# Tests that ctest knows by the label cuda.
tests() {
    ctest --test-dir build -L cuda -N -V | sed -n 's/^[0-9]*: Test command: "*\([^ "]*\).*/\1/p' | sort -u
}

# What a program needs and a bare machine may lack: not the C library, nor MPI and OpenBLAS, which are there.
libraries() {
    ldd "$@" | sed -n 's/.*=> \(\/[^ ]*\).*/\1/p' | sort -u |
        grep -v -e '/lib\(c\|m\|dl\|rt\|pthread\|stdc++\|gcc_s\|resolv\)\.so' -e '/libmpi' -e '/libopen-' -e '/libopenblas' \
             -e '/libgfortran' -e '/libquadmath' -e '/libcuda'
}

pack() {
    cmake --preset default >/dev/null
    cmake --build build -j"$(nproc)" >/dev/null
    stage=build/gpu-stage
    rm -rf "$stage"
    mkdir -p "$stage/build/carried" .carry
    pwd >"$stage/build/source"
    for file in $programs $(tests | sed "s|^$(pwd)/||"); do
        mkdir -p "$stage/$(dirname "$file")"
        strip -o "$stage/$file" "$file"
    done
    # shellcheck disable=SC2046,SC2086 # lists of words
    for library in $(libraries $programs $(tests)); do
        cp -L "$library" "$stage/build/carried/"
    done
    (cd build && find . -name CTestTestfile.cmake | grep -v gpu-stage) | while read -r file; do
        mkdir -p "$stage/build/$(dirname "$file")"
        cp "build/$file" "$stage/build/$file"
    done
    # The tests all have the same kernels in them: a dictionary that reaches from one to the next leaves a third.
    tar -C "$stage" -cf - . | xz --lzma2=preset=3,dict=512MiB >"$archive"
    rm -rf "$stage"
    ls -l "$archive"
}

# step NAME SECONDS COMMAND...: its output goes to the screen and the log; what fails does not end the session.  All
# of them together end in time for the log to come back.
step() {
    name=$1
    limit=$2
    shift 2
    began=$(date +%s)
    left=$((start + SESSION_SECONDS - began))
    [ "$limit" -lt "$left" ] || limit=$left
    echo "== $name"
    if [ "$limit" -lt 5 ]; then
        echo "left out: the session's $SESSION_SECONDS s are over" | tee "build/logs/$name.log"
    else
        { timeout "$limit" "$@" 2>&1 && echo "exit 0" || echo "exit $?"; } | tee "build/logs/$name.log"
    fi
    echo "== $name took $(($(date +%s) - began)) s"
    { echo "== $name" && cat "build/logs/$name.log"; } >>"$OUT/session.log"
}

# The nets are full size, the weights random; the codes' bounds and the window do not matter here.
full_size_weights="--set models.classifier.weights=/tmp/full/bvlc_reference_caffenet.caffemodel
                   --set models.generator.weights=/tmp/full/generator.caffemodel"

# full_size PRECISIONS BATCHES [--layers]
full_size() {
    precisions=$1
    batches=$2
    shift 2
    # shellcheck disable=SC2086 # a list of words
    build/bench_step config/caffenet-volcano.cfg --backend cuda --seconds 2 --precision "$precisions" --batch "$batches" \
        "$@" $full_size_weights
}

# A sweep of 1000 classes, 100 pictures each, on some ranks that share the GPU: how much of the time it is at work.
sweep() {
    precision=$1
    ranks=$2
    folder=/tmp # the file has 19 GB
    [ "$(df --output=avail -B1G /dev/shm | tail -n 1)" -lt 25 ] || folder=/dev/shm
    nvidia-smi --query-gpu=utilization.gpu,memory.used --format=csv,noheader,nounits -lms 200 >build/logs/busy.csv &
    sampler=$!
    # shellcheck disable=SC2086 # a list of words
    mpirun -n "$ranks" --oversubscribe build/invset sample -v config/caffenet-fc8-sweep.cfg --restart $full_size_weights \
        --set run.backend=cuda --set run.precision="$precision" --set output.file="$folder/sweep.h5" 2>&1 |
        grep -v 'finished,' | tail -40 || true
    kill "$sampler"
    awk -F, '{ busy[NR] = $1; most = $2 > most ? $2 : most }
        END { for (i = int(NR / 4); i < int(3 * NR / 4); i++) { sum += busy[i]; n++ }
              if (n > 0) printf "GPU at work %.1f %% of the middle half of the run, at most %d MB in use\n", sum / n, most }' \
        build/logs/busy.csv
    rm -f "$folder/sweep.h5"
}

fashion() {
    build/bench_step config/fashion-sneaker.cfg --backend cuda --seconds 1 --batch 10,100,1000 --precision "$1"
    build/invset sample -v config/fashion-all.cfg --restart --set output.file="/tmp/$1.h5" --set run.backend=cuda \
        --set run.precision="$1"
    build/invset check "/tmp/$1.h5"
}

memcheck_one() {
    compute-sanitizer --tool memcheck --error-exitcode 1 --launch-timeout 60 "$@"
}

memcheck() {
    for test in test_backend test_vectors test_moves; do
        memcheck_one "build/tests/backend/$test" cuda
    done
    for test in test_pool_ties test_layer_specials test_packing test_layers; do
        for precision in fp32 tf32 fp16; do
            memcheck_one "build/tests/backend/$test" cuda "$precision"
        done
    done
    compute-sanitizer --tool racecheck --error-exitcode 1 --launch-timeout 60 build/tests/backend/test_moves cuda
}

# Of the carried libraries those that the machine has not: its own ones fit each other better.
add_missing() {
    mkdir -p build/lib
    for library in build/carried/*; do
        ldconfig -p | grep -q "^[[:space:]]*$(basename "$library") " || cp "$library" build/lib/
    done
}

run_all() {
    OUT=${OUT:-out/gpu}
    mkdir -p "$OUT" build/logs
    nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv
    tar -xJf "$archive" || python3 -m tarfile -e "$archive" .
    source=$(cat build/source)
    [ -e "$source" ] || { mkdir -p "$(dirname "$source")" && ln -s "$(pwd)" "$source"; } # tests know it by that name
    python3 tests/make_full_size.py /tmp/full >build/logs/weights.log 2>&1 &
    weights=$!
    cuda=$(find /usr /opt \( -name 'libcudnn.so.9*' -o -name 'libcublas.so.1[0-9]*' \) -exec dirname {} \; 2>/dev/null |
        sort -u | tr '\n' ':')
    add_missing
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OPENBLAS_NUM_THREADS=1 \
        PATH="$PATH:/usr/local/cuda/bin"
    ours="env LD_LIBRARY_PATH=$(pwd)/build/lib:$cuda${LD_LIBRARY_PATH:-}"
    # shellcheck disable=SC2086 # $ours is two words
    {
        step tests 90 $ours ctest --test-dir "$source/build" -L cuda --output-on-failure
        for precision in fp32 tf32 fp16; do
            step "fashion-$precision" 30 $ours sh $self fashion "$precision"
        done
        wait "$weights" || cat build/logs/weights.log
        step full-1000 100 $ours sh $self full_size fp16,tf32,fp32 1000 --layers
        step full-10 40 $ours sh $self full_size fp16,tf32,fp32 10,100
        step sweep-fp16 100 $ours sh $self sweep fp16 3
        step layers-fp16 20 $ours build/tests/bench/bench_layers --backend cuda --precision fp16 --batch 1000 --seconds 0.02 \
            --verbose
    }
    step peer 140 python3 tests/bench/peer_torch.py --limit 100 --seconds 0.7
    # shellcheck disable=SC2086 # $ours is two words
    step memcheck 120 $ours sh $self memcheck
    echo "== in short"
    grep -h -e 'tests passed' -e 'Failed' build/logs/tests.log || true
    grep -h 'sample-steps/s' build/logs/full-*.log build/logs/peer.log || true
    grep -h 'outside libraries' build/logs/full-1000.log || true
    grep -h 'GPU at work' build/logs/sweep-fp16.log || true
    grep -h 'accepted samples, all inside' build/logs/fashion-*.log || true
    grep -h 'ERROR SUMMARY' build/logs/memcheck.log || true
}

case ${1:-} in
pack) pack ;;
run) run_all ;;
fashion) fashion "$2" ;;
memcheck) memcheck ;;
sweep) sweep "$2" "$3" ;;
full_size)
    shift
    full_size "$@"
    ;;
*)
    echo "usage: gpu_session.sh pack | run" >&2
    exit 2
    ;;
esac
