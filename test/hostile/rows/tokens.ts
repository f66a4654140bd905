import { createHmac } from 'node:crypto';
import { get, http, type Ground, type Row } from '../corpus.js';
import { BYPASS_SECRET } from '../app.js';

const good = ({ service }: Ground): string => service.createBypassToken();
const refused = (name: string, token: (ground: Ground) => string, why: string): Row => ({
  name: `query: ${name}`,
  send: (ground) => get(`/api/x?maintenance-bypass=${token(ground)}`),
  status: 503,
  lacks: 'Set-Cookie',
  why,
});
const cookie = (name: string, value: (ground: Ground) => string, status: number, why: string): Row => ({
  name: `cookie: ${name}`,
  send: (ground) => get('/api/x', `Cookie: ${value(ground)}`),
  status,
  why,
});
const header = (name: string, tokens: (ground: Ground) => string[], status: number, why: string): Row => ({
  name: `header: ${name}`,
  send: (ground) => get('/api/x', ...tokens(ground).map((token) => `X-Maintenance-Bypass: ${token}`)),
  status,
  why,
});
const OTHER_SECRET = 'another-secret-of-the-same-length!';

function forged(payload: unknown, secret = OTHER_SECRET): string {
  const body = Buffer.from(JSON.stringify(payload)).toString('base64url');
  return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
}

/** A token that is not whole, ours and of today is no token. */
export const tokens: Row[] = [
  {
    name: 'query: a good token',
    send: (ground) => get(`/api/x?a=1&maintenance-bypass=${good(ground)}&b=%2F`),
    status: 303,
    holds: 'ocation: /api/x?a=1&b=%2F\r\n',
    why: 'sent on without it, the rest as it was',
  },
  refused('empty', () => '', 'no token'),
  refused('a word', () => 'true', 'no token'),
  refused('truncated', (ground) => good(ground).slice(0, -1), 'the signature is short'),
  refused('longer', (ground) => `${good(ground)}A`, 'the signature is long'),
  refused(
    'another last character',
    (ground) => good(ground).replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
    'not the signature',
  ),
  refused(
    'payload changed',
    (ground) => good(ground).replace(/^./, (first) => (first === 'e' ? 'f' : 'e')),
    'not what was signed',
  ),
  refused('signed with another secret', () => forged({ exp: Date.now() + 60_000 }), 'forged'),
  refused(
    'signed without the purpose',
    () => forged({ exp: Date.now() + 60_000 }, BYPASS_SECRET),
    'the signature says what it is for',
  ),
  refused('no signature', (ground) => good(ground).split('.')[0] ?? '', 'unsigned'),
  refused('an empty signature', (ground) => `${good(ground).split('.')[0]}.`, 'unsigned'),
  refused(
    'of algorithm none',
    () => 'eyJhbGciOiJub25lIn0.eyJleHAiOjk5OTk5OTk5OTk5OTl9.',
    'not a token of ours',
  ),
  refused('doubled', (ground) => `${good(ground)}&maintenance-bypass=${good(ground)}`, 'two tokens are none'),
  refused(
    'doubled with a wrong one',
    (ground) => `${good(ground)}&maintenance-bypass=x`,
    'two tokens are none',
  ),
  {
    name: 'query: array-valued',
    send: (ground) => get(`/api/x?maintenance-bypass[]=${good(ground)}`),
    status: 503,
    lacks: 'Set-Cookie',
    why: 'another parameter',
  },
  {
    name: 'query: of another case',
    send: (ground) => get(`/api/x?Maintenance-Bypass=${good(ground)}`),
    status: 503,
    lacks: 'Set-Cookie',
    why: 'another parameter',
  },
  refused('10 kB', () => 'A'.repeat(10_000), 'longer than any of ours'),
  refused('NUL', () => '%00', 'no token'),
  {
    name: 'query: in a POST',
    send: (ground) =>
      http(`POST /api/x?maintenance-bypass=${good(ground)}`, ['Content-Type: application/json'], '{}'),
    status: 503,
    lacks: 'Set-Cookie',
    why: 'a page is opened by GET',
  },
  {
    name: 'query: of billing only, redirected all the same',
    send: ({ service }) =>
      get(`/api/x?maintenance-bypass=${service.createBypassToken({ keys: ['billing'] })}`),
    status: 303,
    why: 'a good token, though of no use here',
  },
  cookie('a good token', (ground) => `maintenance-bypass=${good(ground)}`, 200, 'let pass'),
  cookie(
    'of another key',
    ({ service }) => `maintenance-bypass=${service.createBypassToken({ keys: ['billing'] })}`,
    503,
    'passes billing only',
  ),
  cookie(
    'of one of two keys',
    ({ service }) => `maintenance-bypass=${service.createBypassToken({ keys: ['general'] })}`,
    503,
    'the other key still refuses',
  ),
  cookie('truncated', (ground) => `maintenance-bypass=${good(ground).slice(0, -3)}`, 503, 'not whole'),
  cookie(
    'a wrong one first',
    (ground) => `maintenance-bypass=x; maintenance-bypass=${good(ground)}`,
    503,
    'the first of a name counts',
  ),
  cookie('of the host, over http', (ground) => `__Host-maintenance-bypass=${good(ground)}`, 200, 'let pass'),
  cookie(
    'a wrong one of the host beside a good one',
    (ground) => `__Host-maintenance-bypass=x; maintenance-bypass=${good(ground)}`,
    200,
    'both names count',
  ),
  cookie(
    'of another prefix',
    (ground) => `__Secure-maintenance-bypass=${good(ground)}`,
    503,
    'another cookie',
  ),
  header('a good token', (ground) => [good(ground)], 200, 'programs send it so'),
  header('twice', (ground) => [good(ground), good(ground)], 503, 'two tokens are none'),
  header('after a wrong one', (ground) => ['x', good(ground)], 503, 'two tokens are none'),
  header('as Bearer', (ground) => [`Bearer ${good(ground)}`], 503, 'not a token of ours'),
  header('quoted', (ground) => [`"${good(ground)}"`], 503, 'not a token of ours'),
  header('empty', () => [''], 503, 'no token'),
  header('8 kB', () => ['a.'.repeat(4_000)], 503, 'longer than any of ours'),
  header('bytes', () => ['\xff\xfe'], 503, 'no token'),
  {
    name: 'header: with POST',
    send: (ground) =>
      http('POST /api/x', [`X-Maintenance-Bypass: ${good(ground)}`, 'Content-Type: application/json'], '{}'),
    status: 201,
    reaches: ['POST api/x'],
    holds: 'private, no-store',
    why: 'programs write, too',
  },
  cookie('quoted', () => 'maintenance-bypass="true"', 503, 'no token'),
  cookie('of a longer name', (ground) => `xmaintenance-bypass=${good(ground)}`, 503, 'another cookie'),
  cookie('broken escapes', () => 'maintenance-bypass=%E0%A4%A', 503, 'no token'),
  cookie('__proto__', () => '__proto__=1; maintenance-bypass', 503, 'no token'),
  cookie('8 kB of cookies', () => `maintenance-bypass=${'a.'.repeat(4_000)}`, 503, 'longer than any of ours'),
];
