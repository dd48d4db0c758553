"""The PIN flow with twython: prints the address of the authorize page, reads the PIN and prints what it got."""

import json
import os

from twython import Twython

app = os.environ["TWITTER_CONSUMER_KEY"], os.environ["TWITTER_CONSUMER_SECRET"]

temporary = Twython(*app).get_authentication_tokens(callback_url="oob")
print(temporary["auth_url"], flush=True)
pin = input()
access = Twython(*app, temporary["oauth_token"], temporary["oauth_token_secret"]).get_authorized_tokens(pin)
tokens = access["oauth_token"], access["oauth_token_secret"]
user = Twython(*app, *tokens).verify_credentials()
print(
    json.dumps(
        {"token": tokens[0], "secret": tokens[1], "screenName": access["screen_name"], "userId": user["id_str"]}
    )
)
