import { describe, expect, it } from 'vitest';
import { decodeRecord, encodeBody, stampBody } from '../../lib/core/document/codec.js';
import type { KeyRecord } from '../../lib/core/document/record.js';
import { applyEdit } from '../../lib/core/document/updates.js';
import { visitorTextOption } from '../../lib/core/texts/text-option.js';
import { readText, toStoredJson } from '../../lib/core/texts/stored-text.js';
import { TextChoice } from '../../lib/i18n/text-choice.js';

const TEXTS = { '': 'Back soon', de: 'Gleich zurück', 'pt-BR': 'Já voltamos' };

describe('a text for visitors', () => {
  it.each<[string, unknown, unknown]>([
    ['text', 'Back soon', 'Back soon'],
    ['no text', '', null],
    ['null', null, null],
    ['nothing', undefined, null],
    ['one per language', TEXTS, TEXTS],
    ['tags in another spelling', { DE: 'x', 'PT-br': 'y' }, { de: 'x', 'pt-BR': 'y' }],
    ['only one for everybody', { '': 'Back soon' }, 'Back soon'],
    ['empty texts', { '': 'Back soon', de: '' }, 'Back soon'],
    ['nothing but spaces', ' \n\t', null],
    ['blank texts', { '': ' ', de: 'Gleich zurück' }, { de: 'Gleich zurück' }],
    ['only empty texts', { '': '', de: '' }, null],
    ['an object without a prototype', Object.assign(Object.create(null), { de: 'x' }), { de: 'x' }],
  ])('may be %s', (_what, given, read) => {
    expect(visitorTextOption('message', given)).toEqual(read);
  });

  it.each<[string, unknown, string]>([
    ['a number', 7, 'received 7'],
    ['an object without a text', {}, 'received an object (Object)'],
    ['a list', ['x'], 'received an array of 1'],
    ['an instance', new Date(0), 'received 1970-01-01T00:00:00.000Z'],
    ['an invalid tag', { de_AT: 'x' }, 'received "x" for the language "de_AT"'],
    ['a wildcard', { '*': 'x' }, 'received "x" for the language "*"'],
    ['the prototype', JSON.parse('{"__proto__": "x"}'), 'received "x" for the language "__proto__"'],
    ['a language twice', { de: 'x', DE: 'y' }, 'received "y" for the language "DE"'],
    ['a value that is not text', { de: 1 }, 'received 1 for the language "de"'],
    ['a long tag', { [`de-${'x'.repeat(40)}`]: 'x' }, 'for the language "de-'],
    ['too long a text', 'x'.repeat(10_001), 'a string of at most 10000 characters'],
    [
      'texts that are too long together',
      { de: 'x'.repeat(5_001), fr: 'x'.repeat(5_000) },
      'received an object (Object)',
    ],
    [
      'too many languages',
      Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`en-x-l${i}`, 'x'])),
      'received an object (Object)',
    ],
  ])('must not be %s', (_what, given, why) => {
    expect(() => visitorTextOption('message', given)).toThrow(why);
    expect(() => visitorTextOption('message', given)).toThrow('"message"');
  });
});

describe('texts per language in the store', () => {
  const notice = { since: 1, until: null, announced: false, reason: null, actor: null };
  const edit = (message: unknown) =>
    applyEdit(
      undefined,
      {
        switch: { ...notice, message: visitorTextOption('message', message) },
        holds: [],
        cause: 'set',
        message: visitorTextOption('message', message),
        reason: null,
        actor: null,
        hooks: true,
      },
      { revision: 1, at: 5 },
    );
  const stored = (record: KeyRecord) => stampBody(encodeBody(record), record.write, record.change);

  it('are read as they were written, in the switch and in its change', () => {
    const record = decodeRecord(stored(edit(TEXTS)));
    expect(record.switch?.message).toEqual(TEXTS);
    expect(record.change.message).toEqual(TEXTS);
    expect(record.switch).not.toHaveProperty('messages');
  });

  it('leave one text for a version that knows no others', () => {
    const body = JSON.parse(encodeBody(edit(TEXTS))) as { switch: object };
    expect(body.switch).toMatchObject({ message: 'Back soon', messages: TEXTS });
  });

  it('do not outlive a change by such a version', () => {
    expect(readText({ message: 'Another', messages: TEXTS }, 'message')).toBe('Another');
    expect(readText({ message: 'Back soon', messages: { '': 'Back soon', de: 4 } }, 'message')).toBe(
      'Back soon',
    );
    expect(readText({ message: 'x', messages: ['x'] }, 'message')).toBe('x');
  });

  it('do not affect other fields', () => {
    const value = { message: '"message":{', list: [{ announcement: null }], messages: {} };
    expect(toStoredJson(value)).toBe(JSON.stringify(value));
  });
});

describe('the choice among languages', () => {
  const choice = new TextChoice('en');
  it.each<[string | undefined, string]>([
    [undefined, ''],
    ['de', 'de'],
    ['de-AT,de;q=0.9', 'de'],
    ['fr,de;q=0.5', 'de'],
    ['fr', ''],
    ['pt', 'pt-BR'],
    ['pt-PT', 'pt-BR'],
    ['en-GB,en;q=0.9,de;q=0.5', ''],
    ['de;q=0', ''],
    ['*', ''],
    [`${'x,'.repeat(2_000)}de`, ''],
  ])('for %s is "%s"', (header, tag) => {
    expect(choice.pick(TEXTS, header)).toBe(tag);
  });

  it("takes the default text for the application's language, unless that has a text of its own", () => {
    expect(new TextChoice('de-CH').pick({ '': 'Grüezi', en: 'Hello' }, 'de,en;q=0.5')).toBe('');
    expect(new TextChoice('de').pick({ '': 'x', de: 'y', en: 'z' }, 'de,en;q=0.5')).toBe('de');
  });
});
