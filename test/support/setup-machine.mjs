// Brings what the tests need beside Node: finds it, or installs Debian's packages, or says in one line what to install.
// `node test/support/setup-machine.mjs spin cc`: these tools only.
import { spawnSync } from 'node:child_process';
import { findCommand, findTool, tools } from './tools.mjs';

const named = process.argv.slice(2);
const all = /** @type {(keyof typeof tools)[]} */ (Object.keys(tools));
const names = all.filter((name) => (named.length ? named.includes(name) : !('named' in tools[name])));
const missing = () => names.filter((name) => !findTool(name));
const packages = () => missing().flatMap((name) => tools[name].packages);

// The packages' services stay off (policy-rc.d): specs start their own servers, one per run.
const install = `
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\\nexit 101\\n' > "$policy"
    chmod 755 "$policy"
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get -q -o DPkg::Lock::Timeout=300 update
  for wanted; do
    shift
    for name in $(echo "$wanted" | tr '|' ' '); do
      if apt-cache show "$name" > /dev/null 2>&1; then break; fi
    done
    set -- "$@" "$name"
  done
  apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends "$@"
`;

function rootPrefix() {
  if (!findCommand('apt-get')) return undefined;
  if (process.getuid?.() === 0) return [];
  return spawnSync('sudo', ['-n', 'true']).status === 0 ? ['sudo', '-n'] : undefined;
}

/** @param {string} [why] */
function stop(why) {
  const variables = missing().flatMap((name) => ('env' in tools[name] ? [tools[name].env] : []));
  const or = variables.length ? ` (or say where they are: ${variables.join(', ')})` : '';
  const cause = why ? ` (${why})` : '';
  console.error(
    `The tests need ${missing().join(', ')}${cause}: apt-get install ${packages().join(' ').replace(/\|\S+/g, '')}${or}`,
  );
  process.exit(1);
}

if (missing().length) {
  const prefix = rootPrefix();
  if (!prefix) stop();
  else {
    const [command, ...args] = [...prefix, 'sh', '-eu', '-c', install, 'install', ...packages()];
    const { status, stderr } = spawnSync(String(command), args, { encoding: 'utf8' });
    if (status !== 0 || missing().length) stop(stderr.trim().split('\n').at(-1));
  }
}
