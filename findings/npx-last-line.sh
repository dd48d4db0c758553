#!/usr/bin/env bash
# npx of npm 10.8.2 and 11.19.1 erases the last line of a program on a terminal, if the line has no line break.
#
# Input:    npx hello, where hello writes "one\ntwo" and exits with 0
# Expected: both lines stay, as with `node hello.js`
# Seen:     after "two" npx moves the cursor to column 1 and erases the line. Only "one" can be read. Into a pipe both arrive.
# Impact:   the body of an API without a final line break disappears: a tool that prints it seems to print nothing under npx.
# Needs:    `script` of util-linux
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
mkdir hello; echo '{"name":"hello","version":"1.0.0","bin":"hello.js"}' >hello/package.json
printf '#!/usr/bin/env node\nprocess.stdout.write("one\\ntwo");\n' >hello/hello.js; chmod +x hello/hello.js
echo '{"private":true}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts ./hello new@npm:npm@11.19.1 old@npm:npm@10.8.2
# What comes after the last letter, without the lines of script itself.
after_two() {
  script --quiet --return --command "$1" typescript </dev/null >/dev/null
  grep -av '^Script ' typescript | tr -d '\n' | sed 's/.*two//'
}
erase=$'\e[1G\e[0K'
node=$(after_two "node hello/hello.js")
printf 'node: %q\n' "$node"
[[ $node != *"$erase"* ]]
for npm in old new; do
  seen=$(after_two "node node_modules/$npm/bin/npx-cli.js hello")
  printf 'npx of npm %s: %q\n' "$(node -p "require('./node_modules/$npm/package.json').version")" "$seen"
  [[ $seen == *"$erase"* ]]
done
