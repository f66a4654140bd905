import { ServerResponse } from 'node:http';
import type { HttpReply } from '../request/http-reply.js';

/** A Fastify reply has a raw response behind it, and headers of its own until it is sent. */
export const isFastifyReply = (reply: HttpReply): boolean =>
  // reading a property that Express' response lacks costs more than checking what it is
  !(reply instanceof ServerResponse) && reply.raw !== undefined && typeof reply.code === 'function';

/** Node's response behind a reply. */
export const rawResponse = (reply: HttpReply): ServerResponse =>
  reply instanceof ServerResponse ? reply : (reply.raw ?? (reply as unknown as ServerResponse));

/** Whether no header has been set yet. */
export function isUntouched(reply: HttpReply): boolean {
  for (const _ in reply.getHeaders()) {
    return false;
  }
  return true;
}

/** Sets a header, replacing any earlier value. */
export function setHeader(reply: HttpReply, name: string, value: string | string[]): void {
  const raw = rawResponse(reply);
  if (reply.header && isFastifyReply(reply)) {
    if (raw.hasHeader(name)) {
      // what middleware set would be sent as well
      raw.removeHeader(name);
    }
    reply.header(name, value);
  } else {
    raw.setHeader(name, value);
  }
}

/** Adds a cookie to those that are set. */
export function addCookie(reply: HttpReply, cookie: string): void {
  const present = [reply.getHeader('set-cookie')].flat().filter((value) => typeof value === 'string');
  // Fastify would add them to themselves
  reply.removeHeader('set-cookie');
  setHeader(reply, 'Set-Cookie', [...present, cookie]);
}

/** Headers that are set again and again, also under the names that Fastify would otherwise compute each time. */
export interface HeaderSet {
  readonly named: Readonly<Record<string, string>>;
  readonly lowered: Readonly<Record<string, string>>;
}

export const headerSet = (named: Readonly<Record<string, string>>): HeaderSet => ({
  named,
  lowered: Object.fromEntries(Object.entries(named).map(([name, value]) => [name.toLowerCase(), value])),
});

/** Sets them all, replacing any earlier values. */
export function setHeaders(reply: HttpReply, { named, lowered }: HeaderSet): void {
  const raw = rawResponse(reply);
  if (!reply.header || !isFastifyReply(reply)) {
    for (const name in named) {
      raw.setHeader(name, named[name] ?? '');
    }
    return;
  }
  if (raw.getHeaderNames().length > 0) {
    // what middleware set would be sent as well
    removeHeaders(reply, new Set(Object.keys(lowered)));
  }
  for (const name in lowered) {
    reply.header(name, lowered[name] ?? '');
  }
}

/** Removes those of these headers that have been set. @param unwanted names in lower case */
export function removeHeaders(reply: HttpReply, unwanted: ReadonlySet<string>): void {
  // few are set, if any: going through those costs less than asking for each unwanted one
  for (const name of Object.keys(reply.getHeaders())) {
    if (unwanted.has(name)) {
      reply.removeHeader(name);
      // Fastify reads the raw response too, but not every version removes a header there
      rawResponse(reply).removeHeader(name);
    }
  }
}

/** Adds a field to `Vary`, keeping the existing ones. */
export function vary(reply: HttpReply, field: string): void {
  if (reply.getHeader('vary') === undefined) {
    setHeader(reply, 'Vary', field);
    return;
  }
  const set = [reply.getHeader('vary'), reply.raw?.getHeader('vary')]
    .flat()
    .filter((value) => typeof value === 'string');
  const fields = new Map(
    [...set.flatMap((value) => value.split(',')), field].map((name) => [
      name.trim().toLowerCase(),
      name.trim(),
    ]),
  );
  if (!fields.has('*')) {
    setHeader(reply, 'Vary', [...fields.values()].filter(Boolean).join(', '));
  }
}
