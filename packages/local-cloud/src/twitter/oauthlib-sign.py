"""Signs requests with oauthlib: a JSON array of them on stdin, the signed ones on stdout."""

import json
import sys

from oauthlib.oauth1 import SIGNATURE_TYPE_AUTH_HEADER, SIGNATURE_TYPE_BODY, SIGNATURE_TYPE_QUERY, Client

PLACES = {"header": SIGNATURE_TYPE_AUTH_HEADER, "query": SIGNATURE_TYPE_QUERY, "body": SIGNATURE_TYPE_BODY}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}

signed = []
for request in json.load(sys.stdin):
    client = Client(
        request["clientKey"],
        client_secret=request["clientSecret"],
        resource_owner_key=request["token"],
        resource_owner_secret=request["tokenSecret"],
        signature_type=PLACES[request["place"]],
        timestamp=request["timestamp"],
        nonce=request["nonce"],
        realm=request["realm"],
    )
    headers = None if request["body"] is None else FORM
    uri, headers, body = client.sign(request["url"], request["method"], request["body"], headers)
    signed.append({"url": uri, "headers": headers, "body": body or ""})
json.dump(signed, sys.stdout)
