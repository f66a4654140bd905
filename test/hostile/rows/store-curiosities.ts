import type { StoreRow } from '../corpus.js';
import { edited, general, OFF, type Json } from './store-documents.js';

const believed = (
  name: string,
  means: 'nothing' | 200 | 503,
  text: (sound: string) => string | Buffer,
  why: string,
): StoreRow => ({ name, text: (sound) => text(newer(sound)), means, why });
/** As another writer would have written it, whom to believe is the rule. */
const newer = edited((document) => {
  document['w'] = 'somebodyElseWroteThis0';
  document['revision'] = Number(document['revision']) + 1;
});

/** Documents that nobody of us wrote, but could have. */
export const curiosities: StoreRow[] = [
  believed(
    'white space',
    503,
    (sound) => JSON.stringify(JSON.parse(sound), null, '\t'),
    'the same, spelt otherwise',
  ),
  believed(
    'members in another order',
    503,
    (sound) => JSON.stringify(reversed(JSON.parse(sound) as Json)),
    'the same',
  ),
  believed(
    'members that nobody knows',
    503,
    (sound) =>
      sound.replace('{', '{"__proto__":{"value":false},"constructor":{"prototype":{"operator":true}},'),
    'left alone, and nothing polluted',
  ),
  believed(
    'keys with names of properties',
    503,
    edited((document) => {
      const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '', '\u0000', '<b>'];
      (document['keys'] as unknown[]).push(...names.map((name) => [name, OFF]));
    }),
    'keys of somebody else',
  ),
  believed(
    '5,000 keys',
    503,
    edited((document) => {
      (document['keys'] as unknown[]).push(
        ...Array.from({ length: 5_000 }, (_, index) => [`k${index}`, OFF]),
      );
    }),
    'keys of somebody else',
  ),
  believed(
    'a key of 1 MB',
    503,
    edited((document) => void (document['keys'] as unknown[]).push(['x'.repeat(1_000_000), OFF])),
    'a key of somebody else',
  ),
  believed(
    'a key twice',
    'nothing',
    edited((document) => {
      (document['keys'] as unknown[]).push(['general', OFF], ['hidden-key', OFF]);
    }),
    'the last of them is older than what was known',
  ),
  believed(
    'no keys',
    'nothing',
    edited((document) => void (document['keys'] = [])),
    'a document of the same history that knows less',
  ),
  believed(
    'another history',
    503,
    edited((document) => void (document['history'] = '__proto__')),
    'an id like any other',
  ),
  believed(
    'the last revision there is',
    503,
    edited((document) => void (document['revision'] = Number.MAX_SAFE_INTEGER)),
    'can be changed nevertheless',
  ),
  believed(
    'an end in the last millisecond there is',
    503,
    general((record) => Object.assign(record.switch, { until: 8.64e15, announced: true })),
    'far away',
  ),
  believed(
    'an end in a fraction of a millisecond',
    503,
    general((record) => Object.assign(record.switch, { until: 4.2e12 + 0.5, announced: true })),
    'an instant',
  ),
  believed(
    'since before and after all time',
    503,
    general((record) => Object.assign(record.switch, { since: -8.64e15 })),
    'an instant',
  ),
  believed(
    'a change of the last millisecond there is',
    503,
    general((record) => Object.assign(record.change, { at: 8.64e15, revision: Number.MAX_SAFE_INTEGER })),
    'an instant',
  ),
  believed(
    'ends that have come',
    200,
    edited((document) => {
      for (const [, record] of document['keys'] as [string, { switch: Json }][]) {
        Object.assign(record.switch, { until: -1, announced: true });
      }
    }),
    'over',
  ),
  believed(
    'a message with markup, lines and halves of characters',
    503,
    general((record) =>
      Object.assign(record.switch, {
        message:
          '</script><script>alert(9)</script>\r\nSet-Cookie: a=b\r\n\r\n\u0000\ud800\u2028 ${x} {{x}} <%= x %>',
      }),
    ),
    'text, whatever it says',
  ),
  believed(
    'a message of 1 MB',
    503,
    general((record) => Object.assign(record.switch, { message: 'x'.repeat(1_000_000) })),
    'long, and nothing else',
  ),
  believed(
    '2,000 holds of nobody',
    503,
    general((record) => {
      record['holds'] = Array.from({ length: 2_000 }, (_, index) => ({
        ...record.switch,
        id: `h${index}`,
        owner: '__proto__',
        fence: Number.MAX_SAFE_INTEGER,
        locked: true,
        draining: true,
      }));
    }),
    'abandoned, and can be ended',
  ),
];

function reversed(document: Json): Json {
  return Object.fromEntries(Object.entries(document).toReversed());
}
