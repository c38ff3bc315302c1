"""The folders agent/ tools/ memory/ ui/ evals/ install as parley.agent, parley.tools, ..."""

from setuptools import find_packages, setup

ROOMS = ("agent", "tools", "memory", "ui", "evals")
packages = [f"parley.{name}" for name in find_packages(".", include=[p for room in ROOMS for p in (room, f"{room}.*")])]
setup(packages=packages, package_dir={"parley": "."})
