"""Recomputes SigV4 signatures with botocore, which shares no code with auth-cli.

Reads a JSON list of requests as they came over the wire from standard input and writes, for each, the Authorization
header that botocore would have sent. Takes the target as it came, because botocore encodes no query again:
{"method", "target", "headers": [[name, value]], "body": base64, "region", "service", "credentials": {...}}
"""

import base64
import json
import re
import sys

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


def authorization(received):
    headers = received["headers"]
    sent = next(value for name, value in headers if name.lower() == "authorization")
    signed_names = re.search(r"SignedHeaders=([^,]+)", sent).group(1).split(";")
    host = next(value for name, value in headers if name.lower() == "host")
    request = AWSRequest(
        method=received["method"],
        url=f"http://{host}{received['target']}",
        data=base64.b64decode(received["body"]),
    )
    for name, value in headers:
        if name.lower() in signed_names:
            request.headers[name] = value
    credentials = received["credentials"]
    signer = SigV4Auth(
        Credentials(credentials["accessKeyId"], credentials["secretAccessKey"], credentials["sessionToken"]),
        received["service"],
        received["region"],
    )
    request.context["timestamp"] = next(value for name, value in headers if name.lower() == "x-amz-date")
    canonical_request = signer.canonical_request(request)
    signature = signer.signature(signer.string_to_sign(request, canonical_request), request)
    return (
        f"AWS4-HMAC-SHA256 Credential={signer.scope(request)}, "
        f"SignedHeaders={signer.signed_headers(signer.headers_to_sign(request))}, Signature={signature}"
    )


json.dump([authorization(received) for received in json.load(sys.stdin)], sys.stdout)
