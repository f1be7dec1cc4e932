# The Debian packages that invset needs, and installing those that are missing; sourced by
# jobs/quickstart.sh and tests/run.sh.  Why each is there: README.md, "What it is built on".

BUILD_PACKAGES="cmake gcc libc6-dev make pkg-config libopenmpi-dev openmpi-bin libhdf5-openmpi-dev libpango1.0-dev
    libgdk-pixbuf-2.0-dev libopenblas-dev libconfig-dev libpng-dev zlib1g-dev nettle-dev librandom123-dev
    libprotobuf-c-dev protobuf-c-compiler libcsv-dev"
REPORT_PACKAGES="python3 python3-h5py python3-numpy python3-pil"
ANALYSIS_PACKAGES="$REPORT_PACKAGES python3-sklearn python3-matplotlib" # t-SNE in reports; figures
TEST_PACKAGES="g++ hdf5-tools dataset-fashion-mnist git slurm-wlm munge
    chromium chromium-driver python3-selenium"

# Install the packages that dpkg does not have.  Needs root or sudo only if there are any.
install_missing() {
    missing=
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
            missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    if ! command -v apt-get >/dev/null; then
        echo "please install (the names are Debian's):$missing" >&2
        return 1
    fi
    run=
    [ "$(id -u)" -eq 0 ] || run=sudo
    echo "installing:$missing"
    $run apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $run apt-get install -y -qq --no-install-recommends $missing >/dev/null
}
