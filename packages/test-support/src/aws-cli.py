"""Runs the AWS CLI's commands, each in a process of its own.

Importing the CLI takes most of a command's time. So it is imported once, and each command is a fork. Reads requests and writes replies
as JSON, one on each line.
"""

import json
import os
import sys
import tempfile

import awscli.clidriver

# Loads what commands would load when they start.
awscli.clidriver.create_clidriver()


def run(args, cwd, env, stdin, stdout, stderr):
    for target, file in enumerate((stdin, stdout, stderr)):
        os.dup2(file.fileno(), target)
    os.chdir(cwd)
    os.environ.update(env)
    sys.argv = ["aws", *args]
    sys.exit(awscli.clidriver.main())


for line in sys.stdin:
    request = json.loads(line)
    with open(os.devnull) as stdin, tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        child = os.fork()
        if child == 0:
            run(request["args"], request["cwd"], request["env"], stdin, stdout, stderr)
        _, status = os.waitpid(child, 0)
        outputs = []
        for file in (stdout, stderr):
            file.seek(0)
            outputs.append(file.read().decode())
    print(json.dumps([os.waitstatus_to_exitcode(status), *outputs]), flush=True)
