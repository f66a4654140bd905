import type { HttpReply } from '../../request/http-reply.js';
import { headerSet, type HeaderSet } from '../http-port.js';

const POLICY = 'Content-Security-Policy';
const DIRECTIVE = /(?<=^|[;,])\s*frame-ancestors\s[^;,]*/gi;

/**
 * A page whose policy replaces the application's may be shown in the same frames as the application's pages: a browser that
 * keeps it out of a frame shows an error instead, from which nothing leads back.
 */
export function keepAncestors(reply: HttpReply, headers: HeaderSet): HeaderSet {
  const { [POLICY]: policy } = headers.named;
  if (policy === undefined) {
    return headers;
  }
  const given = [reply.getHeader(POLICY), reply.raw?.getHeader(POLICY)].flat().join();
  const kept = new Set(given.match(DIRECTIVE)?.map((directive) => directive.trim()));
  // each is a policy of its own, all of which count
  return kept.size > 0 ? headerSet({ ...headers.named, [POLICY]: [policy, ...kept].join(', ') }) : headers;
}
