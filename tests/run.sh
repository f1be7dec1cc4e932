#!/bin/sh
# Install what is missing (Debian), build with warnings as errors, and run every test.
set -eu
cd "$(dirname "$0")/.."
. jobs/packages.sh
install_missing $BUILD_PACKAGES $REPORT_PACKAGES $TEST_PACKAGES

cmake --preset default
cmake --build --preset default --parallel "$(nproc)"
ctest --preset default
