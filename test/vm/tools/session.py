# SPDX-License-Identifier: GPL-2.0-only
# session.py FILE HEADING PROMPT=NAMESPACE…: type the commands of a section of a
# document as they stand there, and compare what they print with what it says.
# In its indented blocks, "PROMPT# command" is a command in that namespace, and what
# follows up to the next is what it prints; in that, "…" stands for any text, and in
# a line of its own for any lines. A command that prints nothing there says nothing
# and succeeds. tcpdump listens until it has counted its packets, and is looked at
# when the next commands are over. All that was typed is printed, as it went.
import os
import re
import signal
import subprocess
import sys

SECONDS = 60


def section(text, heading):
    """The lines under a heading, up to the next of its rank or above."""
    lines = text.splitlines()
    start = next((i for i, line in enumerate(lines) if re.fullmatch(rf"#+ {re.escape(heading)}", line)), None)
    if start is None:
        sys.exit(f'there is no section "{heading}"')
    rank = len(lines[start].split()[0])
    for line in lines[start + 1 :]:
        if re.match(rf"#{{1,{rank}}} ", line):
            return
        yield line


def steps(lines, prompts):
    """(namespace, command, lines that it prints) of each command."""
    prompt = re.compile(rf"    ({'|'.join(map(re.escape, prompts))})# (.*)")
    step = None
    for line in lines:
        match = prompt.fullmatch(line)
        if match:
            if step:
                yield step
            step = (prompts[match[1]], match[2], [])
        elif step and line.startswith("    "):
            step[2].append(line[4:].rstrip())
        elif step and line:
            yield step
            step = None
        elif step:
            step[2].append("")
    if step:
        yield step


def trimmed(lines):
    while lines and not lines[-1]:
        lines = lines[:-1]
    return lines


def pattern(lines):
    parts = []
    for line in lines:
        if line == "…":
            parts.append("(?:.*\n)*?")
        else:
            parts.append(".*?".join(re.escape(part) for part in line.split("…")) + " *\n")
    return re.compile("".join(parts))


def start(namespace, command):
    # With a /sys of that namespace's devices.
    return subprocess.Popen(
        ["ip", "netns", "exec", namespace, "sh", "-c", command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if listens(command) else subprocess.STDOUT, text=True, start_new_session=True)


def listens(command):
    return command.startswith("tcpdump ")


def wait_until_listening(process):
    for line in process.stderr:
        if line.startswith("listening on"):
            return
    sys.exit("tcpdump does not listen")


def finish(process, command, want):
    """Whether it did what the document says."""
    try:
        output, _ = process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output = process.communicate()[0] + f"(not done in {SECONDS} s)\n"
    print(f"# {command}\n{output}", end="", flush=True)
    if pattern(want).fullmatch(output) and (want or process.returncode == 0):
        return True
    print(f"DIFFERENT, exit status {process.returncode}; the document has:", *want, sep="\n", flush=True)
    return False


def main():
    path, heading, *names = sys.argv[1:]
    prompts = dict(name.split("=") for name in names)
    wrong = 0
    done = 0
    listening = []
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for namespace, command, want in steps(section(text, heading), prompts):
        want = trimmed(want)
        process = start(namespace, command)
        done += 1
        if listens(command):
            wait_until_listening(process)
            listening.append((process, command, want))
            continue
        wrong += not finish(process, command, want)
        while listening:
            wrong += not finish(*listening.pop(0))
    if not done:
        sys.exit(f'there is no command in "{heading}"')
    sys.exit(1 if wrong else 0)


main()
