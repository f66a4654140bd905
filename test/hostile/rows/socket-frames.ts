import { frame } from '../../support/raw-web-socket.js';
import type { SocketRow } from '../corpus.js';
import { closed, event, known, silent } from './socket-rows.js';

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
    'TCP has no message boundaries',
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
    'TCP has no message boundaries',
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
  closed('a length beyond all memory', [frame('x', { length: 2 ** 62 })], 'above the limit'),
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
  closed('a close frame with an invalid code', [frame(Buffer.from([0, 0]), { opcode: 8 })], 'not a code'),
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
