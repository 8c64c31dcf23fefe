"""The start of everything: `retention.py` on machines with and without what it needs."""

import importlib.util
import subprocess
import sys

import pytest

from retention_cli.project import ROOT


@pytest.fixture
def bootstrap(tmp_path, monkeypatch):
    """`retention.py` in an empty folder of its own, with pip stood in for."""
    specification = importlib.util.spec_from_file_location("bootstrap", ROOT / "retention.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    lock = tmp_path / "requirements.lock"
    lock.write_text("package==1\n")
    python = tmp_path / ".venv/bin/python"
    for name, value in {"ENVIRONMENT": tmp_path / ".venv", "LOCK": lock, "PYTHON": python}.items():
        monkeypatch.setattr(module, name, value)
    module.installs = []

    def create(environment, with_pip, clear):
        assert with_pip
        python.parent.mkdir(parents=True, exist_ok=True)
        python.touch()

    def install(command, check):
        module.installs.append(command)
        if module.installs_fail:
            raise subprocess.CalledProcessError(1, command)

    module.installs_fail = False
    monkeypatch.setattr(module.venv, "create", create)
    monkeypatch.setattr(module.subprocess, "run", install)
    return module


def test_the_environment_is_made_once(bootstrap):
    bootstrap.ensure_environment()
    bootstrap.ensure_environment()
    assert len(bootstrap.installs) == 1
    assert {"--require-hashes", "--no-deps"} <= set(bootstrap.installs[0])


def test_another_lock_is_installed(bootstrap):
    bootstrap.ensure_environment()
    bootstrap.LOCK.write_text("package==2\n")
    bootstrap.ensure_environment()
    assert len(bootstrap.installs) == 2


def test_an_install_that_broke_off_is_taken_up_again(bootstrap):
    bootstrap.installs_fail = True
    with pytest.raises(SystemExit, match="run the same command again"):
        bootstrap.ensure_environment()
    bootstrap.installs_fail = False
    bootstrap.ensure_environment()
    bootstrap.ensure_environment()
    assert len(bootstrap.installs) == 2


def test_a_broken_renewal_of_the_lock_is_not_taken_for_the_old_one(bootstrap):
    old = bootstrap.LOCK.read_text()
    bootstrap.ensure_environment()
    bootstrap.LOCK.write_text("package==2\n")
    bootstrap.installs_fail = True
    with pytest.raises(SystemExit):
        bootstrap.ensure_environment()
    bootstrap.LOCK.write_text(old)
    bootstrap.installs_fail = False
    bootstrap.ensure_environment()
    assert len(bootstrap.installs) == 3


def test_an_environment_whose_python_is_gone_is_made_anew(bootstrap):
    bootstrap.ensure_environment()
    bootstrap.PYTHON.unlink()
    bootstrap.ensure_environment()
    assert len(bootstrap.installs) == 2


def test_a_python_without_ensurepip_is_told_the_package(bootstrap, monkeypatch):
    monkeypatch.setattr(bootstrap.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match="apt install python3-venv"):
        bootstrap.ensure_environment()


def test_a_python_that_is_too_old_is_told_so(bootstrap, monkeypatch):
    monkeypatch.setattr(bootstrap, "OLDEST", (3, sys.version_info.minor + 1))
    with pytest.raises(SystemExit, match=r"Python 3\.11, 3\.12 or 3\.13 is needed"):
        bootstrap.ensure_environment()


@pytest.mark.parametrize("package", ["pip", "setuptools"])
def test_what_comes_with_python_is_replaced_by_a_locked_version(package):
    assert f"\n{package}==" in (ROOT / "requirements.lock").read_text(encoding="utf-8")


def test_paths_are_those_of_the_folder_where_they_were_typed(bootstrap, monkeypatch, tmp_path):
    given = {}
    monkeypatch.setattr(bootstrap, "ensure_environment", lambda: None)
    monkeypatch.setattr(
        bootstrap.subprocess,
        "run",
        lambda command, env, **_: given.update(env) or subprocess.CompletedProcess(command, 0),
    )
    monkeypatch.setenv("PWD", "/nowhere")
    monkeypatch.chdir(tmp_path)
    bootstrap.main()
    assert given["RETENTION_TYPED_IN"] == str(tmp_path)
