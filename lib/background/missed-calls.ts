import { isObservable, lastValueFrom } from 'rxjs';
import { outsideOfCalls } from '../core/calls/current-call.js';
import type { WorkScope } from '../core/calls/work-scope.js';
import { messageOf } from '../core/errors/message-of.js';
import type { Application } from './applications.js';

/** A call that was skipped. */
export interface MissedCall {
  readonly name: string;
  readonly scope: WorkScope;
  readonly call: () => unknown;
}

/** Calls of one method that were skipped: made up for once, by the last of them. */
export class MissedCalls {
  private readonly last = new WeakMap<object, MissedCall>();

  note(application: Application, subject: unknown, missed: MissedCall): void {
    const key = application.identify((subject ?? this) as object);
    const waits = this.last.has(key);
    this.last.set(key, missed);
    if (!waits) {
      outsideOfCalls(() => void this.makeUp(application, key));
    }
  }

  private async makeUp({ openWork, error }: Application, key: object): Promise<void> {
    const { scope } = this.last.get(key) as MissedCall;
    try {
      await openWork.untilOpen(scope, { timeout: Infinity, signal: undefined });
    } catch {
      // the application shuts down
      this.last.delete(key);
      return;
    }
    const { call, name } = this.last.get(key) as MissedCall;
    this.last.delete(key);
    try {
      const result = await call();
      if (isObservable(result)) {
        await lastValueFrom(result, { defaultValue: undefined });
      }
    } catch (reason) {
      error(`${name}, run once after maintenance, failed: ${messageOf(reason)}`);
    }
  }
}
