import type { Redis } from 'ioredis';
import type { MaintenanceService } from 'nestjs-maintenance';

/** What a row may need that only exists once the application runs. */
export interface Ground {
  readonly adapter: 'express' | 'fastify';
  readonly port: number;
  readonly service: MaintenanceService;
}

/** One hostile input: what is sent, what must come back, and why. */
export interface Row {
  readonly name: string;
  /** The bytes of a whole HTTP request (or several). */
  readonly send: string | ((ground: Ground) => string);
  /** The status that must come back, on both adapters or on each; with `0` the connection is closed without an answer. */
  readonly status: number | { readonly express: number; readonly fastify: number };
  readonly why: string;
  /** Text that the answer must hold, besides. */
  readonly holds?: string;
  /** Text that the answer must not hold, besides what no answer ever may. */
  readonly lacks?: string;
  /** Which handlers run, in any order; by default none, but where the status is 200. */
  readonly reaches?: readonly string[];
}

const CRLF = '\r\n';

/** A request whose parts go out as they are written. */
export function http(line: string, headers: readonly string[] = [], body = ''): string {
  const length = body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body, 'latin1')}`];
  return [
    `${line} HTTP/1.1`,
    'Host: shop.example',
    'Connection: close',
    ...headers,
    ...length,
    '',
    body,
  ].join(CRLF);
}

export const get = (target: string, ...headers: string[]): string => http(`GET ${target}`, headers);

/** Cookies and permission of an operator who is logged in. */
export const OPERATOR = [
  'Cookie: operator=yes',
  'Sec-Fetch-Site: same-origin',
  'Origin: http://shop.example',
];

/** A write to the admin API as the admin page sends it, but for what the row changes. */
export function put(
  body: string,
  headers: readonly string[] = [...OPERATOR, 'Content-Type: application/json'],
  key = 'billing',
): string {
  return http(`PUT /maintenance/keys/${key}`, headers, body);
}

/** What no answer to somebody without `see_info` may ever hold. */
export const PROTECTED = ['SECRET-REASON', 'SECRET-ACTOR', 'hidden-key'];

/** One hostile client of the sockets. */
export interface SocketRow {
  readonly name: string;
  /** Headers of the handshake besides what every WebSocket has. */
  readonly headers?: readonly string[];
  /** The packet that joins the namespace; `null` when the row sends something before, or never joins. */
  readonly join?: string | null;
  /** Text frames, or the bytes of frames as they are. */
  readonly send: readonly (string | Buffer)[];
  /**
   * What must come back, on both adapters: a packet that begins so; `'silence'`, and the next ping is answered; the end of the
   * connection (`'closed'`); or nothing, since the client hangs up (`'hangs up'`).
   */
  readonly answer: string;
  readonly why: string;
  /** Text that the packet must hold, besides. */
  readonly holds?: string;
  /** Text that nothing received may hold, besides what no answer ever may. */
  readonly lacks?: string;
  /** Is it somebody with `see_info`. */
  readonly operator?: boolean;
}

/** What a hostile store holds in place of the state. */
export interface StoreRow {
  readonly name: string;
  /** In place of the record of `general`, or of the document of a cache, which is given. */
  readonly text?: (sound: string) => string | Buffer;
  /** Only in Redis, by hand. */
  readonly redis?: (
    client: Redis,
    name: (part: 'records' | 'replicas' | 'leases' | 'fences') => string,
  ) => unknown;
  /** Only in a cache: what its storage holds in place of an entry, which is given. */
  readonly cache?: (entry: string) => unknown;
  /**
   * `'damage'`: what was known is kept and put back, and where nothing is known that is reported; `'nothing'`: the
   * same, but not to have a document is sound; a status: the document is believed, and a visitor gets this.
   */
  readonly means: 'damage' | 'nothing' | 200 | 503;
  /** Locks cannot be had until somebody mends the store; they are refused with the error that is meant for it. */
  readonly locks?: false;
  readonly why: string;
  /** A version of the library that knows more has written it. */
  readonly newer?: boolean;
}

/** Two visits through a cache that keeps whatever it may. */
export interface CdnRow {
  readonly name: string;
  readonly path: string;
  readonly method?: 'GET' | 'HEAD';
  /** Of the first visitor. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Has the first visitor a bypass. */
  readonly token?: true;
  /** What the first visitor gets, while the site is closed. */
  readonly status: number;
  /** Then the site opens, and the same client asks again, or another one without its headers asks for the same. */
  readonly next: 'opens' | 'stranger';
  /** The status of the second answer. */
  readonly again: number;
  readonly why: string;
}
