import { MaintenanceStoreError } from '../../errors/errors.js';
import { messageOf } from '../../errors/message-of.js';

/** Why Redis refuses: the first word of its answer. Before version 7 the answers of scripts have it in the middle. */
const CODE =
  /(?:^|[\s:"-])-?(READONLY|OOM|NOAUTH|NOPERM|WRONGPASS|MISCONF|NOREPLICAS|MASTERDOWN|CLUSTERDOWN|LOADING|WRONGTYPE)\b/;
/** What a server says in whose place another one may have been put: demoted, cut off from the others, without a disk. */
const LEFT_BEHIND: ReadonlySet<string> = new Set(['READONLY', 'MASTERDOWN', 'NOREPLICAS', 'MISCONF']);
/** How scripts name a missing permission: before version 7.2, and since. */
const DENIED = /The user executing the script can|ACL failure in script/;
/** What ioredis says of a command that was on its way when its connection ended. */
const CUT_OFF = /^Reached the max retries per request limit/;
/** What ioredis says of a command that it has not sent. Its cluster client says the like also of commands that it has sent before. */
const UNSENT = /^Stream isn't writeable and enableOfflineQueue/;

/** The word with which Redis says why it refuses; `undefined` for anything else. */
export function refusalCode(error: unknown): string | undefined {
  const message = messageOf(error);
  return CODE.exec(message)?.[1] ?? (DENIED.test(message) ? 'NOPERM' : undefined);
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

/** Whether another server may have taken the place of the one that said this. */
export const isLeftBehind = (error: unknown): boolean => LEFT_BEHIND.has(refusalCode(error) ?? '');

/** Whether the command was not sent, since its connection had ended. */
export const isUnsent = (error: unknown): boolean => UNSENT.test(messageOf(error));

/** Whether an error is about a command without a connection, and not about what has become of the connection. */
export const isWithoutConnection = (error: unknown): boolean =>
  isUnsent(error) || CUT_OFF.test(messageOf(error));

/** What helps where the words of Redis, or of its client, do not say so. */
export function explain(error: unknown): string {
  const message = messageOf(error);
  if (/^(?:MOVED|ASK) /.test(message)) {
    return `${message} (that server belongs to a Redis Cluster: pass a Cluster instance of ioredis)`;
  }
  const [, garbled] = /^(Protocol error, got .*?)(?:\. Please report this\.)?$/s.exec(message) ?? [];
  return garbled === undefined
    ? message
    : `what answers at this address does not speak Redis' protocol, or only over TLS (${garbled})`;
}

/** What a Redis error means for a write: only a refusal by Redis itself is certain. */
export function storeError(what: string, error: unknown): MaintenanceStoreError {
  if (error instanceof MaintenanceStoreError) {
    return error;
  }
  const refused = isReply(error) || refusalCode(error) !== undefined;
  const why = isWithoutConnection(error) ? 'the connection ended before it did' : explain(error);
  return new MaintenanceStoreError(
    `Redis ${refused ? 'refused' : 'did not answer'} (${what}): ${why}; ${refused ? 'nothing was written' : 'the outcome is unknown'}.`,
    refused ? 'refused' : 'unknown',
    { cause: error },
  );
}
