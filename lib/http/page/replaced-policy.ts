import type { HttpReply } from '../../request/http-reply.js';
import { headerSet, removeHeaders, type HeaderSet } from '../http-port.js';

const POLICY = 'Content-Security-Policy';
const TRIED_OUT: ReadonlySet<string> = new Set([`${POLICY}-Report-Only`.toLowerCase()]);
const DIRECTIVE = /(?<=^|[;,])\s*frame-ancestors\s[^;,]*/gi;

/**
 * A policy that the application only tries out, on a page with a policy of its own: browsers would report that page, which has
 * none of what is meant.
 */
export const removeTriedOut = (reply: HttpReply): void => removeHeaders(reply, TRIED_OUT);

/**
 * A page whose policy replaces the application's may be shown in the same frames as the application's pages: a browser that
 * keeps it out of a frame shows an error instead, from which nothing leads back.
 */
export function replacePolicy(reply: HttpReply, headers: HeaderSet): HeaderSet {
  const { [POLICY]: policy } = headers.named;
  if (policy === undefined) {
    return headers;
  }
  removeTriedOut(reply);
  const given = [reply.getHeader(POLICY), reply.raw?.getHeader(POLICY)].flat().join();
  const kept = new Set(given.match(DIRECTIVE)?.map((directive) => directive.trim()));
  // each is a policy of its own, all of which count
  return kept.size > 0 ? headerSet({ ...headers.named, [POLICY]: [policy, ...kept].join(', ') }) : headers;
}
