import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireTool } from '../support/tools.mjs';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';
import { cli } from './cli.js';
import { Terminal } from './terminal.js';

// In the shells themselves, on a terminal: what is typed, Tab, and what stands there then.

const CAPTURE = '\u0014';

let server: RedisServer;
let folder: string;
let window: string;

beforeAll(async () => {
  server = await RedisServer.start();
  folder = await mkdtemp(join(tmpdir(), 'maintenance-completion-'));
  await writeFile(join(folder, 'page-of-ours.html'), '');
  const redis = ['--redis', server.url];
  await server
    .client()
    .hset('maintenance:{maintenance}:catalogue', 'billing', `${Date.now()}|{"label":"Billing"}`);
  const said = ['--message', 'Back soon', '--message', `id=Segera $(touch '${join(folder, 'run-by-tab')}')`];
  const plan = ['schedule', 'billing', '2031-05-01T10:00Z', '2h', ...said, '--json', ...redis];
  window = (JSON.parse((await cli(plan)).stdout) as { window: { id: string } }).window.id;
  // in its place something quick, which answers what it has answered
  for (const command of ['status', 'windows']) {
    await writeFile(join(folder, command), (await cli([command, '--json', ...redis])).stdout);
  }
  await mkdir(join(folder, 'bin'));
  const program = `#!/bin/sh\necho "$@" >>'${folder}/calls'\ncat '${folder}'/"$1"\n`;
  await writeFile(join(folder, 'bin/nestjs-maintenance'), program, { mode: 0o755 });
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Shell {
  readonly command: readonly string[];
  /** Reads the script at that place, and writes each line to the file instead of carrying it out. */
  setUp(script: string, file: string): string;
}

const shells: Readonly<Record<'bash' | 'zsh' | 'fish', Shell>> = {
  bash: {
    command: [requireTool('bash'), '--norc', '--noprofile', '-i'],
    setUp: (script, file) =>
      `. ${script}; capture() { echo "[$READLINE_LINE]" >>${file}; READLINE_LINE=''; }; bind -x '"\\C-t": capture'; echo rea''dy\n`,
  },
  zsh: {
    command: [requireTool('zsh'), '-f', '-i'],
    setUp: (script, file) =>
      `autoload -Uz compinit; compinit -u -D; . ${script}; capture() { print -r -- "[$BUFFER]" >>${file}; BUFFER=; }; zle -N capture; bindkey '^T' capture; echo rea''dy\n`,
  },
  fish: {
    command: [requireTool('fish'), '--no-config', '-i'],
    setUp: (script, file) =>
      `source ${script}; function capture; echo '['(commandline)']' >>${file}; commandline ''; end; bind \\ct capture; echo rea''dy\n`,
  },
};

/** What is typed, and what Tab makes of it. */
const LINES = (id: string) => [
  ['nestjs-maintenance ext', 'nestjs-maintenance extend '],
  ['nestjs-maintenance on bil', 'nestjs-maintenance on billing '],
  ['nestjs-maintenance status general bil', 'nestjs-maintenance status general billing '],
  ['nestjs-maintenance on billing --dra', 'nestjs-maintenance on billing --drain '],
  ['nestjs-maintenance on --command-t', 'nestjs-maintenance on --command-timeout '],
  [
    'nestjs-maintenance --redis redis://user@127.0.0.1:6379/3 --namespace other on gen',
    'nestjs-maintenance --redis redis://user@127.0.0.1:6379/3 --namespace other on general ',
  ],
  [
    'nestjs-maintenance on --message "on and off" bil',
    'nestjs-maintenance on --message "on and off" billing ',
  ],
  ['nestjs-maintenance --vers', 'nestjs-maintenance --version '],
  ['nestjs-maintenance completion zs', 'nestjs-maintenance completion zsh '],
  ['nestjs-maintenance help ext', 'nestjs-maintenance help extend '],
  ['nestjs-maintenance page page-o', 'nestjs-maintenance page page-of-ours.html '],
  ['nestjs-maintenance page x --key bil', 'nestjs-maintenance page x --key billing '],
  [`nestjs-maintenance cancel ${id.slice(0, 4)}`, `nestjs-maintenance cancel ${id} `],
  [
    `nestjs-maintenance schedule billing --change ${id.slice(0, 4)}`,
    `nestjs-maintenance schedule billing --change ${id} `,
  ],
  // a text of a window, for Indonesians
  ['nestjs-maintenance cancel Sege', 'nestjs-maintenance cancel Sege'],
  // what is not ours
  ['nestjs-maintenance on billing --message gen', 'nestjs-maintenance on billing --message gen'],
  ['nestjs-maintenance run billing --keep', 'nestjs-maintenance run billing --keep-on-failure '],
  ['nestjs-maintenance run billing -- ls page-o', 'nestjs-maintenance run billing -- ls page-of-ours.html '],
  ['nestjs-maintenance run billing -- dirnam', 'nestjs-maintenance run billing -- dirname '],
];

describe.each(['bash', 'zsh', 'fish'] as const)('%s', (name) => {
  it('completes commands, keys, windows, options, their values, files, and the command after run', async () => {
    const { command, setUp } = shells[name];
    const script = join(folder, `completion.${name}`);
    const file = join(folder, `lines.${name}`);
    const { stdout } = await cli(['completion', name]);
    await writeFile(script, stdout);
    const env = { HOME: folder, PATH: `${join(folder, 'bin')}:${process.env.PATH}` };
    await rm(join(folder, 'calls'), { force: true });
    const terminal = new Terminal(command, { folder, columns: 200, env });
    terminal.type(setUp(script, file));
    await terminal.shows(/^ready/m);
    const lines = LINES(window);
    const written = async () => (await readFile(file, 'utf8').catch(() => '')).split('\n').filter(Boolean);
    for (const [index, [typed = '']] of lines.entries()) {
      terminal.type(`${typed}\t${CAPTURE}`);
      await until(async () => (await written()).length > index, { timeout: 20_000, what: typed });
    }
    terminal.end('exit\n');
    expect(await written()).toEqual(lines.map(([, expected]) => `[${expected}]`));
    // what others have written is not carried out
    expect(await readdir(folder)).not.toContain('run-by-tab');
    // asked where the command line says, and with little patience
    expect(await readFile(join(folder, 'calls'), 'utf8')).toMatch(
      /^status --json --command-timeout 1s --redis redis:\/\/user@127\.0\.0\.1:6379\/3 --namespace other$/m,
    );
  }, 90_000);
});
