import type { StoreRow } from '../corpus.js';
import { damage, edited, general, OFF, withHeader } from './store-documents.js';

/** One member of the operator's switch, in JSON's own words. */
const written = (member: string, value: string, why: string): StoreRow =>
  damage(
    `${member}: ${value.slice(0, 20)}`,
    (sound) => sound.replace(new RegExp(`"${member}":("[^"]*"|[^,}]*)`), () => `"${member}":${value}`),
    why,
  );
/** Values that are no document: unknown, which is not off. */
export const values: StoreRow[] = [
  damage('nothing', () => '', 'empty'),
  damage('a space', () => ' ', 'not JSON'),
  damage('most of it', (sound) => sound.slice(0, -9), 'truncated'),
  damage('its first bytes', (sound) => sound.slice(0, 30), 'truncated'),
  damage('it, twice', (sound) => sound + sound, 'not JSON'),
  damage('it, and more', (sound) => `${sound};HOSTILE`, 'not JSON'),
  damage('it, after a byte order mark', (sound) => `\uFEFF${sound}`, 'not JSON'),
  damage('text', () => 'HOSTILE', 'not JSON'),
  damage('markup', () => '<script>alert("HOSTILE")</script>', 'not JSON'),
  damage('NULs', () => '\u0000'.repeat(100), 'not JSON'),
  damage('a Lua table', () => '{ ["v"] = 1 }', 'not JSON'),
  damage('foreign JSON', () => '{"user":{"name":"HOSTILE"}}', 'another program’s'),
  ...['null', 'true', '1', '-0', '"HOSTILE"', '[]', '{}', '[1]', '"\\ud800"'].map((json) =>
    damage(`JSON ${json}`, () => json, 'not a document'),
  ),
  damage('depth', () => '['.repeat(100_000), 'not JSON'),
  damage('depth that ends', () => '['.repeat(100_000) + ']'.repeat(100_000), 'not a document'),
];

/** What is not even read, since it is too long. */
export const longDocuments: StoreRow[] = [
  {
    ...damage('5 MB', (sound) => sound + ' '.repeat(5 * 1024 * 1024), 'still read'),
    means: 503,
  },
  damage('200 MB', () => 'HOSTILE'.repeat(30_000_000), 'longer than any of ours'),
];
export const longRecords: StoreRow[] = [
  {
    ...damage(
      '500 kB',
      (sound) => sound + ' '.repeat(500 * 1024),
      'longer than what is written is still read',
    ),
    means: 503,
  },
];

/** Documents of a cache with something in them that cannot be. */
export const documents: StoreRow[] = [
  ...[2, 0, -1, '1', null, 1.5, {}, [1]].map((v) =>
    Object.assign(
      damage(
        `version ${JSON.stringify(v)}`,
        edited((document) => void (document['v'] = v)),
        'another format',
      ),
      { newer: v === 2 },
    ),
  ),
  damage(
    'no version',
    edited((document) => void delete document['v']),
    'another format',
  ),
  ...[
    null,
    {},
    'general',
    [null],
    [1],
    [['general']],
    [['general', null]],
    [[1, OFF]],
    [['general', {}]],
  ].map((records) =>
    damage(
      `records ${JSON.stringify(records).slice(0, 30)}`,
      edited((document) => void (document['records'] = records)),
      'not a list of records',
    ),
  ),
  damage(
    'a write id of 300 characters',
    edited((document) => void (document['w'] = 'x'.repeat(300))),
    'not an id',
  ),
  damage(
    'an empty history',
    edited((document) => void (document['history'] = '')),
    'not an id',
  ),
  ...[-1, 1.5, 2 ** 53, 1e300, '1', null].map((revision) =>
    damage(
      `revision ${revision}`,
      edited((document) => void (document['revision'] = revision)),
      'not a number that can be counted on',
    ),
  ),
];

/** Records with something in them that cannot be. */
export const records: StoreRow[] = [
  ...['2', '0', '-1', '', 'v1', '1.5'].map((format) =>
    Object.assign(
      damage(
        `format ${format}`,
        withHeader((header) => (header[0] = format)),
        'another format',
      ),
      { newer: format === '2' },
    ),
  ),
  damage(
    'no write id',
    withHeader((header) => (header[1] = '')),
    'not an id',
  ),
  ...['-1', '1.5', String(2 ** 53), '9'.repeat(300), 'x'].map((revision) =>
    damage(
      `revision ${revision.slice(0, 20)}`,
      withHeader((header) => (header[2] = revision)),
      'not a number that can be counted on',
    ),
  ),
  damage(
    'a time past the last instant',
    withHeader((header) => (header[3] = '8640000000000001')),
    'not a timestamp',
  ),
  damage(
    'invalid past writes',
    general((record) => void (record['past'] = [1])),
    'not an id',
  ),
  damage(
    'holds that are an object',
    general((record) => void (record['holds'] = { length: 0 })),
    'not a list',
  ),
  damage(
    'a hold of nobody',
    general((record) => void (record['holds'] = [{ ...record.switch, id: '', owner: '' }])),
    'not an id',
  ),
  damage(
    'a fence that is infinite',
    (sound) =>
      general(
        (record) =>
          void (record['holds'] = [{ ...record.switch, id: 'a', owner: 'b', fence: 4_242, locked: true }]),
      )(sound).replace('4242', '1e999'),
    'not a number that can be counted on',
  ),
  {
    ...damage(
      'cause __proto__',
      general((record) => void (record.change['cause'] = '__proto__')),
      'a cause that this version does not know',
    ),
    means: 503,
  },
  written('until', 'NaN', 'not JSON'),
  written('until', '"NaN"', 'not a timestamp'),
  written('until', '1e999', 'not a timestamp'),
  written('until', '-1e999', 'not a timestamp'),
  written('until', '8640000000000001', 'past the last instant'),
  written('until', '"2999-01-01T00:00:00Z"', 'instants are numbers'),
  written('until', '{}', 'not a timestamp'),
  written('since', 'null', 'not a timestamp'),
  written('since', '1e300', 'not a timestamp'),
  written('message', '{"toString":"HOSTILE"}', 'not text'),
  written('message', '["HOSTILE"]', 'not text'),
  written('reason', '1', 'not text'),
  written('actor', 'true', 'not text'),
];
