import { forceHeaders, type ForcedHeaders } from './force-header.js';
import type { HttpReply } from '../request/http-reply.js';
import { removeHeaders, setHeader } from './http-port.js';

/** What single caches obey before `Cache-Control`: RFC 9213, and what vendors had before it. */
const TARGETED = [
  'cdn-cache-control',
  'cloudflare-cdn-cache-control',
  'surrogate-control',
  'x-accel-expires',
] as const;

const UNWANTED: ReadonlySet<string> = new Set(TARGETED);
/** The same, and what says how old or how fresh something is that a refusal is not. */
const UNWANTED_OF_REFUSALS: ReadonlySet<string> = new Set([...TARGETED, 'etag', 'last-modified', 'expires']);

/** What answers say to those who are let pass for who they are: they are for nobody else. */
export const PERSONAL_CACHE_CONTROL = 'private, no-store';

const PERSONAL: ForcedHeaders = [
  ['Cache-Control', PERSONAL_CACHE_CONTROL],
  ...TARGETED.map((name) => [name, undefined] as const),
];

/** No cache keeps this answer, whatever was said to any of them before. */
export function preventCaching(reply: HttpReply, cacheControl = 'no-store'): void {
  setHeader(reply, 'Cache-Control', cacheControl);
  removeHeaders(reply, UNWANTED);
}

/** Takes away what was said of the answer that a refusal takes the place of. */
export const removeStale = (reply: HttpReply): void => removeHeaders(reply, UNWANTED_OF_REFUSALS);

/** The answer to a request that passes by a bypass or a status class is kept by no cache, whatever is said to any of them before or after. */
export function forcePrivate(reply: HttpReply): void {
  forceHeaders(reply, PERSONAL);
}
