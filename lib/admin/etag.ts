import { revisionOf } from '../core/document/record.js';
import type { MaintenanceKey } from '../core/keys/maintenance-key.js';
import type { StateManager } from '../core/state/state-manager.js';
import { AdminApiError } from './admin.errors.js';

/**
 * What proxies that compress make of an entity tag: weak (nginx, Cloudflare), or with a suffix (Apache, Caddy). It still names the
 * same state.
 */
const COMPRESSED = /^(?:W\/)?("[^"]*?)(?:[-;](?:gzip|br|zstd))?"$/;

/** The state of a key, by the number of its last change, as an entity tag. */
export function createEtag(manager: StateManager, key: MaintenanceKey): string {
  const { document } = manager;
  const revision = document?.keys.get(key.name)?.change.revision;
  // until its first change, a key belongs to any history
  return document && revision !== undefined ? `"${document.history}.${revision}"` : '"0"';
}

/**
 * The revision that the client requires with `If-Match`.
 * @returns `undefined` when any will do
 * @throws AdminApiError 409 when the key is known to have changed meanwhile
 */
export function expectedRevision(
  manager: StateManager,
  key: MaintenanceKey,
  ifMatch: string | undefined,
): number | undefined {
  if (ifMatch === undefined || ifMatch.trim() === '*') {
    return undefined;
  }
  const tags = ifMatch.split(',').map((tag) => tag.trim().replace(COMPRESSED, '$1"'));
  if (!tags.includes(createEtag(manager, key))) {
    throw changedMeanwhile(key);
  }
  return revisionOf(manager.document, key.name);
}

/** The error for a client that decided on outdated data. */
export function changedMeanwhile({ name }: MaintenanceKey): AdminApiError {
  return new AdminApiError(
    409,
    `Maintenance key "${name}" was changed by somebody else in the meantime; this request changed nothing.`,
  );
}
