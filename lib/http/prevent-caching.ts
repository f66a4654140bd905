import { forceHeaders, type ForcedHeaders } from './force-header.js';
import type { HttpReply } from '../request/http-reply.js';
import { removeHeaders, setHeader } from './http-port.js';
import { hasLateHooks } from './late-hooks.js';

/** Headers that some caches obey before `Cache-Control`: RFC 9213, and vendors' headers that preceded it. */
const TARGETED = [
  'cdn-cache-control',
  'akamai-cache-control',
  'cloudflare-cdn-cache-control',
  'netlify-cdn-cache-control',
  'vercel-cdn-cache-control',
  'edge-control',
  'surrogate-control',
  'x-accel-expires',
  'x-litespeed-cache-control',
] as const;

const UNWANTED: ReadonlySet<string> = new Set(TARGETED);
/**
 * The same, and headers about the content that a refusal replaces: its freshness, and what would make a browser download the page
 * or fail to decode it. The length of a refusal is known: how else its end was to be found is not said as well.
 */
const UNWANTED_OF_REFUSALS: ReadonlySet<string> = new Set([
  ...TARGETED,
  'etag',
  'last-modified',
  'expires',
  'content-encoding',
  'content-disposition',
  'content-range',
  'content-location',
  'transfer-encoding',
  'trailer',
]);

/** Headers for visitors who are let in individually: the response is private. */
export const PERSONAL_CACHE_CONTROL = 'private, no-store';

const only = (cacheControl: string): ForcedHeaders => [
  ['Cache-Control', cacheControl],
  ...TARGETED.map((name) => [name, undefined] as const),
];
const FORCED = {
  'no-store': only('no-store'),
  /** Nor is it compressed: a stream would be delayed. */
  'no-store, no-transform': only('no-store, no-transform'),
  [PERSONAL_CACHE_CONTROL]: only(PERSONAL_CACHE_CONTROL),
};

/** No cache keeps this response, whatever headers were set before, or are set by hooks when it is sent. */
export function preventCaching(reply: HttpReply, cacheControl: keyof typeof FORCED = 'no-store'): void {
  setHeader(reply, 'Cache-Control', cacheControl);
  removeHeaders(reply, UNWANTED);
  if (hasLateHooks(reply)) {
    forceHeaders(reply, FORCED[cacheControl]);
  }
}

/** Whether a header is about the content that a refusal replaces, or about how long caches keep it. */
export const isOfReplacedContent = (name: string): boolean => UNWANTED_OF_REFUSALS.has(name.toLowerCase());

/** Removes headers that were set for the response that a refusal replaces. */
export const removeStale = (reply: HttpReply): void => removeHeaders(reply, UNWANTED_OF_REFUSALS);

/** No cache keeps this refusal, whatever hooks set when it is sent. */
export const forceNoStore = (reply: HttpReply): void => forceHeaders(reply, FORCED['no-store']);

/**
 * No cache keeps the response to a request that passes by a bypass or a status class, whatever headers are set before or after.
 */
export function forcePrivate(reply: HttpReply): void {
  forceHeaders(reply, FORCED[PERSONAL_CACHE_CONTROL]);
}
