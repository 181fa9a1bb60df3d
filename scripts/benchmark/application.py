"""What the benchmarks share: the application in a process of its own, wrk, and small words."""
import atexit, json, os, pathlib, platform, re, shutil, signal, statistics, subprocess, sys, time, urllib.error, urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BODY = b'{"country":"UK","currency":"GBP","placedAt":"2010-12-01T08:26:00Z","lines":[{"sku":"a","quantity":1,"unitPriceMicros":1}]}'


def say(text):
    print(text, file=sys.stderr, flush=True)


def median(values):
    return statistics.median(values)


def place(url, stream, key, timeout=30):
    """The answer to a command that places an order: status and body."""
    request = urllib.request.Request(
        f"{url}/v1/order/{stream}/place", BODY, {"Content-Type": "application/json", "Idempotency-Key": key})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, {}


class Commerce:
    """The application in a folder of its own; `started` is the time from its start to the port being open."""

    def __init__(self, binary, folder, role="up", log=None, **settings):
        self.binary, self.folder = binary, folder
        self.environment = {**os.environ, "HIGHWATER_HTTP": "127.0.0.1:0", **settings}
        if log:
            self.environment["HIGHWATER_LOG"] = log
        self.begun = time.monotonic()
        flags = ["--benchmark-routes"] if role != "project" else []
        self.process = subprocess.Popen(
            [binary, role, *flags], cwd=folder, env=self.environment, stderr=subprocess.PIPE, text=True)
        # A benchmark that fails leaves nothing running.
        atexit.register(self.process.kill)
        for line in self.process.stderr:
            entry = json.loads(line) if line.startswith("{") else {"message": line}
            if entry.get("message") == "listening":
                self.url = entry["url"]
                break
            if not line.startswith("{"):
                say(line.rstrip())
        else:
            sys.exit("bench: commerce has ended before it listened")
        # The rest of its log is read by nobody; it must not fill the pipe.
        subprocess.Popen(["cat"], stdin=self.process.stderr, stdout=subprocess.DEVNULL)

    def first_command(self):
        """Seconds from the start to the first acknowledged command."""
        while True:
            status, _ = place(self.url, "first", "first")
            if status in (200, 201):
                return time.monotonic() - self.begun
            if status not in (503, 504):
                sys.exit(f"bench: the first command was answered {status}")
            time.sleep(0.002)

    def wait_until_started(self):
        """Until every partition is claimed: before that some commands are answered 503."""
        while True:
            try:
                with urllib.request.urlopen(f"{self.url}/health/startup"):
                    return
            except urllib.error.HTTPError:
                time.sleep(0.01)

    def memory(self):
        """Resident bytes."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024

    def lag(self):
        with urllib.request.urlopen(f"{self.url}/metrics") as answer:
            text = answer.read().decode()
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith("highwater_projection_lag_records"))

    def run(self, *arguments):
        return subprocess.run([self.binary, *arguments], cwd=self.folder, env=self.environment, capture_output=True, text=True)

    def rebuild(self, view):
        output = self.run("replay", view, "--json", "--no-verify")
        if output.returncode:
            sys.exit(f"bench: replay failed: {output.stderr}")
        return json.loads(output.stdout)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def wrk(url, seconds, run, echo=False, rate=0):
    """As fast as the answers come, or at a steady rate a second."""
    environment = {**os.environ, "RUN": run, "ECHO": "1" if echo else "0", "RATE": str(rate)}
    output = subprocess.run(
        ["wrk", "-t1", "-c64", f"-d{seconds}s", "--latency", "-s", ROOT / "scripts/benchmark/orders.lua", url],
        env=environment, capture_output=True, text=True, check=True).stdout
    result = json.loads(re.search(r"RESULT (.*)", output)[1])
    if result["errors"]:
        say(f"bench: {result['errors']} requests failed")
    result["rate"] = result["requests"] / result["seconds"]
    return result


def load(commerce, seconds, rounds, run="r"):
    """Commands and echoes in turn, so that both see the same machine."""
    commerce.first_command()
    commerce.wait_until_started()
    wrk(commerce.url, 2, f"{run}-warm"), wrk(commerce.url, 2, "warm", echo=True)
    commands, echoes = [], []
    for number in range(rounds):
        echoes.append(wrk(commerce.url, seconds, "e", echo=True))
        commands.append(wrk(commerce.url, seconds, f"{run}{number}"))
        # The projectors' backlog would otherwise weigh on the next echo.
        while commerce.lag() > 0:
            time.sleep(0.1)
    return commands, echoes


def need_wrk():
    if shutil.which("wrk"):
        return
    if os.getuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "install", "-y", "-qq", "wrk"], check=True, stdout=subprocess.DEVNULL)
    else:
        sys.exit("bench: wrk is missing; sudo apt-get install wrk")


def build(*products):
    say("building (release)")
    for product in products:
        subprocess.run(["swift", "build", "-c", "release", "--product", product], cwd=ROOT, check=True, stdout=sys.stderr)


def binary(product):
    folder = subprocess.run(
        ["swift", "build", "-c", "release", "--show-bin-path"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()
    return f"{folder}/{product}"


def heading():
    """The day and the machine."""
    cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores ({cpu[1] if cpu else platform.machine()}), {platform.system()}"


def table(header, rows):
    print("| " + " | ".join(header) + " |\n|" + "---|" * len(header))
    for row in rows:
        print("| " + " | ".join(row) + " |")
