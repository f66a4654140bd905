import { describe, expect, it } from 'vitest';
import { parseBypassLink } from '../../lib/access/bypass-link.js';
import type { HttpRequest } from '../../lib/request/http-request.js';

const visit = (url: string, method = 'GET'): HttpRequest => ({ method, url, headers: {} });

describe('where a bypass link leads', () => {
  it.each([
    // a lenient HTTP parser lets bytes through that a header may not carry
    ['/caf\u00e9?x=\u00ff&', '/caf%E9?x=%FF'],
    ['/a\r\nb?', '/a%0D%0Ab'],
    ['/?a=1&', '/?a=1'],
    ['/?&&', '/?&'],
    ['/?', '/'],
    ['*?', '/*'],
  ])('%j', (before, location) => {
    expect(parseBypassLink(visit(`${before}maintenance-bypass=t.s`))).toEqual({ token: 't.s', location });
  });

  it('is followed only by GET and HEAD, without a fragment and with a single token', () => {
    expect(parseBypassLink(visit('/?maintenance-bypass=t.s#x'))).toBeUndefined();
    expect(parseBypassLink(visit('/#?maintenance-bypass=t.s'))).toBeUndefined();
    expect(parseBypassLink(visit('/?maintenance-bypass=t.s&maintenance-bypass=t.s'))).toBeUndefined();
    expect(parseBypassLink(visit('/?maintenance-bypass=t.s', 'POST'))).toBeUndefined();
    expect(parseBypassLink(visit('/?maintenance-bypass=t.s', 'HEAD'))).toBeDefined();
  });
});
