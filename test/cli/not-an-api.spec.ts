import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cli } from './cli.js';
import { parse } from './schemas.js';

const key = { name: 'general', value: false, scope: 'site', readOnly: false };
const ID = 'Jx0PqZ3mT8yU2cR7vN1bKw';
const plan = { id: ID, key: 'general', start: '2031-05-01T10:00:00.000Z', end: '2031-05-01T12:00:00.000Z' };
const replica = { id: 'Zr1q0Vb3xK2w', host: 'web-1', pid: 7, silent: true };

/** JSON that something else than an admin API may respond with. */
const BODIES = [
  '{}',
  '[]',
  'null',
  'true',
  '"ok"',
  '{"status":"ok"}',
  '[{"id":5}]',
  '{"general":{"label":"x"}}',
];

const COMMANDS = [
  'status',
  'status --exit-code',
  'status general',
  'status general --exit-code',
  'on general 1h',
  'off general',
  'off general --force --yes',
  'extend general 1h',
  'quiet general',
  'doctor',
  'watch',
  'page --key general',
  'schedule general 2031-05-01T10:00 2h',
];
/** Those that get a list, which may be empty. */
const LISTS = ['replicas', 'windows', 'history', `forget ${replica.id} --yes`, `cancel ${ID}`];

describe('JSON that is not a response of an admin API', () => {
  let server: Server;
  let body: string;
  const call = (command: string) => {
    const { port } = server.address() as AddressInfo;
    return cli([...command.split(' '), '--json', '--url', `http://127.0.0.1:${port}`]);
  };

  beforeAll(async () => {
    server = createServer((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json' }).end(body);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it.each(BODIES)('%s: no command takes it for one', async (text) => {
    body = text;
    for (const command of [...COMMANDS, ...(text === '[]' ? [] : LISTS)]) {
      const { code, stdout } = await call(command);
      expect({ command, code, stdout }).toEqual({ command, code: 1, stdout: expect.any(String) as unknown });
      expect(parse<{ error: object }>('error', stdout).error, command).toMatchObject({
        code: 'CLI_NO_API',
        message: expect.stringContaining('which is not a response of the admin API') as unknown,
      });
    }
  });
});

describe('a response to a change that is not one of an admin API', () => {
  const READS: Readonly<Record<string, unknown>> = {
    '/keys': { general: key },
    '/keys/general': key,
    '/keys/general/routes': { closes: [], staysOpen: [] },
    '/replicas': [replica],
    '/windows': [plan],
  };

  it.each([
    'on general 1h',
    'off general',
    'off general --force --yes',
    'schedule general 2031-05-01T10:00 2h',
    `schedule general --change ${ID} --for 3h`,
    `cancel ${ID}`,
    `forget ${replica.id} --yes`,
  ])('leaves it unknown whether the change was made: %s', async (command) => {
    const server = createServer(({ method, url }, response) => {
      const read = method === 'GET' ? READS[new URL(url ?? '', 'http://x').pathname] : undefined;
      response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(read ?? {}));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { code, stderr } = await cli([...command.split(' '), '--url', `http://127.0.0.1:${port}`]);
    server.closeAllConnections();
    server.close();
    expect({ code, stderr }).toEqual({
      code: 4,
      stderr: expect.stringMatching(/not a response of the admin API.*unknown whether the change/) as unknown,
    });
  });
});

describe('an error of a server that is not of the admin API', () => {
  const BODY = JSON.stringify({ statusCode: 500, message: 'Internal server error' });

  it.each([
    ['off general', 'PATCH', 'It is unknown whether the change was made.'],
    ['windows', 'GET', 'Nothing was changed.'],
  ])('says what has become of the change: %s', async (command, failing, outcome) => {
    const server = createServer(({ method, url }, response) => {
      const fails = method === failing && url !== '/keys';
      const read = { '/keys': { general: key }, '/keys/general': key }[url ?? ''] ?? [];
      const head = { 'Content-Type': 'application/json' };
      response.writeHead(fails ? 500 : 200, head).end(fails ? BODY : JSON.stringify(read));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const place = `http://127.0.0.1:${port}`;
    const result = await cli([...command.split(' '), '--url', place]);
    server.closeAllConnections();
    server.close();
    expect(result).toEqual({
      code: 4,
      stdout: '',
      stderr: `error: the admin API at ${place}: it answered 500 (Internal server error). ${outcome}\n`,
    });
  });

  it.each([400, 409, 500])('has no exit code of its own for a code that is none: %d', async (status) => {
    const server = createServer((_request, response) => {
      const body = JSON.stringify({ code: 'constructor', message: 'Nothing built' });
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(body);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { code, stderr } = await cli(['status', '--url', `http://127.0.0.1:${port}`]);
    server.closeAllConnections();
    server.close();
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining('Nothing built') as unknown,
    });
  });
});

it.each(['30d', '60d'])('an answer has the time that no timer has: %s', async (time) => {
  const server = createServer((_request, response) => {
    setTimeout(() => {
      response.writeHead(200, { 'Content-Type': 'application/json' }).end('[]');
    }, 100);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { code, stderr } = await cli([
    'windows',
    '--url',
    `http://127.0.0.1:${port}`,
    '--command-timeout',
    time,
  ]);
  server.closeAllConnections();
  server.close();
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});
