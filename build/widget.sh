# Part of build.sh: the notebook widget's wheel, and its tests in a real JupyterLab.

WIDGET_VENV=$HEADSTART_CACHE/widget-venv
export HEADSTART_WIDGET_PYTHON=$WIDGET_VENV/bin/python

# has_venv: whether this Python can have the packages of the widget and of scale/; says why not.
has_venv() {
    local why=""
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || why="$(python3 --version) is older than 3.11"
    python3 -c 'import ensurepip, venv' 2> /dev/null || why="Python's venv is missing: apt-get install python3-venv"
    if [[ -z $why ]]; then return; fi
    say "$why"
    return 1
}

# By the hashes of the requirements, and again only when they or Python change.
set_up_widget_python() {
    local made_by
    made_by="$(sha256_of tests/widget/requirements.txt) $(python3 --version) $PWD"
    if [[ $(cat "$WIDGET_VENV/.made-by" 2> /dev/null) == "$made_by" ]]; then return; fi
    python3 -m venv --clear "$WIDGET_VENV"
    "$HEADSTART_WIDGET_PYTHON" -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r tests/widget/requirements.txt
    say "$made_by" > "$WIDGET_VENV/.made-by"
}

# dist-npm/ → dist-widget/
make_wheel() {
    node build/widget.mjs
    rm -rf dist-widget
    "$HEADSTART_WIDGET_PYTHON" -m build --no-isolation --outdir dist-widget widget > /dev/null
    "$HEADSTART_WIDGET_PYTHON" -m pip install --quiet --disable-pip-version-check --no-deps --force-reinstall dist-widget/*.whl
    say "$(wc -c dist-widget/*.whl | awk '{ print $2 ": " $1 " bytes" }')"
}

build_widget() {
    [[ -f dist/index.html ]] || die "There is no dist/ to make a widget of. ./build.sh build makes it."
    has_venv || die "The widget's wheel needs it."
    step "Packages of npm" install_npm_packages
    step "Packages of PyPI" set_up_widget_python
    step "The folder dist-npm/" node build/npm.mjs
    step "The wheel" make_wheel
}

check_widget() {
    if ! has_venv; then
        say "The notebook widget was not tested."
        return
    fi
    set_up_widget_python
    node build/npm.mjs
    make_wheel
    "$WIDGET_VENV/bin/ruff" check --quiet --no-cache --config widget/pyproject.toml widget/src tests/widget
    "$WIDGET_VENV/bin/ruff" format --quiet --no-cache --check --config widget/pyproject.toml widget/src tests/widget
    "$WIDGET_VENV/bin/mypy" --cache-dir /dev/null --config-file widget/pyproject.toml widget/src
    "$HEADSTART_WIDGET_PYTHON" -m pytest --quiet -p no:cacheprovider tests/widget
    node --test --test-reporter=spec --test-timeout=1200000 --test-concurrency=1 tests/widget/*.test.mjs
}
