"""Signs requests with botocore, the AWS Common Runtime (C) and oauthlib, which share no code with auth-cli.

Reads lines of JSON from standard input, {"signer", "requests"}, and writes one line for each: a list of results.
"""

import base64
import json
import sys
import time
from datetime import datetime, timezone
from io import BytesIO
from urllib.parse import quote, unquote_to_bytes

from awscrt.auth import (
    AwsCredentialsProvider,
    AwsSignatureType,
    AwsSignedBodyHeaderType,
    AwsSigningAlgorithm,
    AwsSigningConfig,
    aws_sign_request,
)
from awscrt.exceptions import AwsCrtError
from awscrt.http import HttpHeaders, HttpRequest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from oauthlib.oauth1 import Client


def canonical(query):
    """Decoded and encoded again: botocore takes a query as it comes."""
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    return "&".join(f"{quote(unquote_to_bytes(name), '-_.~')}={quote(unquote_to_bytes(value), '-_.~')}" for name, _, value in pairs)


def with_botocore(request):
    path, _, query = request["target"].partition("?")
    host = dict(request["headers"])["Host"]
    message = AWSRequest(
        method=request["method"],
        url=f"http://{host}{path}?{canonical(query)}",
        data=base64.b64decode(request["body"]),
    )
    for name, value in request["headers"]:
        message.headers[name] = value
    credentials = Credentials(request["accessKeyId"], request["secretAccessKey"], request["sessionToken"])
    signer = SigV4Auth(credentials, request["service"], request["region"])
    message.context["timestamp"] = request["amzDate"]
    return signer.signature(signer.string_to_sign(message, signer.canonical_request(message)), message)


def with_runtime(request):
    """None for a target that the runtime does not parse."""
    path, _, query = request["unsignedTarget"].partition("?")
    if ":/" in path or "://" in query:
        # It takes what comes before `://` for a scheme.
        return None
    # It does not parse a malformed escape in a query, such as `%zz`.
    for target in (request["unsignedTarget"], f"{path}?{canonical(query)}"):
        try:
            return sign_with_runtime(request, target)
        except AwsCrtError:
            pass
    return None


def sign_with_runtime(request, target):
    body = base64.b64decode(request["body"])
    own = ("x-amz-date", "x-amz-security-token")
    headers = [(name, value) for name, value in request["headers"] if name.lower() not in own]
    presigned = request["presigned"]
    message = HttpRequest(request["method"], target, HttpHeaders(headers), BytesIO(body) if body else None)
    provider = AwsCredentialsProvider.new_static(
        request["accessKeyId"], request["secretAccessKey"], request["sessionToken"]
    )
    kind = AwsSignatureType.HTTP_REQUEST_QUERY_PARAMS if presigned else AwsSignatureType.HTTP_REQUEST_HEADERS
    config = AwsSigningConfig(
        algorithm=AwsSigningAlgorithm.V4,
        signature_type=kind,
        credentials_provider=provider,
        region=request["region"],
        service=request["service"],
        date=datetime.strptime(request["amzDate"], "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc),
        use_double_uri_encode=True,
        should_normalize_uri_path=True,
        signed_body_header_type=AwsSignedBodyHeaderType.NONE,
        **({"expiration_in_seconds": 60} if presigned else {}),
    )
    aws_sign_request(message, config).result()
    signed = message.path if presigned else message.headers.get("Authorization")
    return signed.rpartition("Signature=")[2]


def sigv4(request):
    return {"botocore": with_botocore(request), "runtime": with_runtime(request)}


def oauth1(request):
    client = Client(
        request["key"],
        client_secret=request["secret"],
        resource_owner_key=request["token"],
        resource_owner_secret=request["tokenSecret"],
        callback_uri=request["callback"],
        verifier=request["verifier"],
        timestamp=str(request["timestamp"]),
        nonce=request["nonce"],
    )
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    headers = None if request["body"] is None else form
    return client.sign(request["url"], request["method"], request["body"], headers)[1]["Authorization"]


signers = {"sigv4": sigv4, "oauth1": oauth1}

for line in sys.stdin:
    question = json.loads(line)
    if question["signer"] == "cpu":
        answer = time.process_time()
    else:
        answer = [signers[question["signer"]](request) for request in question["requests"]]
    print(json.dumps(answer), flush=True)
