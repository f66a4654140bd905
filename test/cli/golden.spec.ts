import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HistoryJson, QuietJson, ReplicaJson, WindowJson } from '../../lib/cli/backend/json.js';
import { cli } from './cli.js';
import { keyJson, windowJson } from './json-data.js';
import { KINDS, parse } from './schemas.js';

// What people see, to the letter, on a terminal of 80 columns. An API that always says the same stands in for the application: what an
// application says is in commands.spec.ts.

const on = { value: true, phase: 'closed', since: '2031-03-04T13:06:00.000Z' } as const;
const KEYS = [
  keyJson('general'),
  keyJson('billing', {
    ...on,
    until: '2031-03-04T14:06:00.000Z',
    endsAt: '2031-03-04T14:06:00.000Z',
    message: 'We are moving the invoices\u001b[2J to another house, which takes a while',
    actor: 'ada.lovelace@example.com',
  }),
  keyJson('import-export-of-everything-there-is-in-the-shop', {
    ...on,
    endsAt: '2031-03-05T00:00:00.000Z',
    holder: { host: 'worker-7', pid: 4_711, since: '2031-03-04T13:06:00.000Z', step: null },
    progress: {
      value: 0.29,
      done: 290,
      total: 1_000,
      step: 'orders',
      remaining: 90_000,
      overrun: false,
      public: true,
    },
  }),
  keyJson('reports', {
    ...on,
    abandoned: true,
    scope: 'marked',
    reason: '請求書を移動しています。しばらくお待ちください。',
  }),
  keyJson('search', { phase: 'readOnly', value: true }),
  keyJson('shop', {
    phase: 'reopening',
    reopening: { from: '2031-03-04T13:00:00.000Z', until: '2031-03-04T13:10:00.000Z' },
  }),
];
const replica = (id: string, host: string, over: Partial<ReplicaJson> = {}): ReplicaJson => ({
  id,
  host,
  pid: 42,
  revision: 7,
  applied: true,
  inFlight: 3,
  lastSeen: '2031-03-04T13:06:00.000Z',
  silent: false,
  connection: 'open',
  observer: false,
  unknownKeys: [],
  version: '0.1.0',
  clockSkew: 0,
  ...over,
});
const REPLICAS = [
  replica('Zr1q0Vb3xK2w', 'web-1'),
  replica('oG0mMSPUvPdp', 'web-2.a-rather-long-name-of-a-machine.eu-central-1.internal', { silent: true }),
  replica('p2QR3XVggpa1', 'web-3', {
    version: '0.2.0',
    unknownKeys: ['billing'],
    applied: false,
    clockSkew: -42_000,
  }),
  replica('aB3dE5fG7hI9', 'ops', { observer: true, inFlight: 0 }),
];
const window = (id: string, over: Partial<WindowJson> = {}): WindowJson =>
  windowJson(id, '2031-05-01T10:00:00.000Z', '2031-05-01T11:30:00.000Z', {
    announce: 3_600_000,
    readOnly: 600_000,
    reopenOver: 300_000,
    ...over,
  });
const WINDOWS = [
  window('Jx0PqZ3mT8yU2cR7vN1bKw'),
  window('Kx0PqZ3mT8yU2cR7vN1bKw', {
    key: 'import-export-of-everything-there-is-in-the-shop',
    repeat: { cron: '30 2 * * SUN', timeZone: 'Europe/Berlin', until: null, count: 3 },
  }),
];
const entry = (over: Partial<HistoryJson>): HistoryJson =>
  ({
    id: '1-1',
    key: 'billing',
    event: 'entering',
    way: 'cli',
    at: '2031-03-04T13:06:00.000Z',
    cause: 'set',
    from: false,
    to: true,
    switched: true,
    extended: false,
    revision: 7,
    message: null,
    until: null,
    endsAt: null,
    actor: 'ada.lovelace@example.com',
    reason: 'Invoices move to another house\nand that takes a while, as everybody knows',
    previous: { message: null, reason: null, until: null, endsAt: null, switched: false },
    ...over,
  }) as HistoryJson;
const HISTORY = [entry({ event: 'exiting', way: 'expiry', actor: null, reason: null }), entry({})];
const QUIET: QuietJson = {
  quiet: false,
  since: null,
  replicas: [
    {
      id: 'Zr1q0Vb3xK2w',
      host: 'web-1',
      pid: 42,
      applied: true,
      silent: false,
      running: [
        {
          route: 'POST /invoices/:id/and/a/rather/long/path/that/never/ends',
          since: '2031-03-04T13:06:00.000Z',
        },
      ],
    },
    { id: 'oG0mMSPUvPdp', host: 'web-2', pid: 42, applied: false, silent: true, running: [] },
  ],
};
const ROUTES = { closes: ['GET /invoices', 'POST /invoices'], staysOpen: ['GET /health'] };

function answer(method: string, path: string): unknown {
  const [, what, name = ''] = /^\/maintenance\/(\w+)(?:\/([^/]+))?/.exec(path) ?? [];
  const found = KEYS.find((each) => each.name === name);
  if (path.endsWith('/quiet')) return QUIET;
  if (path.endsWith('/routes')) return ROUTES;
  if (what === 'replicas') return method === 'GET' ? REPLICAS : { id: name, forgotten: true };
  if (what === 'windows') return method === 'GET' ? WINDOWS : WINDOWS[0];
  if (what === 'history') return HISTORY;
  if (method === 'GET') return found ?? Object.fromEntries(KEYS.map((each) => [each.name, each]));
  return { ...KEYS[1], change: { from: false, to: true, revision: 8, at: '2031-03-04T13:06:00.000Z' } };
}

let server: Server;
beforeAll(async () => {
  server = createServer((request, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(answer(request.method ?? '', request.url ?? '')));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => server.close());

const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/maintenance`;
const WIDE = /[\u3000-\u9fff]/;
const widthOf = (line: string) => [...line].reduce((sum, letter) => sum + (WIDE.test(letter) ? 2 : 1), 0);

const LINES: readonly (readonly [string, ...string[]])[] = [
  ['status'],
  ['status', 'billing'],
  ['status', 'import-export-of-everything-there-is-in-the-shop'],
  ['on', 'billing', '1h', '--drain', '0s'],
  ['on', 'billing', '--dry-run'],
  ['off', 'reports', '--dry-run', '--force'],
  ['extend', 'billing', '30m'],
  ['quiet', 'billing'],
  ['schedule', 'billing', '2031-05-01T10:00Z', '90m'],
  ['schedule', 'billing', '2031-05-01T10:00Z', '90m', '--dry-run'],
  ['windows'],
  ['cancel', 'Jx0PqZ3mT8yU2cR7vN1bKw', '--dry-run'],
  ['cancel', 'Jx0PqZ3mT8yU2cR7vN1bKw', '--occurrence', '2031-05-01T10:00Z'],
  ['history'],
  ['replicas'],
  ['forget', 'oG0mMSPUvPdp', '--yes'],
  ['doctor'],
];

it.each(LINES.map((words) => [words.join(' '), words] as const))('%s', async (_line, words) => {
  const { code, stdout, stderr } = await cli([...words, '--url', url()]);
  const text = (said: string) => said.replaceAll(url(), 'URL').replace(/\(\d+ ms\)/, '(1 ms)');
  expect(`${text(stdout)}--- ${text(stderr)}--- ${code}`).toMatchSnapshot();
  expect(stdout).not.toContain('\u001b');
});

it.each(['status', 'replicas', 'windows', 'history', 'quiet billing'])(
  'the table of %s fits',
  async (line) => {
    const { stdout } = await cli([...line.split(' '), '--url', url()]);
    expect(Math.max(...stdout.split('\n').map(widthOf))).toBeLessThanOrEqual(80);
  },
);

describe('--json', () => {
  const more = [
    ['off', 'billing'],
    ['forget', 'oG0mMSPUvPdp', '--dry-run'],
    ['page'],
    ['page', '--csp'],
    ['completion', 'fish'],
  ] as const;

  it('has a documented shape for each command', async () => {
    for (const [name, ...words] of [...LINES, ...more]) {
      const { stdout } = await cli([name, ...words, '--url', url(), '--json']);
      const kinds = KINDS[name]!;
      const fitting = kinds.filter((kind) => isOf(kind, stdout));
      expect({ name, words, fitting: fitting.length }, stdout).toEqual({ name, words, fitting: 1 });
    }
  });

  it('covers every command', async () => {
    const { stdout } = await cli(['--help']);
    const names = [...stdout.matchAll(/^ {2}([a-z]+)(?: \[| <| {2,})/gm)].map(([, name]) => name as string);
    expect(names.filter((name) => name !== 'help').toSorted()).toEqual(Object.keys(KINDS).toSorted());
  });

  function isOf(kind: Parameters<typeof parse>[0], json: string): boolean {
    try {
      parse(kind, json);
      return true;
    } catch {
      return false;
    }
  }
});

describe('--help', () => {
  it('fits 80 columns for every command', async () => {
    const { stdout } = await cli(['--help']);
    const names = [...stdout.matchAll(/^ {2}([a-z]+)(?: \[| <| {2,})/gm)].map(([, name]) => name as string);
    const pages = await Promise.all(names.map(async (name) => (await cli([name, '--help'])).stdout));
    const all = [stdout, ...pages].join('\n');
    const tooWide = all
      .split('\n')
      .filter((line) => line.length > 80 && !line.includes('$ nestjs-maintenance'));
    expect(tooWide).toEqual([]);
    expect(stdout).toMatchSnapshot();
  });
});
