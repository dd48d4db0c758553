"""A foreign OAuth 1.0a client, and its user: the whole PIN flow with requests-oauthlib against TWITTER_API_URL.

TWITTER_CONSUMER_KEY and TWITTER_CONSUMER_SECRET are the app's, SCREEN_NAME is the user's. Prints JSON."""

import json
import os
from html.parser import HTMLParser

import requests
from requests_oauthlib import OAuth1Session

api = os.environ["TWITTER_API_URL"]
key, secret = os.environ["TWITTER_CONSUMER_KEY"], os.environ["TWITTER_CONSUMER_SECRET"]


class Page(HTMLParser):
    """Collects a page's form fields and the text of its <code>."""

    def __init__(self, text):
        super().__init__()
        self.fields, self.code, self._in_code = {}, "", False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "input" and (attributes.get("type") != "radio" or "checked" in attributes):
            self.fields[attributes["name"]] = attributes.get("value") or ""
        self._in_code = tag == "code"

    def handle_data(self, data):
        if self._in_code:
            self.code += data.strip()


session = OAuth1Session(key, client_secret=secret, callback_uri="oob")
session.fetch_request_token(f"{api}/oauth/request_token")

url = session.authorization_url(f"{api}/oauth/authorize")
form = Page(requests.get(url, timeout=10).text).fields
form["other_screen_name"] = os.environ["SCREEN_NAME"]
pin = Page(requests.post(f"{api}/oauth/authorize", data=form, timeout=10).text).code

access = session.fetch_access_token(f"{api}/oauth/access_token", verifier=pin)

user = OAuth1Session(key, secret, access["oauth_token"], access["oauth_token_secret"])
me = user.get(f"{api}/1.1/account/verify_credentials.json?include_email=true&skip_status=1")
wrong = OAuth1Session(key, secret, access["oauth_token"], "wrong").get(f"{api}/1.1/account/verify_credentials.json")
gone = user.post(f"{api}/1.1/oauth/invalidate_token.json", data={"note": "a b+c*~'()!%é"})
after = user.get(f"{api}/1.1/account/verify_credentials.json")

print(
    json.dumps(
        {
            "pin": pin,
            "access": {name: access[name] for name in ("user_id", "screen_name")},
            "me": [me.status_code, me.json().get("id_str")],
            "wrong": [wrong.status_code, wrong.json()["errors"][0]["code"]],
            "gone": gone.status_code,
            "after": [after.status_code, after.json()["errors"][0]["code"]],
        }
    )
)
