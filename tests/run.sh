#!/bin/sh
# Install what is missing (Debian), build with warnings as errors, run every test, and those without MPI
# once more under AddressSanitizer and UndefinedBehaviorSanitizer.
set -eu
cd "$(dirname "$0")/.."
. jobs/packages.sh
install_missing $BUILD_PACKAGES $ANALYSIS_PACKAGES $TEST_PACKAGES

for preset in sanitize default; do
    cmake --preset $preset
    cmake --build --preset $preset --parallel "$(nproc)"
    ctest --preset $preset
done
