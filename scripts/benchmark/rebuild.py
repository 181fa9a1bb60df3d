"""Rebuilding beside its yardsticks: the bare read of the log, the bare load of the rows, and a loop of upserts."""
import contextlib, json, os, pathlib, resource, statistics, subprocess, sys, tempfile

from benchmark import postgres
from benchmark.application import say

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "highwater"
TOPIC = "highwater-benchmark"
LOOPS = ("order-summary", "sales-by-day")


class Engine:
    def __init__(self, binary):
        self.binary = binary

    def once(self, *arguments):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        output = subprocess.run([self.binary, *map(str, arguments)], stdout=subprocess.PIPE, text=True)
        if output.returncode:
            sys.exit(f"bench: {' '.join(map(str, arguments))} failed")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        figures = json.loads(output.stdout)
        figures["cpuSeconds"] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return figures

    def median(self, rounds, *arguments):
        """Each figure's median over the rounds."""
        results = [self.once(*arguments) for _ in range(rounds)]
        return {
            name: statistics.median(result[name] for result in results) if isinstance(value, (int, float)) else value
            for name, value in results[0].items()
        }


def rows(binary, options):
    """The table's rows. Of `options`: events, rounds, parallel, projection, store, log, loop_events, loop_seconds."""
    engine = Engine(binary)
    log = generated(engine, options.events)
    with contextlib.ExitStack() as stack:
        CACHE.mkdir(parents=True, exist_ok=True)
        folder = stack.enter_context(tempfile.TemporaryDirectory(dir=CACHE))
        databases = {"sqlite": lambda: f"{folder}/views.sqlite", "postgres": lambda: stack.enter_context(postgres.server())}
        databases = {store: databases[store]() for store in options.store}
        engine.once("read", "--log", log)  # so that every read below finds the file in the system's cache
        rows, reads = read(engine, options, log, "the embedded log")
        for store, database in databases.items():
            for projection in options.projection:
                rows += measure(engine, options, log, store, database, projection, reads)
        if options.log:
            rows += kafka(engine, options, *next(iter(databases.items())))
    return rows


def generated(engine, events):
    """A log of so many events, made once and kept."""
    path = CACHE / f"orders-{events}-v2.sqlite"
    if not path.exists():
        say(f"generating a log of {events:,} events")
        CACHE.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".unfinished")
        for suffix in ("", "-wal", "-shm"):
            pathlib.Path(f"{unfinished}{suffix}").unlink(missing_ok=True)
        engine.once("generate", "--log", f"sqlite:{unfinished}", "--events", events)
        unfinished.rename(path)
    return f"sqlite:{path}"


def read(engine, options, log, what):
    """Rows, and the figures by how many partitions are read at once."""
    reads = {}
    for parallel in options.parallel:
        say(f"bare read of {what}, {parallel} at once")
        reads[parallel] = engine.median(options.rounds, "read", "--log", log, "--parallel", parallel)
    return [
        (f"bare read of {what} ({figures['events']:,.0f} events), {parallel} at once", f"{figures['eventsPerSecond']:,.0f} events/s",
         "yardstick") for parallel, figures in reads.items()
    ], reads


def rebuilds(engine, options, log, store, database, projection):
    target = ["--store", store, "--database", database, "--projection", projection]
    figures = {}
    for parallel in options.parallel:
        say(f"rebuild of {projection} into {store}, {parallel} at once")
        figures[parallel] = engine.median(options.rounds, "rebuild", "--log", log, *target, "--parallel", parallel)
    return figures


def measure(engine, options, log, store, database, projection, reads):
    target = ["--store", store, "--database", database, "--projection", projection]
    figures = rebuilds(engine, options, log, store, database, projection)
    say(f"bare load of {projection} into {store}")
    bare = engine.median(options.rounds, "bulk-insert", *target)
    bare_with_indexes = bare["rows"] / (bare["seconds"] + bare["indexSeconds"])
    # Of so few no rate can be told.
    is_small = bare["rows"] < 10_000
    rows = []
    for parallel, rebuild in figures.items():
        rate, folds = rebuild["recordsPerSecond"], rebuild["records"] / rebuild["foldSeconds"]
        bare_read = reads[parallel]["eventsPerSecond"]
        rows += [
            (f"rebuild of {projection} into {store}, {parallel} at once ({rebuild['rows']:,.0f} rows)",
             f"{rate:,.0f} events/s", f"{rate / bare_read:.2f} of the bare read (a third)"),
            ("&emsp;its fold", f"{folds:,.0f} events/s", f"{folds / bare_read:.2f} of the bare read")]
        if not is_small:
            rows.append((
                "&emsp;its load, with indexes", f"{rebuild['rowsPerSecond']:,.0f} rows/s",
                f"{rebuild['rowsPerSecond'] / bare_with_indexes:.2f} of the bare load with indexes (a half), "
                f"{rebuild['rowsPerSecond'] / bare['rowsPerSecond']:.2f} of it without"))
        rows.append((
            "&emsp;its memory (peak resident), CPU time", f"{rebuild['peakResidentBytes'] / 2**20:,.0f} MiB",
            f"{rebuild['cpuSeconds']:.1f} s{' without the server' if store == 'postgres' else ''}"))
    way = "COPY BINARY" if store == "postgres" else "INSERT"
    if not is_small:
        rows.append((f"bare {way} of the same rows into {store}, in key order", f"{bare['rowsPerSecond']:,.0f} rows/s", "yardstick"))
    if bare["indexSeconds"] > 0.001 and not is_small:
        rows.append(("&emsp;the indexes on its filters besides", f"{bare['indexSeconds']:.2f} s",
                     f"{bare_with_indexes:,.0f} rows/s with them"))
    if projection in LOOPS:
        best = max(rebuild["recordsPerSecond"] for rebuild in figures.values())
        for transaction in (1, 1000):
            say(f"upsert loop of {projection} into {store}, {transaction} a transaction")
            loop = engine.once("upsert-loop", "--log", log, *target, "--events", options.loop_events,
                               "--seconds", options.loop_seconds, "--per-transaction", transaction)
            goal = " (ten times)" if transaction == 1 else ""
            rows.append((
                f"upserts event by event into {store}, {transaction:,} a transaction", f"{loop['eventsPerSecond']:,.0f} events/s",
                f"the rebuild is {best / loop['eventsPerSecond']:.1f} times as fast{goal}"))
    return rows


def kafka(engine, options, store, database):
    """The same history in a Kafka topic of the benchmark's own, made and deleted here."""
    brokers = options.log.removeprefix("kafka://").rstrip("/")
    delete = [engine.binary, "kafka-delete-topics", "--brokers", brokers, TOPIC]
    log = f"kafka://{brokers}"
    try:
        subprocess.run(delete, check=True)
        say(f"writing {options.events:,} events to Kafka")
        written = engine.once("generate", "--log", log, "--events", options.events)
        say("bare read of Kafka")
        bare = engine.median(options.rounds, "read", "--log", log, "--bare")
        rows, reads = read(engine, options, log, "Kafka")
        rows = [
            (f"generating {options.events:,} events into Kafka", f"{written['eventsPerSecond']:,.0f} events/s", ""),
            ("librdkafka alone reading them, one thread", f"{bare['eventsPerSecond']:,.0f} events/s", "yardstick")] + rows
        for projection in options.projection:
            for parallel, rebuild in rebuilds(engine, options, log, store, database, projection).items():
                rate = rebuild["recordsPerSecond"]
                rows.append((
                    f"rebuild of {projection} from Kafka into {store}, {parallel} at once", f"{rate:,.0f} events/s",
                    f"{rate / reads[parallel]['eventsPerSecond']:.2f} of our bare read, {rate / bare['eventsPerSecond']:.2f} of librdkafka's, "
                    f"{rebuild['peakResidentBytes'] / 2**20:,.0f} MiB"))
        return rows
    finally:
        subprocess.run(delete, check=True)


def add_options(parser):
    parser.add_argument("--events", type=int, default=3_000_000, help="in the log that is rebuilt from")
    parser.add_argument("--parallel", type=int, nargs="+", default=[1, 2], help="partitions read and folded at the same time")
    parser.add_argument("--projection", nargs="+", default=list(LOOPS))
    parser.add_argument("--store", nargs="+", default=["sqlite", "postgres"], choices=["sqlite", "postgres"])
    parser.add_argument("--loop-events", type=int, default=200_000, help="at most so many in a loop of upserts")
    parser.add_argument("--loop-seconds", type=float, default=20)
