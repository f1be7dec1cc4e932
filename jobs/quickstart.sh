#!/bin/sh
# Install what is missing (Debian), build, and sample the bundled models: out/quickstart.h5, a contact
# sheet out/quickstart.png and a report out/quickstart.html.  Run from anywhere: sh jobs/quickstart.sh
set -eu
cd "$(dirname "$0")/.."
. jobs/packages.sh
install_missing $BUILD_PACKAGES $REPORT_PACKAGES

cmake -S . -B build -DCMAKE_BUILD_TYPE=Release >build-configure.log 2>&1 || {
    cat build-configure.log >&2
    exit 1
}
rm -f build-configure.log
cmake --build build --parallel "$(nproc)" --target invset

# Root (in a container) and fewer cores than ranks are fine for Open MPI only if told so.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
mkdir -p out
mpirun -n 2 --oversubscribe build/invset sample config/fashion-sneaker.cfg \
    --set output.file=out/quickstart.h5 --restart
build/invset check out/quickstart.h5
build/invset montage out/quickstart.h5 out/quickstart.png --rows 5
/usr/bin/python3 analysis/report.py out/quickstart.h5 -o out/quickstart.html
echo
echo "Look at out/quickstart.png and out/quickstart.html; the data are in out/quickstart.h5."
