"""A PostgreSQL of the benchmark's own."""
import contextlib, pathlib, subprocess, tempfile

from benchmark.application import ROOT


@contextlib.contextmanager
def server():
    """The connection URI of one that runs meanwhile, as durable as by default; deleted afterwards."""
    # Not in a folder of tempfile's, which the server's user could not enter.
    folder = pathlib.Path(tempfile.mktemp(prefix="highwater-bench-postgres-"))
    command = [ROOT / "scripts/postgres", "start", "--folder", folder]
    try:
        yield subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    finally:
        subprocess.run([ROOT / "scripts/postgres", "stop", "--folder", folder, "--remove"], check=True)
