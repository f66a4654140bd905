import type { StoreRow } from '../corpus.js';
import { edited, general, OFF, withContent, withHeader, type Json } from './store-documents.js';

const believed = (
  name: string,
  means: 'nothing' | 200 | 503,
  text: (sound: string) => string | Buffer,
  why: string,
): StoreRow => ({ name, text: (sound) => text(newer(sound)), means, why });
/** As another writer would have written it, whom to believe is the rule. */
const newer = (sound: string): string => {
  const [, write = ''] = sound.split(' ', 2);
  const next = withHeader((header) => {
    header[1] = 'somebodyElseWroteThis0';
    header[2] = String(Number(header[2]) + 1);
    header[3] = String(Number(header[3]) + 1);
  })(sound);
  return general((record) => void (record['past'] = [write]))(next);
};

const document = (
  name: string,
  means: 'nothing' | 200 | 503,
  edit: (document: Json & { records: [string, string][] }) => unknown,
  why: string,
): StoreRow => ({
  name,
  means,
  why,
  text: edited((whole) => {
    whole['w'] = 'somebodyElseWroteThis0';
    whole['revision'] = Number(whole['revision']) + 1;
    edit(whole as never);
  }),
});

/** Documents of a cache that nobody of us wrote, but could have. */
export const strangeDocuments: StoreRow[] = [
  document(
    'unknown members',
    503,
    (whole) => Object.assign(whole, { constructor: { prototype: { operator: true } }, grants: {} }),
    'left alone, and nothing polluted',
  ),
  document(
    'keys with names of properties',
    503,
    ({ records }) => {
      const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '', '\u0000', '<b>'];
      records.push(...names.map((name): [string, string] => [name, OFF]));
    },
    'keys of somebody else',
  ),
  document(
    '5,000 keys',
    503,
    ({ records }) =>
      records.push(...Array.from({ length: 5_000 }, (_, i): [string, string] => [`k${i}`, OFF])),
    'keys of somebody else',
  ),
  document(
    'a key of 1 MB',
    503,
    ({ records }) => records.push(['x'.repeat(1_000_000), OFF]),
    'somebody else’s',
  ),
  document(
    'a key twice',
    'nothing',
    ({ records }) => records.push(['general', OFF], ['hidden-key', OFF]),
    'the last of them is older than what was known',
  ),
  document('no keys', 'nothing', (whole) => (whole.records = []), 'one of the same history that knows less'),
  document('another history', 503, (whole) => (whole['history'] = '__proto__'), 'an id like any other'),
  document(
    'ends that have come',
    200,
    ({ records }) => {
      for (const entry of records) {
        entry[1] = newer(
          general((record) => Object.assign(record.switch, { until: -1, announced: true }))(entry[1]),
        );
      }
    },
    'over',
  ),
  document(
    'the last revision there is',
    503,
    (whole) => (whole['revision'] = Number.MAX_SAFE_INTEGER),
    'can be changed nevertheless',
  ),
];

/** Records that nobody of us wrote, but could have. */
export const curiosities: StoreRow[] = [
  believed(
    'white space',
    503,
    withContent((content) => JSON.stringify(JSON.parse(content), null, '\t')),
    'the same, spelt otherwise',
  ),
  believed(
    'members in another order',
    503,
    withContent((content) => JSON.stringify(reversed(JSON.parse(content) as Json))),
    'the same',
  ),
  believed(
    'unknown members',
    503,
    withContent((content) =>
      content.replace('{', '{"__proto__":{"value":false},"constructor":{"prototype":{"operator":true}},'),
    ),
    'left alone, and nothing polluted',
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
    withHeader((header) => {
      header[2] = String(Number.MAX_SAFE_INTEGER);
      header[3] = '8640000000000000';
    }),
    'an instant',
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
    'a message of 500 kB',
    503,
    general((record) => Object.assign(record.switch, { message: 'x'.repeat(500_000) })),
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
