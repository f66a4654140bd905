import { describe, expect, it } from 'vitest';
import { negotiate } from '../../lib/http/negotiation.js';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8';

describe('Accept', () => {
  it.each([
    [BROWSER, 'html'],
    ['text/html', 'html'],
    ['TEXT/HTML', 'html'],
    ['text/html;charset=utf-8', 'html'],
    ['text/html; charset=utf-8; q=0.9, application/json;q=0.8', 'html'],
    ['application/xhtml+xml', 'html'],
    ['application/xhtml+xml;q=0.9, application/json;q=0.8', 'html'],
    ['text/html, application/json', 'html'],
    ['application/json, text/html', 'html'],
    ['application/json;q=0.5, text/html;q=0.5', 'html'],
    ['application/problem+json, text/html', 'html'],
    ['text/html;q=0.1', 'html'],
    ['text/html;q=0.9, application/json', 'json'],
    ['text/html;q=0.5, */*;q=0.8', 'json'],
    ['text/html;q=0, */*', 'json'],
    ['text/html;q=0', 'json'],
    [undefined, 'json'],
    ['', 'json'],
    ['*/*', 'json'],
    ['text/*', 'json'],
    ['application/*', 'json'],
    ['image/png', 'json'],
    ['application/json', 'json'],
    ['application/json, application/problem+json;q=0.5', 'json'],
    ['application/problem+json', 'problem'],
    ['application/problem+json;q=0.2', 'problem'],
    ['application/problem+json, application/json', 'problem'],
    ['application/json, application/problem+json', 'problem'],
    ['application/problem+json, */*;q=0.8', 'problem'],
    ['application/problem+json;q=0', 'json'],
  ] as const)('%s asks for %s', (accept, expected) => {
    expect(negotiate(accept)).toBe(expected);
    // remembered
    expect(negotiate(accept)).toBe(expected);
  });

  it.each([
    ',;,;=;q',
    'text/html;q=abc',
    'text/html;q=-1',
    'text/html;q=',
    'text',
    '/',
    '"',
    'text/html;"',
    '\u0000',
    'a/b;q=0.1;q=0.2',
    '*/*;q=1e999',
    `${'text/html;q=0.5,'.repeat(1_000)}`,
    `${'x/y,'.repeat(4_000)}`,
    'a'.repeat(16_000),
  ])('a malformed header still gets a response: %j', (accept) => {
    expect(['html', 'json', 'problem']).toContain(negotiate(accept));
  });

  it('is weighed right even after more headers than the cache holds', () => {
    for (let index = 0; index < 1_200; index++) {
      expect(negotiate(`application/json;q=0.5, text/html;q=0.${1_000 + index}`)).toBe('json');
    }
    expect(negotiate(BROWSER)).toBe('html');
  });

  it('considers sixteen relevant ranges', () => {
    expect(negotiate(`${'application/json;q=0.1,'.repeat(15)}text/html`)).toBe('html');
    expect(negotiate(`${'application/json;q=0.1,'.repeat(16)}text/html`)).toBe('json');
    expect(negotiate(`${'image/png,'.repeat(60)}text/html`)).toBe('html');
  });

  it('reads 1,024 characters, and only whole ranges of them', () => {
    expect(negotiate(`${'a/b,'.repeat(250)}text/html`)).toBe('html');
    expect(negotiate(`${'a/b,'.repeat(256)}text/html`)).toBe('json');
    expect(negotiate(`application/json;q=0.5,${'a/b,'.repeat(247)}text/html;q=0.1`)).toBe('json');
    expect(negotiate(`text/html;${' '.repeat(2_000)}`)).toBe('html');
  });
});
