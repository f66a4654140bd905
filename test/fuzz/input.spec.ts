import * as fc from 'fast-check';
import { MaintenanceConfigurationError, MaintenanceKey } from 'nestjs-maintenance';
import { describe, expect, it } from 'vitest';
import { ApplicationCalls } from '../../lib/core/common/application-calls.js';
import { BypassTokens } from '../../lib/access/bypass-tokens.js';
import { BypassCookie } from '../../lib/access/bypass-cookie.js';
import { Bypass } from '../../lib/access/bypass.js';
import type { HttpRequest } from '../../lib/request/http-request.js';
import { negotiate } from '../../lib/http/negotiation.js';
import { Languages } from '../../lib/i18n/languages.js';
import { resolveOptions, resolveStructure } from '../../lib/options/resolve-options.js';
import { decodeRecord, encodeBody, stampBody } from '../../lib/core/document/codec.js';
import type { KeyRecord } from '../../lib/core/document/record.js';
import { runs } from './runs.js';

/** Does what is called give a value or the one error that is meant for it. */
function settles(call: () => unknown, accepted: new (...args: never[]) => Error): boolean {
  try {
    call();
    return true;
  } catch (error) {
    return error instanceof accepted;
  }
}

const OPTION_NAMES = [
  'cache',
  'redis',
  'namespace',
  'keys',
  'statusCode',
  'refreshDelay',
  'template',
  'ignorePaths',
  'responseType',
];
const MORE_NAMES = [
  'redirect',
  'bypass',
  'permissions',
  'translate',
  'onStale',
  'onUnknown',
  'commandTimeout',
  '__proto__',
  'constructor',
];
const STRUCTURE_NAMES = ['isGlobal', 'path', 'guard', 'coverage', 'socket', 'admin'];

const instant = fc.integer({ min: 0, max: 8.64e15 });
const text = fc.option(fc.string());
const notice = fc.record({
  since: instant,
  until: fc.option(instant),
  announced: fc.boolean(),
  message: text,
  reason: text,
  actor: text,
});
const id = fc.string({ minLength: 1, maxLength: 40 });
const change = fc.record({
  cause: fc.constantFrom(
    'set' as const,
    'unset' as const,
    'maintain' as const,
    'release' as const,
    'expiry' as const,
  ),
  from: fc.boolean(),
  to: fc.boolean(),
  message: text,
  reason: text,
  actor: text,
  revision: fc.nat(),
  at: instant,
  hooks: fc.boolean(),
});
const hold = fc
  .tuple(
    notice,
    fc.record({
      id,
      owner: id,
      host: text,
      pid: fc.option(fc.nat(), { nil: null }),
      fence: fc.nat(),
      locked: fc.boolean(),
      draining: fc.boolean(),
    }),
  )
  .map(([told, own]) => Object.assign(told, own));
const record: fc.Arbitrary<KeyRecord> = fc.record({
  switch: fc.option(notice),
  holds: fc.array(hold, { maxLength: 3 }),
  change,
  write: fc.stringMatching(/^[\w-]{22}$/),
  past: fc.array(id, { maxLength: 8 }),
});
const stored = (value: KeyRecord): string => stampBody(encodeBody(value), value.write, value.change);

describe('any input', () => {
  it('options are accepted, or refused with a configuration error', () => {
    const given = fc.dictionary(
      fc.oneof(fc.constantFrom(...OPTION_NAMES, ...MORE_NAMES), fc.string()),
      fc.anything(),
    );
    fc.assert(
      fc.property(given, (options) => settles(() => resolveOptions(options), MaintenanceConfigurationError)),
      runs,
    );
    fc.assert(
      fc.property(fc.anything(), (options) =>
        settles(() => resolveOptions(options), MaintenanceConfigurationError),
      ),
      runs,
    );
  });

  it('structural options are, too', () => {
    const given = fc.dictionary(fc.oneof(fc.constantFrom(...STRUCTURE_NAMES), fc.string()), fc.anything());
    fc.assert(
      fc.property(given, (options) =>
        settles(() => resolveStructure(options), MaintenanceConfigurationError),
      ),
      runs,
    );
  });

  it('a key name is accepted if it matches the pattern, and refused otherwise', () => {
    const name = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.stringMatching(/^[A-Za-z0-9][\w.-]{0,127}$/),
    );
    fc.assert(
      fc.property(name, (value) => {
        const accepted = settles(() => void new MaintenanceKey(value), Array as never);
        return (
          accepted === /^[A-Za-z0-9][\w.-]{0,127}$/.test(value) &&
          settles(() => new MaintenanceKey(value), MaintenanceConfigurationError)
        );
      }),
      runs,
    );
  });

  it('a record comes back from the store as it went in', () => {
    fc.assert(
      fc.property(record, (value) => {
        expect(decodeRecord(stored(value))).toEqual(value);
      }),
      runs,
    );
  });

  it('a stored value is read as a record, or as an Error with the reason', () => {
    const damaged = fc.tuple(record, fc.nat(), fc.string()).map(([value, at, junk]) => {
      const whole = stored(value);
      const cut = at % whole.length;
      return whole.slice(0, cut) + junk + whole.slice(cut + junk.length);
    });
    fc.assert(
      fc.property(fc.oneof(damaged, fc.json(), fc.anything()), (value) =>
        settles(() => decodeRecord(value), Error),
      ),
      runs,
    );
  });

  it('an Accept header selects one of three representations, Accept-Language one of our languages', () => {
    const languages = new Languages(['en', 'pt-BR']);
    const range = fc.oneof(
      fc.constantFrom(
        'text/html',
        '*/*',
        'application/json',
        'text/html;q=0.5',
        'application/problem+json;q=2',
      ),
      fc.string(),
    );
    const header = fc.array(range, { maxLength: 8 }).map((ranges) => ranges.join(','));
    fc.assert(
      fc.property(header, (accept) => ['html', 'json', 'problem'].includes(negotiate(accept))),
      runs,
    );
    fc.assert(
      fc.property(fc.string(), (accept) => ['en', 'pt-BR'].includes(languages.pick(accept))),
      runs,
    );
  });

  it('no invented token or cookie bypasses or crashes anything', () => {
    const tokens = new BypassTokens(['a-long-and-random-secret'], 'maintenance', {
      id: 'store',
      now: Date.now,
    });
    const calls = new ApplicationCalls(1_000, () => undefined);
    const bypass = new Bypass({}, tokens, new BypassCookie({}), calls);
    const good = tokens.create({}, (key) => ({ name: String(key) }));
    const token = fc.oneof(
      fc.string(),
      fc.base64String().map((value) => `${value}.${value}`),
      fc
        .tuple(fc.nat({ max: good.length - 1 }), fc.string({ minLength: 1, maxLength: 1 }))
        .map(([at, junk]) => good.slice(0, at) + junk + good.slice(at + 1)),
    );
    fc.assert(
      fc.property(token, fc.string(), (value, junk) => {
        const request = {
          method: 'GET',
          url: `/x?maintenance-bypass=${value}&${junk}`,
          headers: {
            cookie: `${junk}; maintenance-bypass=${value}; __Host-maintenance-bypass=${value}`,
            'x-maintenance-bypass': value,
          },
        } as unknown as HttpRequest;
        const passes = bypass.passes(request, 'general') || bypass.link(request) !== undefined;
        // a byte that reads the same, or junk that ends in the good one, is no invention
        return !passes || value.includes(good) || decodeURIComponent(value) === good;
      }),
      runs,
    );
  });
});
