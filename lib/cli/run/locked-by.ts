import type { RedisBackend } from '../backend/redis-backend.js';
import { CliError, EXIT } from '../exit.js';
import { plain } from '../output.js';
import { formatDuration, formatMoment } from '../time.js';

/** Adds the holder of the lock, and how to wait for it, to the error that the key is locked; returns other errors unchanged. */
export async function lockedBy(
  backend: RedisBackend,
  key: string,
  waited: number | false,
  error: unknown,
): Promise<unknown> {
  if ((error as { code?: string }).code !== 'MAINTENANCE_LOCKED') {
    return error;
  }
  const holder = await backend.key(key).then(
    (found) => found.holder,
    () => null,
  );
  const who = holder
    ? ` by ${plain(holder.host)} (pid ${holder.pid}) since ${formatMoment(holder.since)}`
    : '';
  const how =
    waited === false ? '; --wait 10m waits for it' : `, even after waiting ${formatDuration(waited)}`;
  return new CliError(EXIT.conflict, `Key "${key}" is locked${who}${how}.`, 'MAINTENANCE_LOCKED');
}
