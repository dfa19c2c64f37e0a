"""Makes the virtual environment of another library: `python -m tests.environments task-library`."""

import sys

from tests.environments.environment import make_environment

for name in sys.argv[1:]:
    print(make_environment(name))
