import type { Presence } from './store.js';

/** A presence as it is stored. */
export interface PresenceText {
  /** What does not change; told once. */
  readonly facts: string;
  /** What does. */
  readonly figures: string;
}

/** The texts that a replica tells of itself; what it has applied stands beside them. Neither has a line feed. */
export function formatPresence({ write: _, revision, inFlight, draining, ...facts }: Presence): PresenceText {
  return {
    facts: JSON.stringify(facts),
    figures: JSON.stringify({ revision, inFlight, draining }),
  };
}

/** Reads what a replica has told of itself; `undefined` for what no replica of this version can have told. */
export function parsePresence(write: string, { facts, figures }: PresenceText): Presence | undefined {
  let value: Partial<Presence>;
  try {
    value = { ...(JSON.parse(facts) as object), ...(JSON.parse(figures) as object), write };
  } catch {
    return undefined;
  }
  return isPresence(value) ? value : undefined;
}

function isPresence(value: Partial<Presence>): value is Presence {
  return (
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
