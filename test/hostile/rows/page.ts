import { get, type Row } from '../corpus.js';

/** What operators write reaches pages and headers as text only. */
export const page: Row[] = [
  {
    name: 'message in the page',
    send: get('/api/x', 'Accept: text/html'),
    status: 503,
    holds: '&lt;/script&gt;&lt;script&gt;alert(1)',
    lacks: '<script>alert(1)',
    why: 'escaped',
  },
  {
    name: 'message in JSON',
    send: get('/api/x'),
    status: 503,
    holds: 'application/json',
    lacks: 'text/html',
    why: 'JSON is not a page',
  },
  {
    name: 'language with markup',
    send: get('/api/x', 'Accept: text/html', 'Accept-Language: "><script>alert(2)</script>'),
    status: 503,
    lacks: '<script>alert(2)',
    why: 'not a language',
  },
  {
    name: 'language of 8 kB',
    send: get('/api/x', 'Accept: text/html', `Accept-Language: ${'a'.repeat(8_000)}`),
    status: 503,
    holds: 'lang="en"',
    why: 'not a language',
  },
  {
    name: 'languages of 15 kB',
    send: get('/api/x', 'Accept: text/html', `Accept-Language: ${'de,'.repeat(5_000)}`),
    status: 503,
    holds: 'lang="en"',
    why: 'texts are English without a translation, whatever is asked for',
  },
  {
    name: 'an invented language',
    send: get('/api/x', 'Accept: text/html', 'Accept-Language: qaa-Zzzz-QM-v1234'),
    status: 503,
    holds: 'lang="en"',
    lacks: 'qaa',
    why: 'no language of ours',
  },
  {
    name: 'host with markup',
    send: get('/api/x', 'Accept: text/html', 'X-Forwarded-Host: "><script>alert(3)</script>'),
    status: 503,
    lacks: 'alert(3)',
    why: 'not shown',
  },
  {
    name: 'path with markup',
    send: get('/api/item/%3Cscript%3Ealert(4)%3C%2Fscript%3E', 'Accept: text/html'),
    status: 503,
    lacks: 'alert(4)',
    why: 'not shown',
  },
  {
    name: 'headers',
    send: get('/api/x'),
    status: 503,
    holds: 'ache-Control: no-store',
    lacks: 'ETag',
    why: 'nothing may keep it',
  },
  {
    name: 'conditional request',
    send: get('/api/x', 'If-None-Match: *', 'If-Modified-Since: Sun, 22 Nov 2026 00:00:00 GMT'),
    status: 503,
    why: 'never 304',
  },
  {
    name: 'range',
    send: get('/api/x', 'Range: bytes=0-1', 'Accept: text/html'),
    status: 503,
    why: 'never 206',
  },
];
