import type { Presence } from './store.js';

/** Reads what a replica has told of itself; `undefined` for what no replica of this version can have told. */
export function parsePresence(text: string): Presence | undefined {
  let value: Partial<Presence> | null;
  try {
    value = JSON.parse(text) as Partial<Presence> | null;
  } catch {
    return undefined;
  }
  return isPresence(value) ? value : undefined;
}

function isPresence(value: Partial<Presence> | null): value is Presence {
  return (
    typeof value === 'object' &&
    value !== null &&
    [value.id, value.host, value.write].every((text) => typeof text === 'string') &&
    [value.pid, value.revision, value.inFlight].every((count) => Number.isSafeInteger(count)) &&
    isDraining(value.draining)
  );
}

function isDraining(value: unknown): value is Presence['draining'] {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every(
      (routes) => Array.isArray(routes) && routes.every((route) => typeof route === 'string'),
    )
  );
}
