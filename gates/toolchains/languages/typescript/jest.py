"""Runs jest, with V8 coverage, over a TypeScript module's tests, and reads both reports."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from gates.errors import CouldNotCheckError
from gates.module import Module
from gates.toolchains.languages.typescript import packages as npm
from gates.toolchains.languages.typescript import platform_tools
from gates.toolchains.languages.typescript.planted import plant
from gates.toolchains.languages.typescript.runner import has_package
from gates.toolchains.languages.typescript.vitest import read_run
from gates.toolchains.processes import disk
from gates.toolchains.tests import TestRun, find_test_files
from gates.toolchains.tools import Program, Tools

CONFIG_NAME, SETUP_NAME = "gates.jest.config.json", "gates.jest.setup.cjs"
REPORTER_NAME = "gates.jest.reporter.cjs"
_SWC = {
    "jsc": {"parser": {"syntax": "typescript"}, "target": "es2022"},
    "sourceMaps": "inline",
    "swcrc": False,
}
_BABEL = {"babelrc": False, "configFile": False, "presets": ["@babel/preset-typescript"]}
_TS_JEST = {
    "useESM": True,
    # The check tsc judges types, by the module's own tsconfig.json, which counts nothing here.
    "diagnostics": False,
    "transpilation": True,
    "tsconfig": {"module": "esnext", "target": "es2022", "isolatedModules": True},
}
_TRANSFORMERS: dict[str, tuple[str, dict[str, Any]]] = {
    "@swc/jest": ("@swc/jest", _SWC),
    "ts-jest": ("ts-jest", _TS_JEST),
    "@babel/preset-typescript": ("babel-jest", _BABEL),
}
"""By the package that a module names: what turns TypeScript into JavaScript for jest, with the
platform's options. babel-jest comes with jest."""


def run_tests(tools: Tools) -> TestRun:
    """The module's tests. Raises `ToolFailedError` for a run without a report."""
    copy = tools.module_copy
    packages = npm.install_packages(tools)
    jest = npm.find_program(tools, packages, "jest", "bin/jest.js")
    node, script = jest.command[:-1], jest.command[-1]
    # Without it jest loads no module of ECMAScript.
    jest = Program("jest", (*node, "--experimental-vm-modules", script), jest.version)
    reports = tools.folder / "reports"
    reports.mkdir()
    with disk():
        config = configuration(tools.session.module, copy, reports)
        (copy / CONFIG_NAME).write_text(json.dumps(config), "utf-8")
        for name in ("assert.cjs", "planted.cjs", "jest.reporter.cjs", "jest.setup.cjs"):
            shutil.copyfile(platform_tools.CONFIG / name, copy / f"gates.{name}")
        for kind in ("loose", "strict"):
            text = f'module.exports = require("./gates.assert.cjs").{kind};\n'
            (copy / f"gates.assert.{kind}.cjs").write_text(text, "utf-8")
    planted = plant(tools)
    ran = tools.run(
        jest,
        [f"--config={copy / CONFIG_NAME}", "--ci", "--testLocationInResults"],
        timeout=tools.session.policy.test_timeout,
        ok=(0, 1),
        subjects=len(find_test_files(tools.session.module)),
        env=tools.environment({"NODE_ENV": "test"}),
        sandbox=npm.make_sandbox(tools, packages, network=True),
    )
    return read_run(tools, jest, ran, planted)


def configuration(module: Module, copy: Path, reports: Path) -> dict[str, Any]:
    """The platform's configuration: the module's own of jest and of babel is not read.

    Raises `CouldNotCheckError` where the module names nothing that reads TypeScript for jest.
    """
    found = next((name for name in _TRANSFORMERS if has_package(module, name)), None)
    if found is None:
        raise CouldNotCheckError(
            "jest reads TypeScript by @swc/jest, ts-jest or @babel/preset-typescript, and"
            " package.json names none of them",
            hint="npm install --save-dev @swc/core @swc/jest",
        )
    return {
        "rootDir": str(copy),
        "cacheDirectory": str(reports / "cache"),
        "testMatch": [
            f"<rootDir>/tests/{part}/**/*.{kind}.?(c|m)[jt]s?(x)"
            for part in ("unit", "e2e")
            for kind in ("test", "spec")
        ],
        "testEnvironment": "node",
        "extensionsToTreatAsEsm": [".ts", ".tsx", ".mts"],
        "moduleFileExtensions": ["ts", "tsx", "mts", "cts", "js", "mjs", "cjs", "json", "node"],
        "moduleNameMapper": {
            r"^(\.{1,2}/.*)\.js$": "$1",
            "^(node:)?assert$": "<rootDir>/gates.assert.loose.cjs",
            "^(node:)?assert/strict$": "<rootDir>/gates.assert.strict.cjs",
        },
        "transform": {r"\.[cm]?tsx?$": list(_TRANSFORMERS[found])},
        "setupFilesAfterEnv": [f"<rootDir>/{SETUP_NAME}"],
        "collectCoverage": True,
        "collectCoverageFrom": ["src/**/*.{ts,tsx,mts,cts}", "!**/*.d.ts"],
        "coverageProvider": "v8",
        "coverageDirectory": str(reports / "coverage"),
        "coverageReporters": ["json"],
        "passWithNoTests": True,
        "reporters": [
            [f"<rootDir>/{REPORTER_NAME}", {"place": str(reports / "tests.jsonl")}],
        ],
        "watchman": False,
    }
