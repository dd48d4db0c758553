# The PIN flow with Twitter::API: prints the address of the authorize page, reads the PIN and prints what it got.
use strict;
use warnings;
use JSON::PP;
use Twitter::API;

$| = 1;
my $app = Twitter::API->new(
    consumer_key    => $ENV{TWITTER_CONSUMER_KEY},
    consumer_secret => $ENV{TWITTER_CONSUMER_SECRET},
);
my $request = $app->oauth_request_token;
print $app->oauth_authorization_url({ oauth_token => $request->{oauth_token} }), "\n";
chomp(my $pin = <STDIN>);
my $access = $app->oauth_access_token({
    token        => $request->{oauth_token},
    token_secret => $request->{oauth_token_secret},
    verifier     => $pin,
});
my ($token, $secret) = @{$access}{qw(oauth_token oauth_token_secret)};
my ($user) = $app->get("account/verify_credentials", { -token => $token, -token_secret => $secret });
print encode_json({ token => $token, secret => $secret, screenName => $access->{screen_name}, userId => $user->{id_str} }), "\n";
