import type { ExecutionContext } from '@nestjs/common';
import type { Call } from '../core/calls/call.js';
import { WorkCall, type WorkCalls } from '../core/calls/work-calls.js';
import type { HandlerPolicy } from './handler-policy.js';

/**
 * A call of a handler that a library runs for something of its own, such as a chat message. It is counted from the moment a guard
 * has admitted it.
 */
export class ExternalCall extends WorkCall {
  private admitted: ExecutionContext | undefined;
  /** What still runs for it. */
  private left = 0;

  constructor(
    name: string,
    policy: HandlerPolicy,
    around: Call | undefined,
    /** As guards see it. */
    readonly handler: object,
    private readonly works: WorkCalls,
  ) {
    super(name, policy, around, false);
  }

  /** What keys are asked about; `undefined` until it is admitted. */
  get context(): ExecutionContext | undefined {
    return this.admitted;
  }

  /** Nobody waits for what has not been admitted. */
  override get isOngoing(): boolean {
    return this.running && this.admitted !== undefined;
  }

  admit(context: ExecutionContext): void {
    this.admitted = context;
    this.works.begin(this);
  }

  /** @returns to be called when a part of it is over */
  retain(): () => void {
    this.left++;
    return () => {
      if (--this.left === 0) {
        this.works.end(this);
      }
    };
  }
}
