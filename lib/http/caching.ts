import { forceHeader } from './force-header.js';
import { removeHeader, setHeader, type HttpReply } from './http-port.js';

/** What single caches obey before `Cache-Control`: RFC 9213, and what vendors had before it. */
const TARGETED = [
  'CDN-Cache-Control',
  'Cloudflare-CDN-Cache-Control',
  'Surrogate-Control',
  'X-Accel-Expires',
] as const;

/** What answers to bypassed requests say: they are for nobody else. */
export const BYPASSED_CACHE_CONTROL = 'private, no-store';

/** No cache keeps this answer, whatever was said to any of them before. */
export function forbidKeeping(reply: HttpReply, cacheControl = 'no-store'): void {
  setHeader(reply, 'Cache-Control', cacheControl);
  for (const name of TARGETED) {
    removeHeader(reply, name);
  }
}

/** The answer to a bypassed request is kept by no cache, whatever is said to any of them before or after. */
export function forcePrivate(reply: HttpReply): void {
  forceHeader(reply, 'Cache-Control', BYPASSED_CACHE_CONTROL);
  for (const name of TARGETED) {
    forceHeader(reply, name, undefined);
  }
}
