import type { SocketRow } from '../corpus.js';
import { event, TOLD } from './socket-rows.js';

const COOKIE = 'Cookie: operator=yes';
const asked = [event('["ping",{"key":"hidden-key"}]', '1')];
const stranger = (name: string, headers: readonly string[], why: string): SocketRow => ({
  name,
  headers,
  send: asked,
  answer: TOLD,
  lacks: 'currentMode',
  why,
});
const operator = (name: string, headers: readonly string[], why: string): SocketRow => ({
  name,
  headers,
  send: asked,
  answer: TOLD,
  holds: '"currentMode":true',
  operator: true,
  why,
});

/** A foreign page learns no more by the cookies of whoever looks at it. */
export const origins: SocketRow[] = [
  operator('an operator', [COOKIE, 'Origin: http://shop.example'], 'the site’s own page'),
  operator('an operator over https', [COOKIE, 'Origin: https://shop.example'], 'a proxy ends TLS'),
  operator('an operator without an origin', [COOKIE], 'browsers always name one: a tool'),
  stranger('nobody', ['Origin: http://shop.example'], 'no cookie, no permission'),
  stranger('a foreign origin', [COOKIE, 'Origin: http://evil.example'], 'cross-site'),
  stranger('a null origin', [COOKIE, 'Origin: null'], 'a sandboxed page'),
  stranger('an empty origin', [COOKIE, 'Origin:'], 'not ours'),
  stranger('a longer host', [COOKIE, 'Origin: http://shop.example.evil.example'], 'another host'),
  stranger('a host with our name as suffix', [COOKIE, 'Origin: http://evil-shop.example'], 'another host'),
  stranger('a subdomain', [COOKIE, 'Origin: http://blog.shop.example'], 'another host'),
  stranger('another port', [COOKIE, 'Origin: http://shop.example:8080'], 'another origin'),
  stranger('a user', [COOKIE, 'Origin: http://shop.example@evil.example'], 'another host'),
  stranger('a path', [COOKIE, 'Origin: http://evil.example/shop.example'], 'another host'),
  stranger('a path on ours', [COOKIE, 'Origin: http://shop.example/'], 'origins have no path'),
  stranger('another scheme', [COOKIE, 'Origin: chrome-extension://shop.example'], 'not a page of ours'),
  stranger(
    'two origins',
    [COOKIE, 'Origin: http://shop.example', 'Origin: http://evil.example'],
    'one of them',
  ),
  stranger('two origins in one', [COOKIE, 'Origin: http://evil.example http://shop.example'], 'one of them'),
  stranger('a prototype', [COOKIE, 'Origin: __proto__'], 'not ours'),
  stranger(
    'a host by header',
    [COOKIE, 'Origin: http://evil.example', 'X-Forwarded-Host: evil.example', 'Forwarded: host=evil.example'],
    'headers that anybody can send',
  ),
];
