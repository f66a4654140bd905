import { describe, expect, it } from 'vitest';
import { BypassTokens } from '../../lib/access/bypass-tokens.js';

const OLD = 'the secret of last year, 32 long';
const NEW = 'the secret of this year, 32 long';

interface Made {
  secrets?: string[];
  namespace?: string;
  store?: string | undefined;
}
const make = ({ secrets = [OLD], namespace = 'shop', store }: Made = {}): BypassTokens =>
  new BypassTokens(secrets, namespace, { id: store, now: Date.now });
const create = (tokens: BypassTokens, keys?: string[]): string =>
  tokens.create({ ...(keys && { keys }) }, (key) => ({ name: String(key) }));

describe('bypass tokens', () => {
  it.each([
    ['a misspelt option', { key: ['billing'] }, 'Unknown option "key" of createBypassToken()'],
    ['no options', null, '"options of createBypassToken()" received null'],
    ['a name', 'billing', '"options of createBypassToken()" received "billing"'],
  ])('are not created from %s, which would grant all keys', (_what, options, message) => {
    expect(() => make().create(options as never, (key) => ({ name: String(key) }))).toThrow(message);
  });

  it('support secret rotation: the first secret signs, all verify', () => {
    const before = create(make());
    const rotated = make({ secrets: [NEW, OLD] });
    const after = create(rotated);
    expect([before, after].map((token) => rotated.check(token) !== undefined)).toEqual([true, true]);
    expect(make({ secrets: [NEW] }).check(after)).toBeDefined();
    expect(make({ secrets: [OLD] }).check(after)).toBeUndefined();
    expect(make({ secrets: [NEW] }).check(before)).toBeUndefined();
  });

  it.each([
    ['the store it was made for', { store: '1-a' }, { store: '1-a' }, true],
    ['another store', { store: '1-a' }, { store: '2-b' }, false],
    ['a store, created where none was known', {}, { store: '1-a' }, false],
    ['a process that has not read its store', { store: '1-a' }, {}, true],
    ['a process with its own memory', {}, {}, true],
    ['another namespace', { store: '1-a' }, { store: '1-a', namespace: 'other' }, false],
    ['another namespace, without a store', {}, { namespace: 'other' }, false],
  ])('in %s', (_where, maker: Made, checker: Made, passes) => {
    expect(make(checker).check(create(make(maker))) !== undefined).toBe(passes);
  });

  it('fit into a cookie, name included; longer ones are refused', () => {
    const tokens = make({ store: '1764150000000-0123456789abcdefghijkl' });
    const cookie = (token: string) => `__Host-maintenance-bypass${token}`.length;
    const keys = Array.from({ length: 400 }, (_, index) => `key-${index}`);
    const fits = (count: number): boolean => {
      try {
        return cookie(create(tokens, keys.slice(0, count))) <= 4_096;
      } catch {
        return false;
      }
    };
    const most = keys.findIndex((_, index) => !fits(index + 1));
    const longest = create(tokens, keys.slice(0, most));
    expect(tokens.check(longest)?.keys?.size).toBe(most);
    expect(cookie(longest)).toBeGreaterThan(4_000);
    expect(() => create(tokens, keys.slice(0, most + 1))).toThrow(
      `option "keys" received ${most + 1} keys, which need `,
    );
    expect(() => create(tokens, keys)).toThrow('4071 characters, the most that a cookie can hold');
  });
});
