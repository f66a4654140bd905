import { constants } from 'node:os';
import type { Maintenance } from '../../core/service/maintenance.js';
import { EXIT, RUN_EXIT } from '../exit.js';
import type { Output } from '../output.js';
import type { ChildExit, GuardedChild } from './guarded-child.js';

/** The exit code of `run` after its child has ended; reports an error if we ended the child. */
export function exitOfChild(
  { code, signal }: ChildExit,
  held: Maintenance,
  child: GuardedChild,
  out: Output,
): number {
  if (held.signal.aborted || child.endedByLease) {
    const why = held.signal.aborted
      ? (held.signal.reason as Error).message
      : 'the lease could not be renewed in time';
    out.error(`run ended the command: ${why}`);
    const unset = held.signal.aborted && held.remaining() > 0;
    return RUN_EXIT + (unset ? EXIT.failed : EXIT.unknown);
  }
  if (child.unguarded) {
    out.error('run ended the command because the guardian process is gone.');
    return RUN_EXIT + EXIT.failed;
  }
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}
