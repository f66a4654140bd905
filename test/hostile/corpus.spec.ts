import { describe, expect, it } from 'vitest';
import { accept } from './rows/accept.js';
import { addresses, proxied } from './rows/addresses.js';
import { admin } from './rows/admin.js';
import { cdn } from './rows/cdn.js';
import { graphqlClosed, graphqlReadOnly } from './rows/graphql.js';
import { handshakes } from './rows/handshakes.js';
import { methods } from './rows/methods.js';
import { page } from './rows/page.js';
import { paths } from './rows/paths.js';
import { frames } from './rows/socket-frames.js';
import { origins } from './rows/socket-origins.js';
import { packets } from './rows/socket-packets.js';
import { events, pings } from './rows/socket-pings.js';
import { curiosities, strangeDocuments } from './rows/store-curiosities.js';
import { cacheOnly, redisOnly } from './rows/store-kinds.js';
import { documents, longDocuments, longRecords, records, values } from './rows/stores.js';
import { tokens } from './rows/tokens.js';

type Named = { readonly name: string; readonly why: string };

/** Groups, and how many rows each holds at least. */
const groups: [string, number, readonly Named[]][] = [
  ['paths', 20, paths],
  ['methods', 10, methods],
  ['accept', 20, accept],
  ['addresses and proxies', 15, [...addresses, ...proxied]],
  ['tokens and cookies', 25, tokens],
  ['admin writes', 60, admin],
  ['data in pages and headers', 8, page],
  ['sockets', 150, [...handshakes, ...pings, ...events, ...packets, ...frames, ...origins]],
  ['caches', 25, cdn],
  ['GraphQL', 50, [...graphqlClosed, ...graphqlReadOnly]],
  [
    'store contents',
    100,
    [
      ...values,
      ...longDocuments,
      ...longRecords,
      ...documents,
      ...records,
      ...curiosities,
      ...strangeDocuments,
      ...redisOnly,
      ...cacheOnly,
    ],
  ],
];

describe('the corpus of hostile input', () => {
  it.each(groups)('holds a group: %s', (_group, least, rows) => {
    expect(rows.length).toBeGreaterThanOrEqual(least);
    expect(rows.filter(({ name, why }) => name === '' || why === '')).toEqual([]);
  });
});
