"""The same on Kafka: one process beside the embedded figure, the bare library beside ours, and owners that end."""
import json, signal, subprocess, sys, tempfile, threading, time

from benchmark.application import Commerce, load, median, place, say

TOPICS = ["ordering", "ordering.owners"]
VIEWS = ("order-summary", "customer-ledger", "sales-by-day", "sales-by-country")


def rows(binary, engine, options, embedded_rate):
    brokers = options.log.removeprefix("kafka://").rstrip("/")
    begin_from_nothing(binary, engine, options.log, brokers, options.delete_topics)
    rows = []
    say("commands over HTTP, on Kafka")
    with tempfile.TemporaryDirectory() as data:
        commerce = Commerce(binary, data, log=options.log)
        commands, echoes = load(commerce, options.seconds, options.rounds)
        rate = median([c["rate"] for c in commands])
        rows.append(("durable commands over HTTP on Kafka, 64 clients", f"{rate:,.0f}/s", ""))
        rows.append(("ratio to the embedded log", f"{rate / embedded_rate:.2f}", "at least 0.5"))
        rows.append(("ratio to echo", f"{median([c['rate'] / e['rate'] for c, e in zip(commands, echoes)]):.2f}", ""))
        for name, label in (("p50", "p50"), ("p99", "p99"), ("p999", "p99.9")):
            rows.append((f"latency {label} of commands on Kafka", f"{median([c[name] for c in commands]):.1f} ms", ""))
        rows.append(("resident memory after that load on Kafka", f"{commerce.memory() / 2**20:.0f} MiB", ""))
        say("rebuild from Kafka")
        for view in VIEWS:
            results = [commerce.rebuild(view) for _ in range(options.rounds)]
            rows.append((f"rebuild of {view} from Kafka ({results[0]['events']:,} events into {results[0]['rows']:,} rows)",
                         f"{median([r['eventsPerSecond'] for r in results]):,.0f} events/s", ""))
        commerce.stop()

    say("librdkafka alone and ours")
    output = subprocess.run([engine, "kafka-throughput", "--brokers", brokers], capture_output=True, text=True)
    if output.returncode:
        sys.exit(f"bench: {output.stderr}")
    figures = json.loads(output.stdout)
    for verb in ("Produced", "Consumed"):
        bare, ours = figures[f"bare{verb}PerSecond"], figures[f"{verb.lower()}PerSecond"]
        rows.append((f"records of {figures['bytes']} bytes {verb.lower()}: ours (librdkafka alone)",
                     f"{ours:,.0f}/s ({bare:,.0f}/s), ratio {ours / bare:.2f}", ""))

    say("owners that end")
    begin_from_nothing(binary, engine, options.log, brokers, True)
    kills, handovers, failures = [], [], 0
    with tempfile.TemporaryDirectory() as data:
        for number in range(options.rounds):
            survivor = Commerce(binary, data, "serve", options.log, HIGHWATER_STATE=f"{data}/a{number}")
            survivor.first_command()
            for end, gaps in ((signal.SIGKILL, kills), (signal.SIGTERM, handovers)):
                victim = Commerce(binary, data, "serve", options.log, HIGHWATER_STATE=f"{data}/b{number}{end.name}")
                gap, failed = owner_ends(survivor, victim, end, f"{number}-{end.name}")
                gaps.append(gap)
                failures += failed if end == signal.SIGTERM else 0
            survivor.stop()
    rows.append(("owner killed with -9: to the next acknowledged command, worst partition", f"{median(kills):.2f} s",
                 "session timeout (6 s) + 1 s"))
    rows.append(("graceful handover: longest gap between acknowledged commands, worst partition",
                 f"{median(handovers) * 1000:.0f} ms, {failures} failed requests", "500 ms, none failed"))
    return rows


def begin_from_nothing(binary, engine, log, brokers, may_delete):
    if not may_delete:
        sys.exit(f"bench: the benchmark needs the topics {', '.join(TOPICS)} for itself; --delete-topics deletes them on {log}, "
                 "with everything in them")
    subprocess.run([engine, "kafka-delete-topics", "--brokers", brokers, *TOPICS], check=True)
    with tempfile.TemporaryDirectory() as data:
        environment = {"HIGHWATER_LOG": log, "PATH": "/usr/bin:/bin"}
        subprocess.run([binary, "topics", "create"], cwd=data, env=environment, check=True, stdout=subprocess.DEVNULL)


def owner_ends(survivor, victim, end, name):
    """The longest time that a partition had no acknowledged command around the end of one of two instances, and failed requests."""
    acknowledged, failures, lock, over = {}, [0], threading.Lock(), threading.Event()

    def client(number):
        count = 0
        while not over.is_set():
            count += 1
            stream = f"{name}-{number}-{count}"
            while not over.is_set():
                try:
                    status, answer = place(survivor.url, stream, stream)
                except OSError:
                    status = 0
                if status in (200, 201):
                    partition = answer["position"].split("@")[0]
                    with lock:
                        acknowledged.setdefault(partition, []).append(time.monotonic())
                    break
                failures[0] += 1
                time.sleep(0.01)

    threads = [threading.Thread(target=client, args=(number,), daemon=True) for number in range(16)]
    for thread in threads:
        thread.start()
    wait_for(lambda: owns_some(victim))
    time.sleep(2)  # under a steady load
    with lock:
        failures[0] = 0
    begun = time.monotonic()
    victim.process.send_signal(end)
    victim.process.wait()
    ended = time.monotonic()

    def is_over():
        with lock:
            return len(acknowledged) == 8 and all(times[-1] > ended + 1 for times in acknowledged.values())

    wait_for(is_over)
    over.set()
    for thread in threads:
        thread.join()
    gap = 0
    for times in acknowledged.values():
        times = [t for t in times if t > begun - 1]
        gap = max([gap] + [later - max(earlier, begun) for earlier, later in zip(times, times[1:]) if later > begun])
    return gap, failures[0]


def owns_some(commerce):
    output = commerce.run("status", "--json")
    if output.returncode:
        return False
    return any(f"/{commerce.process.pid}/" in (p["owner"] or "") for p in json.loads(output.stdout)["partitions"])


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            sys.exit("bench: waited in vain")
        time.sleep(0.05)
