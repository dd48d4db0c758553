"""A second OAuth 1.0a provider, with Twitter's paths, on loopback: all of OAuth is oauthlib's.

Takes TWITTER_CONSUMER_KEY and TWITTER_CONSUMER_SECRET from the environment and prints its port. The authorize page lets
everyone in as python_user at once and shows the PIN in a <code>. Ends when its standard input does."""

import json
import os
import secrets
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from oauthlib.oauth1 import RequestValidator, WebApplicationServer

KEY = os.environ["TWITTER_CONSUMER_KEY"]
SECRET = os.environ["TWITTER_CONSUMER_SECRET"]
USER = {"user_id": "1500000000000000001", "screen_name": "python_user"}


class Validator(RequestValidator):
    """What oauthlib asks about apps, tokens and nonces; here, all in memory."""

    enforce_ssl = False
    dummy_client = dummy_request_token = dummy_access_token = "dummy"
    timestamp_lifetime = 300

    def __init__(self):
        super().__init__()
        self.request_tokens, self.access_tokens, self.nonces = {}, {}, set()

    # X's keys and tokens are of other lengths than oauthlib's defaults, and may have a hyphen.
    def check_client_key(self, client_key):
        return bool(client_key)

    check_request_token = check_access_token = check_nonce = check_verifier = check_client_key

    def validate_client_key(self, client_key, request):
        return secrets.compare_digest(client_key, KEY)

    def get_client_secret(self, client_key, request):
        return SECRET if client_key == KEY else "dummy"

    def validate_timestamp_and_nonce(
        self, client_key, timestamp, nonce, request, request_token=None, access_token=None
    ):
        entry = (client_key, timestamp, nonce, request_token or access_token)
        if abs(time.time() - int(timestamp)) > 300 or entry in self.nonces:
            return False
        self.nonces.add(entry)
        return True

    def validate_redirect_uri(self, client_key, redirect_uri, request):
        return redirect_uri == "oob" or urlsplit(redirect_uri).hostname in ("127.0.0.1", "localhost")

    def validate_requested_realms(self, client_key, realms, request):
        return True

    def validate_realms(self, client_key, token, request, uri=None, realms=None):
        return True

    def get_default_realms(self, client_key, request):
        return []

    def get_realms(self, token, request):
        return []

    def save_request_token(self, token, request):
        self.request_tokens[token["oauth_token"]] = {
            "secret": token["oauth_token_secret"],
            "callback": request.redirect_uri,
            "verifier": None,
        }

    def verify_request_token(self, token, request):
        return token in self.request_tokens

    def validate_request_token(self, client_key, token, request):
        return token in self.request_tokens

    def get_request_token_secret(self, client_key, token, request):
        return self.request_tokens.get(token, {}).get("secret", "dummy")

    def get_redirect_uri(self, token, request):
        return self.request_tokens[token]["callback"]

    def save_verifier(self, token, verifier, request):
        self.request_tokens[token]["verifier"] = verifier["oauth_verifier"]

    def validate_verifier(self, client_key, token, verifier, request):
        expected = self.request_tokens.get(token, {}).get("verifier")
        return expected is not None and secrets.compare_digest(verifier, expected)

    def invalidate_request_token(self, client_key, request_token, request):
        self.request_tokens.pop(request_token, None)

    def save_access_token(self, token, request):
        self.access_tokens[token["oauth_token"]] = token["oauth_token_secret"]

    def validate_access_token(self, client_key, token, request):
        return token in self.access_tokens

    def get_access_token_secret(self, client_key, token, request):
        return self.access_tokens.get(token, "dummy")




validator = Validator()
server = WebApplicationServer(validator)


def pin():
    return f"{secrets.randbelow(10**7):07}"


class Handler(BaseHTTPRequestHandler):
    # One request a connection: a client that keeps one may write to it in the moment in which this side gives it up.
    protocol_version = "HTTP/1.0"

    def log_message(self, *_):
        pass

    def do_GET(self):
        path = urlsplit(self.path).path
        if path == "/oauth/authorize":
            self.authorize()
        elif path == "/1.1/account/verify_credentials.json":
            self.verify_credentials()
        else:
            self.reply(404, "no such page")

    def do_POST(self):
        path = urlsplit(self.path).path
        if path == "/oauth/request_token":
            _, body, status = server.create_request_token_response(*self.signed())
        elif path == "/oauth/access_token":
            _, body, status = server.create_access_token_response(*self.signed(), credentials=USER)
        else:
            body, status = "no such page", 404
        self.reply(status, body or "")

    def signed(self):
        """The arguments that oauthlib's endpoints take."""
        body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        headers = {name.title(): value for name, value in self.headers.items()}
        return f"http://{self.headers['host']}{self.path}", self.command, body, headers

    def authorize(self):
        token = parse_qs(urlsplit(self.path).query).get("oauth_token", [""])[0]
        stored = validator.request_tokens.get(token)
        if stored is None or stored["verifier"] is not None:
            return self.reply(403, "The request token for this page is invalid.")
        stored["verifier"] = pin()
        if stored["callback"] == "oob":
            return self.reply(200, f"<p>Your PIN:</p><code>{stored['verifier']}</code>", "text/html")
        joiner = "&" if "?" in stored["callback"] else "?"
        location = f"{stored['callback']}{joiner}oauth_token={token}&oauth_verifier={stored['verifier']}"
        return self.reply(302, "", headers={"location": location})

    def verify_credentials(self):
        valid, _ = server.validate_protected_resource_request(*self.signed())
        if not valid:
            error = {"errors": [{"code": 32, "message": "Could not authenticate you."}]}
            return self.reply(401, json.dumps(error), "application/json")
        user = {"id_str": USER["user_id"], "screen_name": USER["screen_name"]}
        return self.reply(200, json.dumps(user), "application/json")

    def reply(self, status, body, content_type="application/x-www-form-urlencoded", headers=None):
        data = body.encode()
        self.send_response(status)
        for name, value in {
            "content-type": content_type,
            "content-length": str(len(data)),
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
http.daemon_threads = True
threading.Thread(target=http.serve_forever, daemon=True).start()
print(http.server_address[1], flush=True)
sys.stdin.read()
http.shutdown()
