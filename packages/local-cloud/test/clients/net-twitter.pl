# The PIN flow with Net::Twitter: prints the address of the authorize page, reads the PIN and prints what it got.
use strict;
use warnings;
use JSON::PP;
use Net::Twitter;

$| = 1;
my $twitter = Net::Twitter->new(
    traits          => ["API::RESTv1_1"],
    consumer_key    => $ENV{TWITTER_CONSUMER_KEY},
    consumer_secret => $ENV{TWITTER_CONSUMER_SECRET},
);
print $twitter->get_authorization_url, "\n";
chomp(my $pin = <STDIN>);
my ($token, $secret, undef, $name) = $twitter->request_access_token(verifier => $pin);
my $user = $twitter->verify_credentials;
print encode_json({ token => $token, secret => $secret, screenName => $name, userId => $user->{id_str} }), "\n";
