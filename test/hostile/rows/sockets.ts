import { frame } from '../../support/raw-web-socket.js';
import type { SocketRow } from '../corpus.js';

const event = (json: string, ack = ''): string => `42/maintenance,${ack}${json}`;
const TOLD = '43/maintenance,1[{"maintenanceMode":true,';
const MALFORMED = '43/maintenance,1[{"error":"Malformed ping';

const malformed = (args: string, why: string): SocketRow => ({
  name: `ping with ${args.slice(0, 40)}`,
  send: [event(`["ping",${args}]`, '1')],
  answer: MALFORMED,
  holds: '"maintenanceMode":true',
  why,
});
const unknown = (name: string, json: string, why: string): SocketRow => ({
  name: `ping for ${name}`,
  send: [event(`["ping",${json}]`, '1')],
  answer: TOLD,
  lacks: 'currentMode',
  why,
});
const known = (name: string, packet: string | readonly (string | Buffer)[], why: string): SocketRow => ({
  name,
  send: typeof packet === 'string' ? [packet] : packet,
  answer: TOLD,
  holds: '"currentMode":true',
  why,
});
const silent = (name: string, packet: string | Buffer, why: string): SocketRow => ({
  name,
  send: [packet],
  answer: 'silence',
  why,
});
const closed = (name: string, packet: string | readonly (string | Buffer)[], why: string): SocketRow => ({
  name,
  send: typeof packet === 'string' ? [packet] : packet,
  answer: 'closed',
  why,
});

/** A ping is answered, whatever it holds. */
export const pings: SocketRow[] = [
  known('a good ping', event('["ping",{"key":"general"}]', '1'), 'what it is for'),
  unknown('nothing', '{}', 'no key, no mode'),
  { ...unknown('', '{}', 'no argument is none'), name: 'ping alone', send: [event('["ping"]', '1')] },
  malformed('null', 'not an object'),
  malformed('1', 'not an object'),
  malformed('true', 'not an object'),
  malformed('"general"', 'a name is not a query'),
  malformed('["general"]', 'a list is not a query'),
  malformed('{"key":1}', 'a name is text'),
  malformed('{"key":null}', 'a name is text'),
  malformed('{"key":{}}', 'a name is text'),
  malformed('{"key":["general"]}', 'a name is text'),
  malformed('{"key":{"toString":"general"}}', 'nothing is coerced'),
  malformed('{},{}', 'one argument'),
  malformed('{"key":"general"},"more"', 'one argument'),
  malformed(`${'['.repeat(20_000)}${']'.repeat(20_000)}`, 'deep, and still not an object'),
  unknown('a key that is not registered', '{"key":"nothing"}', 'nobody’s mode'),
  unknown('a key that is not public', '{"key":"hidden-key"}', 'told like one that does not exist'),
  unknown('a key in another case', '{"key":"HIDDEN-KEY"}', 'names are as they are'),
  unknown('the empty key', '{"key":""}', 'nobody’s mode'),
  unknown('__proto__', '{"key":"__proto__"}', 'not a key'),
  unknown('constructor', '{"key":"constructor"}', 'not a key'),
  unknown('hasOwnProperty', '{"key":"hasOwnProperty"}', 'not a key'),
  unknown('NUL', '{"key":"\\u0000"}', 'not a key'),
  unknown('half a character', '{"key":"\\ud800"}', 'not a key'),
  unknown('markup', '{"key":"<script>alert(1)</script>"}', 'not a key, and not sent back'),
  unknown('900 kB', `{"key":"${'x'.repeat(900_000)}"}`, 'a long name is nobody’s'),
  unknown('a prototype', '{"__proto__":{"key":"general"}}', 'its own properties only'),
  known(
    'ping with a polluting prototype',
    event('["ping",{"key":"general","__proto__":{"maintenance":1}}]', '1'),
    'what it names is answered',
  ),
  known(
    'ping that says what it may',
    event('["ping",{"key":"general","see_info":true,"permissions":["see_info"],"insider":true}]', '1'),
    'nobody gives himself permissions',
  ),
  known(
    'two names',
    event('["ping",{"key":"hidden-key","key":"general"}]', '1'),
    'the last counts, as JSON has it',
  ),
  silent('ping without an ack', event('["ping",{"key":"general"}]'), 'nobody waits for an answer'),
  silent(
    'ping with a function that is none',
    event('["ping","not a function"]'),
    'nobody waits for an answer',
  ),
  silent('PING', event('["PING",{}]', '1'), 'another event'),
  {
    name: 'an ack id past all numbers',
    send: [event('["ping",{}]', '9'.repeat(400))],
    answer: '43/maintenance,',
    why: 'sent back as far as it is a number',
  },
  closed('a negative ack id', '42/maintenance,-1["ping",{}]', 'not a packet'),
  closed('a fractional ack id', '42/maintenance,1.5["ping",{}]', 'not a packet'),
  {
    name: 'the same ack id twice',
    send: [event('["ping",null]', '1'), event('["ping",{"key":"general"}]', '1')],
    answer: TOLD,
    holds: 'currentMode',
    why: 'each is answered',
  },
  {
    name: 'a hundred pings at once',
    send: Array.from({ length: 100 }, () => event('["ping",{}]', '1')),
    answer: '43/maintenance,1[{"error":"Too many pings',
    why: 'a burst is bounded',
  },
  {
    name: 'pings, and nobody there for the answers',
    send: Array.from({ length: 100 }, () => event('["ping",{}]', '1')),
    answer: 'hangs up',
    why: 'answers to who has gone are dropped',
  },
];

/** Events that are not the gateway's mean nothing to it. */
export const events: SocketRow[] = [
  silent('status, told by a client', event('["status",{"maintenanceMode":false}]'), 'clients tell nothing'),
  silent('an unknown event', event('["toggle",{"key":"general","mode":false}]', '1'), 'nobody listens'),
  silent('setMaintenance', event('["setMaintenance",false,"general"]', '1'), 'nobody listens'),
  silent('error', event('["error","x"]'), 'an error event without a listener would end the process'),
  silent('__proto__', event('["__proto__",{}]'), 'not a listener'),
  silent('constructor', event('["constructor",{}]'), 'not a listener'),
  silent('toString', event('["toString"]', '1'), 'not a listener'),
  silent('_events', event('["_events",{}]'), 'not a listener'),
  silent('event 0', event('[0,{}]'), 'numbers are names, too'),
  silent(
    'a message of 900 kB',
    event(`["unknown","${'x'.repeat(900_000)}"]`),
    'below the limit, and unheard',
  ),
  closed('a message of 1.1 MB', event(`["ping",{"key":"${'x'.repeat(1_100_000)}"}]`, '1'), 'above the limit'),
  ...['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener'].map(
    (name): SocketRow => closed(name, event(`["${name}",{}]`), 'a name that is reserved'),
  ),
  closed('no event', event('[]'), 'not a packet'),
  closed('an event that is an object', event('[{"toString":"ping"}]'), 'not a packet'),
  closed('an event that is null', event('[null]'), 'not a packet'),
  closed('an event that is a list', event('[["ping"],{}]'), 'not a packet'),
  closed('an object for a list', event('{"0":"ping","length":1}'), 'not a packet'),
  closed('text for a list', event('"ping"'), 'not a packet'),
  silent('nothing', event(''), 'no event, no listener'),
  closed('half of JSON', event('["ping",{"key":'), 'not JSON'),
  closed('depth without end', event('['.repeat(50_000)), 'not JSON'),
  closed('NaN', event('["ping",NaN]', '1'), 'not JSON'),
];

const HOLE = '{"_placeholder":true,"num":0}';

/** Packets of Engine.IO and Socket.IO that no client would send. */
export const packets: SocketRow[] = [
  closed('nothing at all', '', 'not a packet'),
  closed('an Engine.IO type that is none', '9', 'not a packet'),
  closed('a letter', 'x', 'not a packet'),
  closed('control characters', '\u0000\u0001', 'not a packet'),
  closed('a packet without a type', '4', 'not a packet'),
  closed('a Socket.IO type that is none', '49/maintenance,', 'not a packet'),
  closed('a letter for a type', '4x/maintenance,', 'not a packet'),
  closed('a heartbeat of the wrong direction', '2probe', 'servers ask'),
  silent('a pong that nobody asked for', '3probe', 'means nothing'),
  silent('a no-op', '6', 'means nothing'),
  silent('an upgrade', '5', 'nothing to upgrade'),
  silent('an open packet', '0{"sid":"forged","maxPayload":999999999}', 'clients open nothing'),
  silent('a close packet', '1', 'a WebSocket ends by its own frame'),
  closed('binary in base64', 'bAAAA', 'nobody waits for binary'),
  closed('joining twice', '40/maintenance,{"again":true}', 'once is enough'),
  closed('a refusal told by a client', '44/maintenance,{"message":"forged"}', 'servers refuse'),
  closed('an event of a namespace not joined', '42/unknown,["ping",{}]', 'not joined'),
  closed('an event of the main namespace', '42["ping",{}]', 'not joined'),
  ...[
    '/unknown',
    '/__proto__',
    '/constructor',
    '/MAINTENANCE',
    '/maintenance/../x',
    '/maintenance2',
    '/*',
  ].map((name): SocketRow => ({
    name: `joining ${name}`,
    send: [`40${name},`],
    answer: `44${name},{"message":"Invalid namespace"`,
    why: 'no such namespace',
  })),
  {
    name: 'joining the main namespace',
    send: ['40'],
    answer: '40{"sid":',
    lacks: '42[',
    why: 'it is there, and tells nothing',
  },
  { name: 'leaving', send: ['41/maintenance,'], answer: 'hangs up', why: 'a client may' },
  {
    name: 'joining with an ack id',
    join: '40/maintenance,1',
    send: [event('["ping",{}]', '1')],
    answer: TOLD,
    why: 'nothing to answer: joined like any other',
  },
  {
    name: 'an event before joining',
    join: null,
    send: [event('["ping",{"key":"general"}]', '1')],
    answer: 'closed',
    lacks: 'maintenanceMode',
    why: 'not joined',
  },
  {
    name: 'joining with claims',
    join: '40/maintenance,{"cookie":"operator=yes","headers":{"cookie":"operator=yes"},"see_info":true}',
    send: [event('["ping",{"key":"hidden-key"}]', '1')],
    answer: TOLD,
    lacks: 'currentMode',
    why: 'permissions are the application’s to give',
  },
  {
    name: 'joining with a prototype',
    join: '40/maintenance,{"__proto__":{"operator":true}}',
    send: [event('["ping",{}]', '1')],
    answer: TOLD,
    why: 'nothing is polluted',
  },
  {
    name: 'joining as somebody who was here',
    join: '40/maintenance,{"pid":"forged","offset":"forged"}',
    send: [event('["ping",{}]', '1')],
    answer: TOLD,
    why: 'no session is taken over',
  },
  ...['"x"', '[1]', 'true', '{'].map((data): SocketRow => ({
    name: `joining with ${data}`,
    join: null,
    send: [`40/maintenance,${data}`],
    answer: 'closed',
    why: 'not an object',
  })),
  silent('an answer nobody asked for', '43/maintenance,99["x"]', 'dropped'),
  silent('an answer to __proto__', '43/maintenance,["__proto__"]', 'dropped'),
  closed('an answer that is no list', '43/maintenance,1{"x":1}', 'not a packet'),
  {
    name: 'a binary ping',
    send: [`451-/maintenance,1["ping",${HOLE}]`, frame('general', { opcode: 2 })],
    answer: MALFORMED,
    why: 'bytes are not a query',
  },
  {
    name: 'a binary key',
    send: [`451-/maintenance,1["ping",{"key":${HOLE}}]`, frame('general', { opcode: 2 })],
    answer: MALFORMED,
    why: 'bytes are not a name',
  },
  {
    name: 'a hole where nothing is sent',
    send: [event(`["ping",{"key":${HOLE}}]`, '1')],
    answer: MALFORMED,
    why: 'an object is not a name',
  },
  closed(
    'a hole of another number',
    ['451-/maintenance,1["ping",{"_placeholder":true,"num":7}]', frame('x', { opcode: 2 })],
    'not a packet',
  ),
  closed(
    'a hole of number __proto__',
    ['451-/maintenance,1["ping",{"_placeholder":true,"num":"__proto__"}]', frame('x', { opcode: 2 })],
    'not a packet',
  ),
  closed('binary that nobody announced', [frame('x', { opcode: 2 })], 'not a packet'),
  closed('text where binary was announced', ['451-/maintenance,["x"]', event('["ping"]')], 'not a packet'),
  closed('binary of no number', '45-/maintenance,["ping"]', 'not a packet'),
  closed('binary of a number that is none', '45x-/maintenance,["ping"]', 'not a packet'),
  closed('more attachments than anybody needs', '45999999999-/maintenance,["ping"]', 'too many'),
  {
    name: 'an attachment that never comes',
    send: [`451-/maintenance,1["ping",${HOLE}]`],
    answer: 'hangs up',
    why: 'what was begun is forgotten',
  },
];

/** WebSocket frames that RFC 6455 forbids, or allows and nobody sends. */
export const frames: SocketRow[] = [
  known(
    'a ping in pieces',
    [
      frame('42/maintenance,1["ping",{"k', { fin: false }),
      frame('ey":"gen', { opcode: 0, fin: false }),
      frame('', { opcode: 0, fin: false }),
      frame('eral"}]', { opcode: 0 }),
    ],
    'a message may be',
  ),
  known(
    'a ping byte by byte',
    [...frame(event('["ping",{"key":"general"}]', '1'))].map((byte) => Buffer.from([byte])),
    'TCP has no packets',
  ),
  known(
    'many in one piece',
    [
      Buffer.concat([
        frame(event('["x"]')),
        frame('3'),
        frame(event('["ping",{"key":"general"}]', '1')),
        frame('6'),
      ]),
    ],
    'TCP has no packets',
  ),
  silent('a ping frame', frame('x'.repeat(125), { opcode: 9 }), 'answered by a pong'),
  silent('a pong frame', frame('', { opcode: 10 }), 'means nothing'),
  closed('a ping frame of 126 bytes', [frame('x'.repeat(126), { opcode: 9 })], 'control frames are short'),
  closed('a ping frame in pieces', [frame('x', { opcode: 9, fin: false })], 'control frames are whole'),
  closed('an unmasked frame', [frame('3', { mask: false })], 'clients mask'),
  closed('a reserved bit', [frame('3', { rsv: 4 })], 'compression was not agreed on'),
  closed('all reserved bits', [frame('3', { rsv: 7 })], 'nothing was agreed on'),
  closed('opcode 3', [frame('3', { opcode: 3 })], 'reserved'),
  closed('opcode 15', [frame('3', { opcode: 15 })], 'reserved'),
  closed('the middle of a message', [frame('3', { opcode: 0 })], 'nothing was begun'),
  closed('a message within a message', [frame('4', { fin: false }), frame('4')], 'the first is not over'),
  closed('text that is not UTF-8', [frame(Buffer.from([0x34, 0x32, 0xff, 0xfe]))], 'not text'),
  closed('a length of 100 MB', [frame('x', { length: 100_000_000 })], 'above the limit'),
  closed('a length past all memory', [frame('x', { length: 2 ** 62 })], 'above the limit'),
  closed(
    '1.1 MB in pieces',
    [
      frame('4', { fin: false }),
      ...Array.from({ length: 11 }, () => frame('x'.repeat(100_000), { opcode: 0, fin: false })),
    ],
    'the pieces count together',
  ),
  closed('a close frame', [frame(Buffer.from([3, 232]), { opcode: 8 })], 'wished'),
  closed('a close frame of one byte', [frame('x', { opcode: 8 })], 'a code has two'),
  closed('a close frame of a code that is none', [frame(Buffer.from([0, 0]), { opcode: 8 })], 'not a code'),
  closed('HTTP', [Buffer.from('GET /api/x HTTP/1.1\r\nHost: x\r\n\r\n')], 'no longer HTTP'),
  closed('bytes', [Buffer.alloc(4_096, 0xff)], 'not a frame'),
  {
    name: 'half a frame',
    send: [frame(event('["ping",{}]', '1')).subarray(0, 9)],
    answer: 'hangs up',
    why: 'what was begun is forgotten',
  },
  {
    ...known('compression', event('["ping",{"key":"general"}]', '1'), 'offered, and not needed'),
    headers: ['Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=8'],
  },
  {
    ...closed('a compressed frame', [frame(Buffer.from([1, 2, 3]), { rsv: 4 })], 'not agreed on'),
    headers: ['Sec-WebSocket-Extensions: permessage-deflate'],
  },
];

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
  stranger('a host that ends so', [COOKIE, 'Origin: http://evil-shop.example'], 'another host'),
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
    'headers that anybody may send',
  ),
];
