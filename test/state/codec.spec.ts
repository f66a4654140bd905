import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeRecord,
  encodeBody,
  markOf,
  MAX_READ_BYTES,
  NewerFormatError,
  stampBody,
} from '../../lib/core/document/codec.js';
import { formatVersion, isAtLeast, parseVersion } from '../../lib/core/document/version.js';
import { change, hold, notice, record } from './documents.js';

const written = (one = record()) => stampBody(encodeBody(one), one.write, one.change);
const withBody = (body: object) => `1 w 1 1000\n${JSON.stringify({ change: change(), ...body })}`;

describe('a stored record', () => {
  it('is read as it was written', () => {
    const full = record({
      switch: notice({ until: 5_000, announced: true, message: 'Grüße 😀\n|', reason: 'why', actor: 'ada' }),
      holds: [hold(), hold({ id: 'hold-2', locked: false, draining: true, fence: 7, lease: 9_000 })],
      change: change({ cause: 'maintain', hooks: false, revision: 17, at: 1_234, delegated: true, shown: 9 }),
      fence: 7,
      past: ['a', 'b'],
    });
    expect(decodeRecord(written(full))).toEqual(full);
    expect(markOf(written(full))).toBe(full.write);
  });

  it('is read as it was written, whatever it says', () => {
    const texts = fc.option(fc.string({ unit: 'grapheme' }));
    const property = fc.property(
      texts,
      texts,
      fc.maxSafeNat(),
      fc.nat(8e15),
      (message, reason, revision, at) => {
        const one = record({
          switch: notice({ message, reason }),
          change: change({ revision, at, message }),
        });
        expect(decodeRecord(written(one))).toEqual(one);
      },
    );
    fc.assert(property);
  });

  it('keeps fields and causes that this version does not know', () => {
    const text = withBody({
      colour: 'red',
      switch: { ...notice(), tone: 1 },
      holds: [{ ...hold(), progress: { done: 1 } }],
      change: { ...change(), cause: 'window', by: 'calendar' },
    });
    const read = decodeRecord(text);
    expect(JSON.parse(encodeBody(read))).toMatchObject({
      colour: 'red',
      switch: { tone: 1 },
      holds: [{ progress: { done: 1 } }],
      change: { cause: 'window', by: 'calendar' },
    });
  });

  it('may lack fields that an older version did not know', () => {
    const bare = { ...notice(), message: undefined };
    const oldHold = { ...hold(), host: undefined, pid: undefined };
    const read = decodeRecord(withBody({ switch: bare, holds: [oldHold] }));
    expect(read).toMatchObject({
      switch: { message: null },
      holds: [{ host: null, pid: null }],
      past: [],
    });
  });

  it.each([
    [undefined, 'it is undefined, not text'],
    [null, 'it is null, not text'],
    ['', 'it is empty'],
    ['x', 'it does not start like a record'],
    ['{"v":1}', 'it does not start like a record'],
    ['1 w 1 1000\n{"switch":nu', 'it is not JSON'],
    ['1 w 1 1000\n[]', 'its content is not an object'],
    ['1 w 1 1000\n{}', 'its change is not an object'],
    ['0 w 1 1000\n{}', 'its format is version 0, this library reads version 1'],
    ['1 w 99999999999999999 1000\n{}', 'its revision is not a whole number'],
    ['1 w 1 9000000000000000\n{}', 'its time is not a timestamp'],
    [withBody({ holds: 1 }), 'the holds of a key are not a list'],
    [withBody({ past: 1 }), 'the past writes of a key are not a list'],
    [withBody({ past: [1] }), 'its past is not an id'],
    [withBody({ fence: -1 }), 'its highest fence is not a whole number'],
    ['x'.repeat(MAX_READ_BYTES + 1), `it is longer than ${MAX_READ_BYTES} bytes`],
  ])('is refused if it is not one: %#', (text, message) => {
    expect(() => decodeRecord(text)).toThrow(new Error(message));
  });

  it('of a newer version names the version needed', () => {
    expect(() => decodeRecord('2 w 1 1000\nanything')).toThrow(NewerFormatError);
    expect(() => decodeRecord('2 w 1 1000\nanything')).toThrow('that knows version 2 is needed');
  });

  it('is identified by its write id, its format, or a digest', () => {
    expect(markOf('1 abc 1 1000\n{')).toBe('abc');
    expect(markOf('2 abc 1 1000\n{')).toBe('2:abc');
    expect(markOf('garbage')).toMatch(/^~[0-9a-f]{40}$/);
    expect(markOf('garbage')).not.toBe(markOf('other garbage'));
  });
});

describe('a version', () => {
  it('has three parts', () => {
    const parts = { history: 'h-1', revision: 12, write: 'w_2' };
    expect(parseVersion(formatVersion(parts))).toEqual(parts);
    for (const none of ['', '?', '!string', 'a.b', 'a.1', 'a.x.b', 'a.99999999999999999.b']) {
      expect(parseVersion(none)).toBeUndefined();
    }
  });

  it('includes others of the same history with no higher number', () => {
    expect(isAtLeast('h.2.b', 'h.1.a')).toBe(true);
    expect(isAtLeast('h.1.a', 'h.2.b')).toBe(false);
    expect(isAtLeast('i.2.b', 'h.1.a')).toBe(false);
    expect(isAtLeast('', 'h.1.a')).toBe(false);
    expect(isAtLeast('', '')).toBe(true);
  });
});
