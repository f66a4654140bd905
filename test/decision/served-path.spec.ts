import * as fc from 'fast-check';
import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { servedPath } from '../../lib/decision/served-path.js';

describe('the path that a request asks for', () => {
  it.each([
    ['/', '/'],
    ['/robots.txt', '/robots.txt'],
    ['/.well-known/acme-challenge/x', '/.well-known/acme-challenge/x'],
    ['/%72obots.txt', '/robots.txt'],
    ['/f%C3%BCr/alle', '/für/alle'],
    ['/a%20b/', '/a b/'],
    ['/...', '/...'],
    ['/a..b/.c', '/a..b/.c'],
    ['/100%25', '/100%'],
    ['/a;b/c;d', '/a;b/c;d'],
  ])('%s is %s', (path, expected) => {
    expect(servedPath(path)).toBe(expected);
  });

  it.each([
    '',
    '*',
    'robots.txt',
    '//a',
    '/a//b',
    '/a/%2fb',
    '/a%2Fb',
    '/a%5cb',
    '/a\\b',
    '/a%00',
    '/a\0',
    '/.',
    '/..',
    '/./a',
    '/a/..',
    '/a/../b',
    '/a/%2e%2e/b',
    '/a/.%2E',
    '/a/%252e%252e/b',
    '/a%252fb',
    '/a/..;/b',
    '/a/..;x=1/b',
    '/a/.;',
    '/a/..%3b/b',
    '/a/%2e%2e%253B/b',
    '/%',
    '/%ff',
    '/%E0%A4%A',
  ])('rejects %j', (path) => {
    expect(servedPath(path)).toBeUndefined();
  });

  it('is the same whether it is resolved, decoded, or decoded twice', () => {
    const piece = fc.oneof(
      fc.constantFrom('/', '.', '..', '%2e', '%2f', '%5c', '%25', '%252e', '\\', '\0', '%00', 'a', 'brand'),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const served = servedPath(`/${pieces.join('')}`) ?? '/';
        const again = decode(served);
        expect([served, again, again.replaceAll('\\', '/')].map((path) => posix.normalize(path))).toEqual([
          served,
          again,
          again,
        ]);
      }),
      { numRuns: 3_000 },
    );
  });
});

const decode = (path: string): string => {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
};
