import { get, http, type Row } from '../corpus.js';

const JSON_TYPE = 'Content-Type: application/json';

/** A method is refused as its route is; what overrides it elsewhere means nothing here. */
export const methods: Row[] = [
  {
    name: 'HEAD',
    send: http('HEAD /api/x'),
    status: 503,
    lacks: 'maintenanceMode',
    why: 'as GET, without a body',
  },
  { name: 'POST', send: http('POST /api/x', [JSON_TYPE], '{}'), status: 503, why: 'a write is refused' },
  {
    name: 'POST that claims to be a GET',
    send: http('POST /api/x', [JSON_TYPE, 'X-HTTP-Method-Override: GET'], '{}'),
    status: 503,
    why: 'overrides are not read',
  },
  { name: 'GET with a body', send: http('GET /api/x', [JSON_TYPE], '{"a":1}'), status: 503, why: 'as GET' },
  {
    name: 'PUT to any',
    send: http('PUT /api/any', [JSON_TYPE], '{}'),
    status: 503,
    why: 'an @All() handler is refused for every method',
  },
  {
    name: 'PATCH to any',
    send: http('PATCH /api/any', [JSON_TYPE], '{}'),
    status: 503,
    why: 'an @All() handler is refused for every method',
  },
  {
    name: 'DELETE to any',
    send: http('DELETE /api/any'),
    status: 503,
    why: 'an @All() handler is refused for every method',
  },
  {
    name: 'OPTIONS to any',
    send: http('OPTIONS /api/any'),
    status: 503,
    why: 'handled by a handler, so refused like it',
  },
  {
    name: 'a method in lower case',
    send: http('get /api/x'),
    status: 400,
    why: 'methods are case-sensitive; the parser refuses it',
  },
  { name: 'an unknown method', send: http('BREW /api/x'), status: 400, why: 'the parser refuses it' },
  { name: 'DELETE where only GET is', send: http('DELETE /api/x'), status: 404, why: 'no such route' },
  {
    name: 'a broken JSON body',
    send: http('POST /api/x', [JSON_TYPE], '{"a":'),
    status: 400,
    why: 'the body parser comes before the guard',
  },
  {
    name: 'two requests in one connection',
    send: get('/api/x').replace('close', 'keep-alive') + get('/api/x'),
    status: 503,
    why: 'each is refused for itself',
    lacks: 'reached',
  },
];
