"""Figures of the product: requests counted by the servers, speeds as ratios; never a verdict."""

import os
import sys
from pathlib import Path

# The fleet of workers is the tests' own; processes that are started from here look there too.
sys.path.append(str(Path(__file__).parent.parent / "tests"))
os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)
