import { describe, expect, it } from 'vitest';
import {
  checkSize,
  decode,
  encode,
  MAX_BYTES,
  MAX_READ_BYTES,
  randomId,
  versionOf,
} from '../../lib/core/document/codec.js';
import { MaintenanceStoreError } from '../../lib/core/errors/errors.js';
import { applyEdit } from '../../lib/core/document/updates.js';
import { change, document, hold, notice, record } from './documents.js';

const full = document(
  {
    general: record({
      switch: notice({ until: 5_000, announced: true, message: 'Grüße — 😀', actor: 'ada' }),
    }),
    'import-export': record({
      holds: [hold({ draining: true }), hold({ id: 'hold-2', locked: false, until: 9_000 })],
      change: change({ cause: 'maintain', hooks: false }),
    }),
    off: record({ change: change({ to: false, cause: 'unset', revision: 7 }) }),
  },
  { write: randomId(), revision: 7 },
);

describe('the stored document', () => {
  it('comes back as it went in', () => {
    expect(decode(encode(full))).toEqual(full);
  });

  it('keeps keys whose names an object could not', () => {
    const odd = document({ constructor: record() });
    const text = encode({ ...odd, keys: new Map([...odd.keys, ['__proto__', record()]]) });
    expect([...decode(text).keys.keys()]).toEqual(['constructor', '__proto__']);
  });

  it('begins with its write id, which its version is made of', () => {
    const text = encode(full);
    expect(text.startsWith(`{"v":1,"w":"${full.write}"`)).toBe(true);
    expect(versionOf(text)).toBe(`${full.write}#${Buffer.byteLength(text)}`);
    expect(versionOf(text.replace('"v":1', '"v":12'))).toBe(
      `12:${full.write}#${Buffer.byteLength(text) + 1}`,
    );
    expect(versionOf(encode({ ...full, write: randomId() }))).not.toBe(versionOf(text));
  });

  it('gives every write an id of its own of one length', () => {
    const ids = Array.from({ length: 100 }, randomId);
    expect(new Set(ids).size).toBe(100);
    expect(ids.every((id) => id.length === 22)).toBe(true);
  });
});

const raw = JSON.parse(encode(full)) as Record<string, unknown>;
const but = (over: Record<string, unknown>): string => JSON.stringify({ ...raw, ...over });
const general = (over: Record<string, unknown>): string =>
  but({ keys: [['general', { switch: null, holds: [], change: change(), ...over }]] });

describe('a value that cannot be read', () => {
  it.each([
    ['nothing', undefined, 'it is undefined, not text'],
    ['null', null, 'it is null, not text'],
    ['a number', 7, 'it is number, not text'],
    ['an empty text', '', 'it is empty'],
    ['a truncated text', encode(full).slice(0, -20), 'it is not JSON'],
    ['something else', 'hello', 'it is not JSON'],
    ['a number as JSON', '7', 'its document is not an object'],
    ['a list', '[]', 'its document is not an object'],
    ['foreign JSON', '{"user":1}', 'it is of version undefined, this library reads 1'],
    ['another version', but({ v: 2 }), 'it is of version 2, this library reads 1'],
    ['a long version', but({ v: 'x'.repeat(999) }), 'it is of version "xxxxxxxxxxxxxxxxxxx, this'],
    ['no write id', but({ w: '' }), 'its write id is not an id'],
    ['a history of 10 kB', but({ history: 'x'.repeat(10_000) }), 'its history is not an id'],
    ['a negative revision', but({ revision: -1 }), 'its revision is not a whole number'],
    ['a broken revision', but({ revision: 1.5 }), 'its revision is not a whole number'],
    ['keys that are no list', but({ keys: {} }), 'its keys are not a list'],
    ['a key without a name', but({ keys: [[7, {}]] }), 'a key has no name'],
    ['a key that is no object', but({ keys: [['general', null]] }), 'its key is not an object'],
    ['holds that are no list', general({ holds: 1 }), 'the holds of a key are not a list'],
    ['a hold without an id', general({ holds: [{ ...hold(), id: 7 }] }), 'its hold id is not an id'],
    ['a hold without a fence', general({ holds: [{ ...hold(), fence: '1' }] }), 'its fence is not a whole'],
    ['a switch that is true', general({ switch: true }), 'its switch is not an object'],
    [
      'an end that is text',
      general({ switch: notice({ until: 'x' as never }) }),
      'its until is not a timestamp',
    ],
    ['an end beyond time', general({ switch: notice({ until: 8.65e15 }) }), 'its until is not a timestamp'],
    ['a message of numbers', general({ switch: notice({ message: 7 as never }) }), 'is not text'],
    [
      'a cause that is a number',
      general({ change: change({ cause: 7 as never }) }),
      'its cause is not an id',
    ],
    ['a fence that is text', general({ fence: '7' }), 'its highest fence is not a whole number'],
  ])('says what is wrong with %s', (_, value, message) => {
    expect(() => decode(value)).toThrow(message);
  });

  it('is not parsed when it is too long', () => {
    expect(() => decode(`{"v":1${' '.repeat(MAX_READ_BYTES)}}`)).toThrow(
      `longer than ${MAX_READ_BYTES} bytes`,
    );
  });
});

describe('a document that is too long', () => {
  const long = (bytes: number) =>
    document({ general: record({ switch: notice({ message: 'x'.repeat(bytes) }) }) });

  it('is read, and not written unless it is shorter than the stored one', () => {
    const [longer, shorter] = [long(MAX_BYTES + 2_000), long(MAX_BYTES + 1_000)];
    expect(decode(encode(longer))).toEqual(longer);
    expect(() => checkSize(long(MAX_BYTES - 1_000), null)).not.toThrow();
    expect(() => checkSize(longer, null)).toThrow(/would be \d+ bytes long.*Nothing was written/);
    expect(() => checkSize(longer, shorter)).toThrow(MaintenanceStoreError);
    expect(() => checkSize(longer, longer)).not.toThrow();
    expect(() => checkSize(shorter, longer)).not.toThrow();
  });
});

describe('what another version has written', () => {
  const raw = {
    v: 1,
    w: randomId(),
    plans: [{ key: 'general' }],
    history: 'h',
    revision: 7,
    keys: [
      [
        'general',
        {
          windows: [{ id: 'w1' }],
          switch: { ...notice(), ticket: 'OPS-1' },
          holds: [{ ...hold(), step: 3 }],
          change: { ...change({ cause: 'window' as never }), channel: 'cli' },
          fence: 12,
        },
      ],
    ],
    grants: { a: 1 },
  };

  it('is written again with the fields and causes that this version does not know', () => {
    const known = decode(JSON.stringify(raw));
    expect(known.keys.get('general')!.change.cause).toBe('window');
    expect(JSON.parse(encode(known))).toEqual(raw);
  });

  it('stays when this version changes the key', () => {
    const known = decode(JSON.stringify(raw));
    const before = known.keys.get('general')!;
    const edit = {
      switch: notice({ message: 'new' }),
      holds: before.holds,
      cause: 'set',
      message: 'new',
      reason: null,
      actor: null,
      hooks: true,
    } as const;
    const after = JSON.parse(encode(applyEdit(known, 'general', before, edit, 5_000))) as typeof raw;
    expect(after).toMatchObject({ plans: raw.plans, grants: raw.grants, revision: 8 });
    const [, key] = after.keys[0] as [string, Record<string, unknown>];
    expect(key).toMatchObject({
      windows: [{ id: 'w1' }],
      switch: { message: 'new', ticket: 'OPS-1' },
      holds: [{ step: 3 }],
      fence: 12,
    });
    // what described the change before does not describe this one
    expect(key.change).not.toHaveProperty('channel');
  });

  it('may lack fields that this version knows', () => {
    const { since, announced, message, reason } = notice();
    const older = { since, announced, message, reason };
    const text = JSON.stringify({
      v: 1,
      w: randomId(),
      history: 'h',
      revision: 1,
      keys: [['general', { switch: older, change: change() }]],
    });
    expect(decode(text).keys.get('general')).toEqual(record({ switch: notice() }));
  });

  it('keeps names that an object could not', () => {
    const text = `{"v":1,"w":"${randomId()}","history":"h","revision":1,"keys":[["general",{"switch":null,"holds":[],"change":${JSON.stringify(change())},"__proto__":{"polluted":1}}]],"__proto__":{"x":1}}`;
    const known = decode(text);
    expect(encode(known)).toContain('"__proto__":{"polluted":1}');
    expect(encode(known)).toContain('"__proto__":{"x":1}');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});
