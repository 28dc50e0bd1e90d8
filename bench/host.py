"""What the kernel and the installed programs say about themselves: CPU times, machine, versions."""

import os
import pathlib
import platform
import subprocess

TOP = pathlib.Path(__file__).resolve().parent.parent
TICKS = os.sysconf("SC_CLK_TCK")


def command_output(*command):
    """What a program prints, on either stream; an empty text if it can't be run."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except OSError:
        return ""
    return (done.stdout + done.stderr).strip()


def tree_of(root):
    """A process and its descendants."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                stat = pathlib.Path("/proc", name, "stat").read_text()
            except OSError:
                continue
            parents[int(name)] = int(stat.rpartition(")")[2].split()[1])
    tree = [root]
    for pid in tree:
        tree += [child for child, parent in parents.items() if parent == pid]
    return tree


def cpu_seconds(root):
    """User and system time of a process and its descendants."""
    total = 0
    for pid in tree_of(root):
        try:
            stat = pathlib.Path("/proc", str(pid), "stat").read_text()
        except OSError:
            continue
        fields = stat.rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def core_busy_seconds(core):
    """Time that a core was not idle, since boot."""
    for line in pathlib.Path("/proc/stat").read_text().splitlines():
        if line.startswith(f"cpu{core} "):
            user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, line.split()[1:9])
            return (user + nice + system + irq + softirq + steal) / TICKS
    raise LookupError(f"/proc/stat does not mention core {core}")


def file_system_of(path):
    return command_output("findmnt", "-n", "-o", "FSTYPE", "-T", str(path)) or "unknown"


def cpu_model():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def sysctl(name):
    try:
        return pathlib.Path("/proc/sys", name).read_text().strip()
    except OSError:
        return "unknown"


def machine():
    gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (f"{cpu_model()}, {os.cpu_count()} cores, {gib:.0f} GiB, Linux {platform.release().split('-')[0]}, "
            f"TCP congestion control {sysctl('net/ipv4/tcp_congestion_control')}")


def own_version():
    commit = command_output("git", "-C", str(TOP), "rev-parse", "--short", "HEAD")
    changed = command_output("git", "-C", str(TOP), "status", "--porcelain", "--untracked-files=no")
    return f"Portcullis at commit {commit}{' with changes' if changed else ''}"


def versions(portcullis):
    out = [own_version()] if portcullis else []
    nginx = command_output("nginx", "-v").rpartition("/")[2]
    haproxy = command_output("haproxy", "-v").splitlines()
    return ", ".join(
        out + [f"nginx {nginx}", "HAProxy " + (haproxy[0].split()[2] if haproxy else "unknown")]
    )
