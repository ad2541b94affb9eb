"""What more patients cost: a hub with 20,000 of them, and the engine's cost a reading beside that of 200.

python -m bench.scale
"""

import json
import tempfile
from pathlib import Path
from typing import Any

from bench import setting, startup, step

MANY, FEW = 20_000, 200
READINGS = 2_000_000
MESSAGES = 120_000  # of each, so that both are as warm


def measure(folder: Path) -> dict[str, Any]:
    """Memory and start with many patients; the ratio of the cost of a message, three values each."""
    few = step.speed(patients=FEW, rounds=MESSAGES // FEW)
    many = step.speed(patients=MANY, rounds=MESSAGES // MANY)
    ratio = round(many["us_per_message"] / few["us_per_message"], 2)
    cost = {"us_per_message": {str(FEW): few["us_per_message"], str(MANY): many["us_per_message"]}, "cost_ratio": ratio}
    return cost | startup.measure(folder, patients=MANY, readings=READINGS)


def main() -> None:
    """Print one JSON object."""
    with tempfile.TemporaryDirectory(prefix="vigie-bench-", dir=setting.FOLDER) as folder:
        Path(folder).chmod(0o711)
        print(json.dumps(measure(Path(folder)), indent=1))


if __name__ == "__main__":
    main()
