import { createHash } from 'node:crypto';
import { http, type Row } from '../corpus.js';

const REFUSED = '"code":"MAINTENANCE"';
const JSON_TYPE = 'Content-Type: application/json';

const post = (body: unknown, ...headers: string[]): string =>
  http('POST /graphql', [JSON_TYPE, ...headers], typeof body === 'string' ? body : JSON.stringify(body));
const get = (query: Record<string, string>): string =>
  http(`GET /graphql?${new URLSearchParams(query).toString()}`, ['Apollo-Require-Preflight: 1']);

/** Answered by GraphQL, and what is refused runs nothing. */
const refused = (name: string, body: unknown, why: string, reaches: string[] = []): Row => ({
  name,
  send: post(body),
  status: 200,
  holds: REFUSED,
  reaches,
  why,
});
const passes = (name: string, body: unknown, reaches: string[], why: string): Row => ({
  name,
  send: post(body),
  status: 200,
  lacks: REFUSED,
  reaches,
  why,
});
const wrong = (name: string, send: string, status: number, why: string): Row => ({
  name,
  send,
  status,
  lacks: REFUSED,
  reaches: [],
  why,
});

const RESTOCK = 'mutation { restock(count: 1) }';
const TWO = 'query Read { stock } mutation Write { restock(count: 1) }';
const persisted = (query: string) => ({
  extensions: {
    persistedQuery: { version: 1, sha256Hash: createHash('sha256').update(query).digest('hex') },
  },
});
const aliases = (count: number, field: string): string =>
  Array.from({ length: count }, (_, index) => `a${index}: ${field}`).join(' ');

/** However a resolver is called, it is asked for itself. */
export const graphqlClosed: Row[] = [
  refused('a query', { query: '{ stock }' }, 'refused as it is'),
  refused('a mutation', { query: RESTOCK }, 'refused as it is'),
  refused('an alias', { query: '{ alive: stock }' }, 'an alias is not the field'),
  refused(
    'an alias of a mutation',
    { query: 'mutation { alive: restock(count: 1) }' },
    'an alias is not the field',
  ),
  refused('alias __proto__', { query: '{ __proto__: stock }' }, 'an alias like any other'),
  refused('500 aliases', { query: `{ ${aliases(500, 'stock')} }` }, 'each is refused'),
  refused(
    'an exempt resolver beside a refused one',
    { query: '{ alive stock }' },
    'each is judged separately',
    ['alive'],
  ),
  refused(
    'a batch',
    [{ query: '{ alive }' }, { query: RESTOCK }, { query: '{ stock }' }],
    'each is judged separately',
    ['alive'],
  ),
  refused(
    'a batch of 200',
    Array.from({ length: 200 }, () => ({ query: RESTOCK })),
    'each is refused',
  ),
  refused(
    'a batch with an invalid operation',
    [{ query: '{ nothing }' }, { query: '{ stock }' }],
    'an invalid operation opens nothing',
  ),
  refused(
    'a fragment',
    { query: 'query { ...All } fragment All on Query { stock box { inner } }' },
    'a fragment counts as its content',
  ),
  refused(
    'an inline fragment',
    { query: '{ ... on Query @include(if: true) { stock } }' },
    'a fragment counts as its content',
  ),
  refused(
    'a fragment of a mutation',
    { query: 'mutation M { ...All } fragment All on Mutation { restock(count: 1) }' },
    'a fragment counts as its content',
  ),
  refused('one of two operations', { query: TWO, operationName: 'Write' }, 'the named operation'),
  refused('the other of two', { query: TWO, operationName: 'Read' }, 'the named operation'),
  refused(
    'operation alive',
    { query: 'query alive { stock }', operationName: 'alive' },
    'names open nothing',
  ),
  refused(
    'variables that name a bypass',
    { query: '{ stock }', variables: { bypass: true, exempt: true } },
    'variables are the resolver’s',
  ),
  {
    name: 'variables with a prototype',
    send: post('{"query":"{ stock }","variables":{"__proto__":{"exempt":true}}}'),
    status: { express: 200, fastify: 400 },
    lacks: '"stock":1',
    reaches: [],
    why: 'refused as it is; Fastify takes no such JSON at all',
  },
  refused(
    'extensions that claim permissions',
    { query: '{ stock }', extensions: { code: 'OK', maintenance: false } },
    'extensions are Apollo’s',
  ),
  {
    ...refused('a method that overrides', {}, 'overrides are not read'),
    send: post({ query: RESTOCK }, 'X-HTTP-Method-Override: GET'),
  },
  { ...refused('by GET', {}, 'refused as by POST'), send: get({ query: '{ stock }' }) },
  refused('a persisted query', { query: '{ stock }', ...persisted('{ stock }') }, 'refused as it is'),
  refused('a persisted query by its hash', persisted('{ stock }'), 'what is known is refused, too'),
  refused(
    'a deep query',
    { query: `{ ${'... on Query { '.repeat(200)} stock ${'}'.repeat(200)} }` },
    'depth opens nothing',
  ),
  {
    ...passes('a bypass token', {}, ['stock'], 'a good one passes'),
    send: ({ service }) =>
      post({ query: '{ stock }' }, `Cookie: maintenance-bypass=${service.createBypassToken()}`),
  },
  {
    ...refused('a bypass token in variables', {}, 'only a cookie is one'),
    send: ({ service }) =>
      post({
        query: '{ stock }',
        variables: { 'maintenance-bypass': service.createBypassToken() },
        'maintenance-bypass': service.createBypassToken(),
      }),
  },
  passes('an exempt resolver', { query: '{ alive }' }, ['alive'], 'exempt'),
  passes('an exempt resolver by another name', { query: '{ stock: alive }' }, ['alive'], 'exempt'),
  passes('what is left out', { query: '{ alive stock @skip(if: true) }' }, ['alive'], 'not called'),
  passes('no resolver', { query: '{ __typename }' }, [], 'nothing to refuse'),
  wrong('an unknown field', post({ query: '{ nothing }' }), 400, 'GraphQL says so'),
  wrong('two operations, none named', post({ query: TWO }), 400, 'which one'),
  wrong('operation __proto__', post({ query: TWO, operationName: '__proto__' }), 400, 'not there'),
  wrong('an operation that is an object', post({ query: TWO, operationName: {} }), 400, 'a name is text'),
  wrong('a query that is a list', post({ query: ['{ stock }'] }), 400, 'a query is text'),
  wrong('no query', post({}), 400, 'nothing is asked'),
  wrong('null', post('null'), 400, 'nothing is asked'),
  wrong('an empty batch', post([]), 400, 'nothing is asked'),
  wrong('broken JSON', post('{"query":'), 400, 'not JSON'),
  wrong('a mutation by GET', get({ query: RESTOCK }), 405, 'GET only reads'),
  wrong(
    'a mutation by GET among others',
    get({ query: TWO, operationName: 'Write' }),
    405,
    'the named operation',
  ),
  wrong(
    'a form',
    http('POST /graphql', ['Content-Type: text/plain'], '{"query":"{ stock }"}'),
    400,
    'a body that a form could send',
  ),
];

/** A key that lets everybody read lets nobody write, whatever the operation is called. */
export const graphqlReadOnly: Row[] = [
  passes('a query', { query: '{ stock }' }, ['stock'], 'reads'),
  passes(
    'a query that is called mutation',
    { query: 'query mutation { stock }' },
    ['stock'],
    'a name is not a type',
  ),
  passes('fields of fields', { query: '{ box { inner size } }' }, ['box', 'inner'], 'reads'),
  passes('one of two operations', { query: TWO, operationName: 'Read' }, ['stock'], 'the named operation'),
  { ...passes('by GET', {}, ['stock'], 'reads'), send: get({ query: '{ stock }' }) },
  refused('a mutation', { query: RESTOCK }, 'writes'),
  refused(
    'a mutation that is called query',
    { query: 'mutation query { restock(count: 1) }' },
    'a name is not a type',
  ),
  refused('an alias', { query: 'mutation { stock: restock(count: 1) }' }, 'an alias is not the field'),
  refused('100 aliases', { query: `mutation { ${aliases(100, 'restock(count: 1)')} }` }, 'none is run'),
  refused('the other of two', { query: TWO, operationName: 'Write' }, 'the named operation'),
  refused(
    'a fragment',
    { query: 'mutation M { ...All } fragment All on Mutation { restock(count: 1) }' },
    'a fragment counts as its content',
  ),
  refused(
    'a batch',
    [{ query: '{ stock }' }, { query: RESTOCK }, { query: '{ stock }' }],
    'each is judged separately',
    ['stock', 'stock'],
  ),
  refused('a persisted mutation', { query: RESTOCK, ...persisted(RESTOCK) }, 'writes'),
  refused('a persisted mutation by its hash', persisted(RESTOCK), 'writes'),
  {
    ...refused('a method that overrides', {}, 'the operation counts, not the method'),
    send: post({ query: RESTOCK }, 'X-HTTP-Method-Override: GET'),
  },
  wrong('a mutation by GET', get({ query: RESTOCK }), 405, 'GET only reads'),
  wrong(
    'a persisted mutation by GET',
    get({ extensions: JSON.stringify(persisted(RESTOCK).extensions) }),
    405,
    'GET only reads',
  ),
];
