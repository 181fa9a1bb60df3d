"""One process on the embedded log."""
import json, pathlib, tempfile, time

from benchmark.application import Commerce, load, median, say


def rows(binary, options):
    """The table's rows, and the median rate of commands, to compare others with."""
    rows = []
    say("start to first command, idle memory")
    starts, idle = [], []
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory() as data:
            commerce = Commerce(binary, data)
            starts.append(commerce.first_command())
            commerce.stop()
        with tempfile.TemporaryDirectory() as data:
            commerce = Commerce(binary, data)
            time.sleep(3)  # idle is what is measured
            idle.append(commerce.memory())
            commerce.stop()
    rows.append(("start to first command, empty state", f"{median(starts) * 1000:.0f} ms", "at most 300 ms"))
    rows.append(("idle memory (resident)", f"{median(idle) / 2**20:.1f} MiB", "at most 40 MB"))

    say("commands over HTTP")
    with tempfile.TemporaryDirectory() as data:
        commerce = Commerce(binary, data)
        commands, echoes = load(commerce, options.seconds, options.rounds)
        ratio = median([command["rate"] / echo["rate"] for command, echo in zip(commands, echoes)])
        rate = median([c["rate"] for c in commands])
        rows.append(("the same server echoing the same JSON, 64 clients", f"{median([e['rate'] for e in echoes]):,.0f}/s", "yardstick"))
        rows.append(("durable commands over HTTP, 64 clients", f"{rate:,.0f}/s", ""))
        rows.append(("ratio of the two", f"{ratio:.2f}", "at least 0.5"))
        for name, label in (("p50", "p50"), ("p99", "p99"), ("p999", "p99.9")):
            rows.append((f"latency {label}: command (echo)",
                         f"{median([c[name] for c in commands]):.1f} ms ({median([e[name] for e in echoes]):.1f} ms)", ""))
        say("rebuild")
        rows.append(("resident memory after that load", f"{commerce.memory() / 2**20:.0f} MiB", ""))
        for view in ("order-summary", "customer-ledger", "sales-by-day", "sales-by-country"):
            results = [commerce.rebuild(view) for _ in range(options.rounds)]
            rows.append((f"rebuild of {view} ({results[0]['events']:,} events into {results[0]['rows']:,} rows)",
                         f"{median([r['eventsPerSecond'] for r in results]):,.0f} events/s", ""))
        commerce.stop()

    say(f"load of {pathlib.Path(options.file).name}")
    with tempfile.TemporaryDirectory() as data:
        commerce = Commerce(binary, data)
        commerce.first_command()
        loaded = json.loads(commerce.run("load", options.file, "--url", commerce.url).stdout)
        rows.append((f"load of {pathlib.Path(options.file).name} ({loaded['invoices']:,} invoices, {loaded['lines']:,} lines)",
                     f"{loaded['seconds']:.1f} s, {loaded['invoices'] / loaded['seconds']:,.0f} invoices/s", ""))
        commerce.stop()
    return rows, rate
