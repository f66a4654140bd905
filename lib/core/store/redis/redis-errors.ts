import { MaintenanceStoreError } from '../../errors/errors.js';
import { messageOf } from '../../errors/message-of.js';

/** Why Redis refuses: the first word of its answer. Before version 7 the answers of scripts have it in the middle. */
const CODE =
  /(?:^|[\s:"-])-?(READONLY|OOM|NOAUTH|NOPERM|WRONGPASS|MISCONF|NOREPLICAS|MASTERDOWN|CLUSTERDOWN|LOADING|WRONGTYPE)\b/;
const DENIED = 'The user executing the script can';
/** What ioredis says of a command that was on its way when its connection ended: about a setting of ours, not about what happened. */
const CUT_OFF = /^Reached the max retries per request limit/;

/** The word with which Redis says why it refuses; `undefined` for anything else. */
export function refusalCode(error: unknown): string | undefined {
  const message = messageOf(error);
  return CODE.exec(message)?.[1] ?? (message.includes(DENIED) ? 'NOPERM' : undefined);
}

/**
 * Whether the error comes from Redis itself rather than from the connection. ioredis has a class for that, but its name is lost
 * in a minified application; Redis' own errors, however, begin with a word in capitals, and ioredis records the command with
 * them.
 */
export function isReply(error: unknown): boolean {
  if (!(error instanceof Error)) {
    return false;
  }
  return error.name === 'ReplyError' || ('command' in error && /^[A-Z]{2,}(?: |$)/.test(error.message));
}

/** What a Redis error means for a write: only a refusal by Redis itself is certain. */
export function storeError(what: string, error: unknown): MaintenanceStoreError {
  if (error instanceof MaintenanceStoreError) {
    return error;
  }
  const refused = isReply(error) || refusalCode(error) !== undefined;
  const message = messageOf(error);
  const why = CUT_OFF.test(message) ? 'the connection ended before it did' : message;
  return new MaintenanceStoreError(
    `Redis ${refused ? 'refused' : 'did not answer'} (${what}): ${why}; ${refused ? 'nothing was written' : 'the outcome is unknown'}.`,
    refused ? 'refused' : 'unknown',
    { cause: error },
  );
}
