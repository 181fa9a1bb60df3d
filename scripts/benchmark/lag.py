"""Live lag: from an acknowledged command to its visible row, under half of the maximum load."""
import http.client, json, tempfile, threading, time, urllib.parse

from benchmark import postgres
from benchmark.application import BODY, Commerce, median, say, wrk

# Half a connection's worth of load beside wrk's.
PROBES_PER_SECOND = 50


def rows(binary, options, maximum):
    """The table's rows; `maximum` is the rate of commands that was reached when nothing held back."""
    rows = rows_of(binary, options, maximum, "SQLite")
    with postgres.server() as url:
        rows += rows_of(binary, options, maximum, "Postgres", HIGHWATER_READ_MODEL=url)
    return rows


def rows_of(binary, options, maximum, store, **settings):
    say(f"live lag into {store}")
    lags, trips, rates = [], [], []
    with tempfile.TemporaryDirectory() as data:
        commerce = Commerce(binary, data, **settings)
        commerce.wait_until_started()
        wrk(commerce.url, 2, "lag-warm", rate=maximum / 2)
        for number in range(options.rounds):
            probe = Probe(commerce.url, f"lag-{number}")
            rates.append(wrk(commerce.url, options.seconds, f"l{number}", rate=maximum / 2)["rate"])
            lag, trip = probe.stop()
            lags.append(lag)
            trips.append(trip)
        commerce.stop()
    p50, p99 = (median([percentile(lag, share) for lag in lags]) for share in (0.5, 0.99))
    trip50, trip99 = (median([percentile(trip, share) for trip in trips]) for share in (0.5, 0.99))
    return [(
        f"acknowledged command to visible row in {store} at {median(rates):,.0f} commands/s: p50, p99",
        f"{p50:.1f} ms, {p99:.1f} ms",
        f"of which the query itself {trip50:.1f} ms, {trip99:.1f} ms")]


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


class Probe:
    """One client that places orders at a steady rate beside the load, and asks for each one's row as soon as it is acknowledged."""

    def __init__(self, url, name):
        self.address = urllib.parse.urlsplit(url).netloc
        self.name = name
        self.lags, self.trips = [], []
        self.failure = None
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        try:
            connection = http.client.HTTPConnection(self.address, timeout=30)
            due, count = time.monotonic(), 0
            while not self.is_over.wait(max(0, due - time.monotonic())):
                due = max(due + 1 / PROBES_PER_SECOND, time.monotonic())
                count += 1
                key = f"{self.name}-{count}"
                answer = self.ask(connection, "POST", f"/v1/order/{key}/place", BODY, {"Content-Type": "application/json"})
                acknowledged = time.monotonic()
                headers = {"Highwater-Position": json.loads(answer)["position"], "Prefer": "wait=5"}
                self.ask(connection, "GET", f"/v1/views/order-summary/{key}", None, headers)
                visible = time.monotonic()
                self.ask(connection, "GET", f"/v1/views/order-summary/{key}", None, headers)
                self.lags.append((visible - acknowledged) * 1000)
                self.trips.append((time.monotonic() - visible) * 1000)
        except Exception as error:  # for the thread that waits
            self.failure = error

    @staticmethod
    def ask(connection, method, path, body, headers):
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status not in (200, 201):
            raise RuntimeError(f"{method} {path} was answered {answer.status}: {text[:200]!r}")
        return text

    def stop(self):
        """Milliseconds from answer to row, and of a query that waits for nothing."""
        self.is_over.set()
        self.thread.join()
        if self.failure:
            raise self.failure
        return self.lags, self.trips
