import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cli, RunningCli } from './cli.js';
import { keyJson, windowJson } from './json-data.js';
import { until } from '../support/until.js';

/** What changes a terminal's title and colours, turns the direction of text, and begins a line of its own. */
const EVIL = '\u001b]0;x\u0007\u009b31m\u202e\u{e0041}\r\nok: forged';
/** Line breaks are the command line's own. */
const RAW = /(?!\n)[\p{Cc}\p{Cf}\u2028\u2029]/u;

const KEY = keyJson('general', {
  name: `general${EVIL}`,
  label: EVIL,
  value: true,
  message: EVIL,
  reason: EVIL,
  actor: EVIL,
  holder: { host: EVIL, pid: EVIL as never, since: '2026-11-28T10:00:00.000Z', step: EVIL },
  progress: {
    value: 0.5,
    done: EVIL as never,
    total: EVIL as never,
    step: EVIL,
    remaining: null,
    overrun: false,
    public: true,
  },
});
const WINDOW = windowJson(`id${EVIL}`, '2031-05-01T10:00:00.000Z', '2031-05-01T12:00:00.000Z', {
  key: `general${EVIL}`,
  repeat: { cron: `0 10 * * *${EVIL}`, timeZone: `UTC${EVIL}`, until: null, count: null },
  announcement: EVIL,
  message: EVIL,
  reason: EVIL,
});
const REPLICA = {
  id: `id${EVIL}`,
  host: EVIL,
  pid: EVIL,
  revision: 1,
  applied: true,
  silent: false,
  inFlight: 0,
  unknownKeys: [EVIL],
  version: EVIL,
  lastSeen: '2026-11-28T10:00:00.000Z',
};
const ENTRY = {
  id: EVIL,
  event: `entering${EVIL}`,
  key: `general${EVIL}`,
  way: EVIL,
  at: '2026-11-28T10:00:00.000Z',
  actor: EVIL,
  reason: EVIL,
  message: EVIL,
};
const RUNNING = [{ route: `GET /${EVIL}`, since: '2026-11-28T10:00:00.000Z' }];
const ANSWERS: Readonly<Record<string, unknown>> = {
  '/keys': { general: KEY },
  '/keys/general': { ...KEY, change: { from: false, to: true, extended: false } },
  '/keys/general/routes': { closes: [EVIL], staysOpen: [EVIL] },
  '/keys/general/quiet': { quiet: false, since: null, replicas: [{ ...REPLICA, running: RUNNING }] },
  '/replicas': [REPLICA],
  '/windows': [WINDOW],
  '/history': [ENTRY],
};
const COMMANDS = [
  'status',
  'status general',
  'history',
  'windows',
  'replicas',
  'quiet general',
  'doctor',
  'on general 1h',
  'on general 1h --dry-run',
  'extend general until 2031-05-01T10:00:00Z',
  'off general',
  'off general --dry-run',
  'off general --force --yes',
];

describe('texts of others, and names from something that poses as an admin API', () => {
  let server: Server;
  const call = (command: string, ...more: string[]) => [
    ...command.split(' '),
    ...more,
    '--url',
    urlOf(server),
  ];

  beforeAll(async () => {
    server = createServer(({ url }, response) => {
      const answer = ANSWERS[new URL(url ?? '', 'http://x').pathname];
      response.writeHead(answer ? 200 : 404, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify(answer ?? { code: EVIL, message: EVIL }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it.each(COMMANDS)('reach no terminal as more than text: %s', async (command) => {
    const { stdout, stderr, code } = await cli(call(command));
    expect(stdout + stderr).toContain('\ufffd]0;x\ufffd\ufffd31m');
    expect(RAW.exec(stdout + stderr)).toBeNull();
    expect(stdout).not.toMatch(/^\W*ok: forged/m);
    const json = await cli(call(command, '--json'));
    expect(json.code).toBe(code);
    expect(RAW.exec(json.stdout + json.stderr)).toBeNull();
    expect(json.stdout).toContain('\\u202e\\udb40\\udc41\\r\\nok: forged');
    expect(JSON.stringify(JSON.parse(json.stdout))).toContain(JSON.stringify(EVIL).slice(1, -1));
  });

  it.each([[], ['--json']])('reach no terminal as more than text: watch %s', async (...options) => {
    const watching = new RunningCli(call('watch', ...options));
    await until(() => watching.stdout.split('\n').length > 3);
    watching.interrupt();
    const { stdout, stderr } = await watching.result;
    expect(stdout).toContain('forged');
    expect(RAW.exec(stdout + stderr)).toBeNull();
    expect(stdout).not.toMatch(/^\W*ok: forged/m);
  });

  it('reach no terminal as more than text: errors', async () => {
    for (const options of [[], ['--json']]) {
      const { stdout, stderr, code } = await cli(call('status nowhere', ...options));
      expect(code).toBe(1);
      expect(stdout + stderr).toContain('forged');
      expect(RAW.exec(stdout + stderr)).toBeNull();
    }
  });
});

const urlOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
