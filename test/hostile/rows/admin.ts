import { get, http, OPERATOR, put, type Row } from '../corpus.js';

const JSON_TYPE = 'Content-Type: application/json';
const COOKIE = 'Cookie: operator=yes';
const ON = '{"mode":true}';
const bad = (name: string, body: string, why: string): Row => ({
  name: `body: ${name}`,
  send: put(body),
  status: 400,
  why,
});
const forbidden = (name: string, headers: string[], why: string): Row => ({
  name,
  send: put(ON, [...headers, JSON_TYPE]),
  status: 403,
  why,
});

/** No write takes effect but a whole, permitted one from the same origin. */
export const admin: Row[] = [
  forbidden('nobody', ['Origin: http://shop.example', 'Sec-Fetch-Site: same-origin'], 'no permission'),
  forbidden('a foreign origin', [COOKIE, 'Origin: http://evil.example'], 'cross-site'),
  forbidden(
    'a rebound name',
    [COOKIE, 'Origin: http://shop.example'],
    'a name on http proves nothing: DNS rebinding',
  ),
  forbidden(
    'a foreign page that names the host itself',
    [COOKIE, 'Origin: http://evil.example', 'X-Forwarded-Host: evil.example'],
    'no proxy is trusted',
  ),
  forbidden(
    'a foreign page that pretends to be behind TLS',
    [COOKIE, 'Origin: http://shop.example', 'X-Forwarded-Proto: https'],
    'no proxy is trusted',
  ),
  forbidden(
    'a foreign page with two words from a browser',
    [COOKIE, 'Origin: https://shop.example', 'Sec-Fetch-Site: cross-site', 'Sec-Fetch-Site: same-origin'],
    'a browser says one',
  ),
  forbidden(
    'an origin with a name for the user',
    [COOKIE, 'Origin: https://shop.example@evil.example'],
    'no origin at all',
  ),
  forbidden('a null origin', [COOKIE, 'Origin: null'], 'a sandboxed page'),
  forbidden('a sibling', [COOKIE, 'Origin: http://shop.example.evil.example'], 'a longer host is another'),
  forbidden('another port', [COOKIE, 'Origin: http://shop.example:8080'], 'another origin'),
  forbidden('a cross-site fetch', [COOKIE, 'Sec-Fetch-Site: cross-site'], 'the browser says so'),
  forbidden('a same-site fetch', [COOKIE, 'Sec-Fetch-Site: same-site'], 'another origin of the same site'),
  forbidden('cookies without an origin', [COOKIE], 'nothing says where it comes from'),
  {
    name: 'a form',
    send: http(
      'POST /maintenance/keys/billing',
      [...OPERATOR, 'Content-Type: application/x-www-form-urlencoded'],
      'mode=true',
    ),
    status: 404,
    why: 'no such method',
  },
  {
    name: 'JSON as text',
    send: put(ON, [...OPERATOR, 'Content-Type: text/plain']),
    status: 415,
    why: 'what a form could send',
  },
  { name: 'no type', send: put(ON, OPERATOR), status: 415, why: 'JSON only' },
  {
    name: 'by GET',
    send: get('/maintenance/keys/billing?mode=true', ...OPERATOR),
    status: 200,
    why: 'reads',
  },
  { name: 'keys without permission', send: get('/maintenance/keys'), status: 403, why: 'see_info' },
  {
    name: 'one key without permission',
    send: get('/maintenance/keys/general'),
    status: 403,
    why: 'see_info',
  },
  {
    name: 'the page without permission',
    send: get('/maintenance/admin'),
    status: 403,
    why: 'see_menu_item and see_info',
  },
  { name: 'the menu without permission', send: get('/maintenance/menu'), status: 204, why: 'see_menu_item' },
  { name: 'an unknown key', send: put(ON, undefined, 'nothing'), status: 404, why: 'not registered' },
  { name: 'key __proto__', send: put(ON, undefined, '__proto__'), status: 404, why: 'not registered' },
  { name: 'key constructor', send: put(ON, undefined, 'constructor'), status: 404, why: 'not registered' },
  { name: 'key with a NUL', send: put(ON, undefined, 'a%00b'), status: 404, why: 'not registered' },
  bad('null', 'null', 'not an object'),
  bad('an array', '[]', 'not an object'),
  bad('a string', '"on"', 'not an object'),
  bad('a number', '1', 'not an object'),
  bad('empty', '{}', 'mode is missing'),
  bad('mode as text', '{"mode":"true"}', 'nothing is coerced'),
  bad('mode as a number', '{"mode":1}', 'nothing is coerced'),
  bad('mode null', '{"mode":null}', 'nothing is coerced'),
  bad('an unknown field', '{"mode":true,"admin":true}', 'unknown fields are refused'),
  bad('actor', '{"mode":true,"actor":"me"}', 'nobody names himself'),
  bad('a negative timeout', '{"mode":true,"timeout":-1}', 'a duration'),
  bad('a fractional timeout', '{"mode":true,"timeout":1.5}', 'whole milliseconds'),
  bad('a huge timeout', '{"mode":true,"timeout":1e300}', 'past the last instant'),
  bad('timeout and until', '{"mode":true,"timeout":1000,"until":"2999-01-01T00:00:00Z"}', 'one of them'),
  bad('a past until', '{"mode":true,"until":"1999-01-01T00:00:00Z"}', 'in the future'),
  bad('until without offset', '{"mode":true,"until":"2999-01-01T00:00:00"}', 'with offset'),
  bad('until as a number', '{"mode":true,"until":32503680000000}', 'ISO 8601'),
  bad('a message that is an object', '{"mode":true,"message":{"a":1}}', 'text'),
  bad('a message of 200 kB', `{"mode":true,"message":"${'a'.repeat(90_000)}"}`, 'too long'),
  bad('__proto__', '{"mode":true,"__proto__":{"polluted":true}}', 'unknown field'),
  bad('constructor', '{"mode":true,"constructor":{"prototype":{"polluted":true}}}', 'unknown field'),
  bad('broken JSON', '{"mode":tr', 'not JSON'),
];
