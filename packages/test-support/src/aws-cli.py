"""Runs the AWS CLI's commands, each in a process of its own.

Importing the CLI and parsing the services' models take most of a command's time. Both are done once, and each command is a fork.
Reads requests and writes replies as JSON, one on each line.
"""

import json
import os
import sys
import tempfile

import awscli.clidriver

# Imports what commands import. A command that runs here initializes AWS's C library, whose logging then hangs in a fork.
driver = awscli.clidriver.create_clidriver()
driver.session.create_client("sts", region_name="us-east-1", aws_access_key_id="", aws_secret_access_key="")
models = driver.session.get_component("data_loader")
services = models.list_available_services("service-2")


def run(args, cwd, env, stdin, stdout, stderr):
    for target, file in enumerate((stdin, stdout, stderr)):
        os.dup2(file.fileno(), target)
    os.chdir(cwd)
    os.environ.update(env)
    # Reads the configuration of this environment.
    command = awscli.clidriver.create_clidriver()
    command.session.register_component("data_loader", models)
    code = command.main(args)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


for line in sys.stdin:
    request = json.loads(line)
    for service in filter(services.__contains__, request["args"]):
        models.load_service_model(service, "service-2")
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
