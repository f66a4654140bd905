import type { CdnRow } from '../corpus.js';

const HTML = { accept: 'text/html' };
const OPERATOR = { cookie: 'operator=yes' };

/** Refused while the site is closed; served as soon as it is open. */
const refusal = (name: string, path: string, more: Partial<CdnRow>, why: string): CdnRow => ({
  name,
  path,
  status: 503,
  next: 'opens',
  again: 200,
  why,
  ...more,
});
/** Served to somebody in spite of maintenance; refused to everybody else. */
const bypassed = (name: string, path: string, why: string): CdnRow => ({
  name,
  path,
  token: true,
  status: 200,
  next: 'stranger',
  again: 503,
  why,
});

/** A cache that keeps whatever it may keeps no refusal, and no answer that was for one visitor. */
export const cdn: CdnRow[] = [
  refusal('JSON', '/catalog', {}, 'no-store, whatever the handler says'),
  refusal('a page', '/catalog', { headers: HTML }, 'no-store, whatever the handler says'),
  refusal('problem details', '/catalog', { headers: { accept: 'application/problem+json' } }, 'no-store'),
  refusal(
    'a page, then JSON',
    '/catalog',
    { headers: HTML, next: 'stranger', again: 503 },
    'each gets its own form',
  ),
  refusal('HEAD', '/catalog', { method: 'HEAD' }, 'as GET'),
  refusal('a part', '/catalog', { headers: { range: 'bytes=0-3' } }, 'as the whole'),
  refusal(
    'a condition',
    '/catalog',
    { headers: { 'if-none-match': '*' }, again: 304 },
    'not before it is open',
  ),
  refusal('cookies', '/catalog', { headers: { cookie: 'a=b' } }, 'as without'),
  refusal('a stylesheet by name', '/catalog/theme.css', { again: 404 }, 'names say nothing'),
  refusal('a path with an end', '/catalog/%2e%2e%2fstyle.css', { again: 404 }, 'names say nothing'),
  refusal('middleware: public', '/middleware/public', {}, 'replaced'),
  refusal('middleware: Expires', '/middleware/expires', {}, 'no-store goes before'),
  refusal(
    'middleware: ETag',
    '/middleware/etag',
    { headers: { 'if-none-match': '"kept"' }, again: 304 },
    'not before it is open',
  ),
  refusal('middleware: for nginx', '/middleware/nginx', {}, 'what is for one cache alone is gone, too'),
  refusal('middleware: for CDNs', '/middleware/cdn', {}, 'RFC 9213: it would go before Cache-Control'),
  refusal('middleware: for CDNs by name', '/middleware/vendors', {}, 'it would go before Cache-Control'),
  refusal('middleware: for surrogates', '/middleware/surrogate', {}, 'it would go before Cache-Control'),
  refusal('ping', '/maintenance/ping', {}, 'asked again and again'),
  {
    ...refusal('the same ping', '/maintenance/ping', { headers: HTML }, 'asked again and again'),
    next: 'stranger',
    again: 503,
  },
  bypassed('a bypass', '/catalog', 'private, whatever the handler says'),
  bypassed('a bypass: middleware says public', '/middleware/public', 'replaced'),
  bypassed('a bypass: Expires', '/middleware/expires', 'private goes before'),
  bypassed('a bypass: for nginx', '/middleware/nginx', 'what is for one cache alone is gone, too'),
  bypassed('a bypass: for CDNs', '/middleware/cdn', 'RFC 9213: it would go before Cache-Control'),
  bypassed('a bypass: for CDNs by name', '/middleware/vendors', 'it would go before Cache-Control'),
  bypassed('a bypass: handler for nginx', '/own/nginx', 'also what the handler sets'),
  bypassed('a bypass: handler for CDNs', '/own/cdn', 'also what the handler sets'),
  {
    ...bypassed('a bypass, then everybody', '/catalog', 'served afresh'),
    next: 'opens',
    again: 200,
  },
  {
    ...refusal('the keys of an operator', '/maintenance/keys', { headers: OPERATOR }, 'for him alone'),
    status: 200,
    next: 'stranger',
    again: 403,
  },
  {
    ...refusal('the page of an operator', '/maintenance/admin', { headers: OPERATOR }, 'for him alone'),
    status: 200,
    next: 'stranger',
    again: 403,
  },
  {
    ...refusal('the menu of an operator', '/maintenance/menu', { headers: OPERATOR }, 'for him alone'),
    status: 200,
    next: 'stranger',
    again: 204,
  },
  {
    ...refusal('the ping of an operator', '/maintenance/ping', { headers: OPERATOR }, 'with key data'),
    status: 503,
    next: 'stranger',
    again: 503,
  },
];
