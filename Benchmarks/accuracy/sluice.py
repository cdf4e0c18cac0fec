"""Runs the command as a user would, with its defaults, and reads what it writes."""
import json
import os
import pathlib
import subprocess
import tempfile

import pandas as pd


class Sluice:
    def __init__(self, binary, flags=()):
        self.binary, self.flags = binary, list(flags)

    def _run(self, *arguments):
        done = subprocess.run(
            [self.binary, *map(str, arguments)], capture_output=True, text=True, env=os.environ | {"CI": "true"})
        if done.returncode:
            raise RuntimeError(f"sluice {' '.join(map(str, arguments))}: {done.stderr.strip()[-600:]}")
        return done.stdout

    def answers(self, task, train, test, flags):
        """Trains on one table and answers for another.

        Returns the table of answers and the report of the training."""
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            train.to_csv(folder / "train.csv", index=False)
            report = self._run("train", task, "--data", folder / "train.csv", "--output", folder / "run",
                               "--json", "--quiet", *flags, *self.flags)
            asked = []
            if test is not None:
                test.to_csv(folder / "test.csv", index=False)
                asked = ["--data", folder / "test.csv"]
            self._run("predict", "--model", folder / "run" / "model", *asked,
                      "--output", folder / "answers.csv")
            return (pd.read_csv(folder / "answers.csv", keep_default_na=False),
                    json.loads(report.strip().splitlines()[-1]))
