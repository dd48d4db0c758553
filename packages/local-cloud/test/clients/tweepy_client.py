"""The PIN flow with tweepy: prints the address of the authorize page, reads the PIN and prints what it got."""

import json
import os

import tweepy

app = os.environ["TWITTER_CONSUMER_KEY"], os.environ["TWITTER_CONSUMER_SECRET"]

handler = tweepy.OAuth1UserHandler(*app, callback="oob")
print(handler.get_authorization_url(), flush=True)
token, secret = handler.get_access_token(input())
user = tweepy.API(handler).verify_credentials()
print(json.dumps({"token": token, "secret": secret, "screenName": user.screen_name, "userId": user.id_str}))
