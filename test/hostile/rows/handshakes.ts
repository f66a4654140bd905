import { get, http, type Row } from '../corpus.js';
import { upgradeRequest } from '../../support/raw-web-socket.js';

const POLLING = '/socket.io/?EIO=4&transport=polling';
const refused = (name: string, send: string, why: string, holds?: string): Row => ({
  name,
  send,
  status: 400,
  holds,
  why,
});
const upgrade = (change: (request: string) => string): string => change(upgradeRequest());

/** Who asks for a socket in a wrong way gets none, and is told so in HTTP. */
export const handshakes: Row[] = [
  {
    name: 'polling',
    send: get(POLLING),
    status: 200,
    holds: '"sid":',
    why: 'sockets are open while the site is closed',
  },
  {
    name: 'polling with a foreign origin and the cookies of an operator',
    send: get(POLLING, 'Cookie: operator=yes', 'Origin: http://evil.example'),
    status: 200,
    lacks: 'Access-Control-Allow-Origin',
    why: 'the page that asks may not read it',
  },
  refused('no transport', get('/socket.io/?EIO=4'), 'unknown transport', 'Transport unknown'),
  refused(
    'transport __proto__',
    get('/socket.io/?EIO=4&transport=__proto__'),
    'unknown',
    'Transport unknown',
  ),
  refused('transport constructor', get('/socket.io/?EIO=4&transport=constructor'), 'unknown', 'Transport'),
  refused('two transports', get(`${POLLING}&transport=websocket`), 'a list is no transport', 'Bad request'),
  refused('protocol 3', get('/socket.io/?EIO=3&transport=polling'), 'too old', 'protocol version'),
  refused('protocol 99', get('/socket.io/?EIO=99&transport=polling'), 'unknown', 'protocol version'),
  refused('no protocol', get('/socket.io/?transport=polling'), 'unknown', 'protocol version'),
  refused('an unknown session', get(`${POLLING}&sid=forged`), 'nobody’s', 'Session ID unknown'),
  refused('session __proto__', get(`${POLLING}&sid=__proto__`), 'nobody’s', 'Session ID unknown'),
  refused('session hasOwnProperty', get(`${POLLING}&sid=hasOwnProperty`), 'nobody’s', 'Session ID unknown'),
  refused('a session of 7 kB', get(`${POLLING}&sid=${'a'.repeat(7_000)}`), 'nobody’s', 'Session ID unknown'),
  refused(
    'packets without a session',
    http(`POST ${POLLING}`, [], '40/maintenance,'),
    'GET begins',
    'method',
  ),
  refused(
    'packets of a forged session',
    http(`POST ${POLLING}&sid=forged`, ['Content-Type: text/plain'], '40/maintenance,'),
    'nobody’s',
    'Session ID unknown',
  ),
  refused('DELETE', http(`DELETE ${POLLING}`), 'GET begins', 'method'),
  refused('websocket without an upgrade', get('/socket.io/?EIO=4&transport=websocket'), 'nothing to upgrade'),
  refused(
    'an upgrade to a forged session',
    upgradeRequest([], 'EIO=4&transport=websocket&sid=forged'),
    'nobody’s',
  ),
  refused(
    'an upgrade without a key',
    upgrade((request) => request.replace(/Sec-WebSocket-Key.*\r\n/, '')),
    'RFC 6455 wants one',
  ),
  refused(
    'an upgrade with a short key',
    upgrade((request) => request.replace('dGhlIHNhbXBsZSBub25jZQ==', 'AAAA')),
    '16 bytes',
  ),
  refused(
    'an upgrade of version 99',
    upgrade((request) => request.replace('Version: 13', 'Version: 99')),
    'unknown',
  ),
  {
    name: 'an upgrade of a page',
    send: upgradeRequest().replace(/\/socket\.io\/\S*/, '/api/x'),
    status: 0,
    why: 'nobody upgrades there; no handler is reached that way',
  },
  {
    name: 'a path that only begins so',
    send: get('/socket.io/../api/x'),
    status: 400,
    holds: 'Transport unknown',
    why: 'Socket.IO takes it as it is written; no handler is reached that way',
  },
];
