#!/usr/bin/env python3
"""Reads what `sluice train --tensorboard` wrote with TensorBoard itself, and compares it with metrics.csv.

    python3 Tests/Fixtures/check_tensorboard.py run

Needs the package tensorboard. A run that was resumed must read like one that was not: no step twice.
"""

import csv
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

run = sys.argv[1]
phases = {}
for row in csv.DictReader(open(f"{run}/metrics.csv")):
    phases.setdefault(row.pop("phase"), []).append(row)
compared = 0
for phase, rows in phases.items():
    events = EventAccumulator(f"{run}/tensorboard/{phase}", size_guidance={"scalars": 0})
    events.Reload()
    for name in rows[0]:
        if name == "step":
            continue
        wanted = [(int(row["step"]), float(row[name])) for row in rows if row[name] != ""]
        found = [(event.step, event.value) for event in events.Scalars(name)] if wanted else []
        assert [step for step, _ in found] == [step for step, _ in wanted], f"{phase} {name}: {found} {wanted}"
        for (_, a), (_, b) in zip(found, wanted):
            assert abs(a - b) <= 1e-6 * abs(b) or a != a and b != b, f"{phase} {name}: {a} is not {b}"
        compared += len(found)
print(f"{compared} scalars of {len(phases)} phases are those of metrics.csv")
