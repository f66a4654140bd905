import type { MaintenanceQuiet } from '../core/cluster/quiet.js';
import { MaintenanceError, MaintenanceStoreError } from '../core/errors/errors.js';
import { messageOf } from '../core/errors/message-of.js';
import type { MaintenanceService } from '../core/service/maintenance.service.js';
import { warn } from './log.js';
import { askedKey } from './ping.handler.js';

/** The answer for clients that may not know, and for what cannot be answered. */
interface QuietError {
  readonly error: string;
}

/** Answers whether anything that a key refuses is still running: the same as `GET {path}/keys/:name/quiet`. */
export class QuietHandler {
  constructor(private readonly service: MaintenanceService) {}

  /** @param isInsider whether the sender may see key data, checked afresh */
  async answer(
    args: readonly unknown[],
    isInsider: () => Promise<boolean | undefined>,
  ): Promise<MaintenanceQuiet | QuietError> {
    const key = keyOf(args);
    if (key === null) {
      return { error: 'Malformed: send the name of a key, or nothing for the general one.' };
    }
    // before the key is looked up: those who may not see keys do not learn which exist
    if ((await isInsider()) !== true) {
      return { error: 'This needs the permission "see_info".' };
    }
    try {
      // dates as text, whatever parser the Socket.IO server uses
      return JSON.parse(JSON.stringify(await this.service.quiet(key))) as MaintenanceQuiet;
    } catch (error) {
      return { error: explain(error) };
    }
  }
}

/** The requested key, `undefined` for none, `null` if malformed: a name, or what a ping accepts. */
function keyOf(args: readonly unknown[]): string | undefined | null {
  const [key] = args;
  return args.length === 1 && (typeof key === 'string' || key === null) ? (key ?? undefined) : askedKey(args);
}

function explain(error: unknown): string {
  if (error instanceof MaintenanceError && !(error instanceof MaintenanceStoreError)) {
    return error.message;
  }
  warn(`A client's question whether a key is quiet could not be answered: ${messageOf(error)}`);
  return error instanceof MaintenanceStoreError
    ? 'The store is unreachable at the moment.'
    : 'This cannot be answered at the moment.';
}
