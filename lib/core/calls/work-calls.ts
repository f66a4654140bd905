import type { CallFilter, RunningCall, RunningCalls } from '../cluster/running-calls.js';
import { Call } from './call.js';
import type { Revocations } from './revocations.js';
import type { WorkScope } from './work-scope.js';

/** Work that is not a request: under `whileOpen()`, or in a method that is skipped during maintenance. */
export class WorkCall extends Call {
  /** On the monotonic clock. */
  readonly begun = performance.now();

  constructor(
    /** For operators: where it comes from. */
    readonly name: string,
    readonly scope: WorkScope,
    parent: Call | undefined,
    /** It was started although a key is on, by a call that the key's holder waits for: it belongs to that call. */
    readonly covered: boolean,
  ) {
    super(parent);
  }

  /** What its code may know it by. */
  get identities(): readonly object[] {
    return [this];
  }
}

/** The work in progress in this process. */
export class WorkCalls implements RunningCalls {
  /** Whether anything has run here, and may again. */
  serves = false;
  private readonly open = new Set<WorkCall>();

  constructor(private readonly revocations: Revocations) {}

  get size(): number {
    return this.open.size;
  }

  begin(call: WorkCall): void {
    this.open.add(call);
  }

  end(call: WorkCall): void {
    call.running = false;
    this.open.delete(call);
  }

  running(counts: CallFilter): RunningCall[] {
    return this.counted(counts).map(({ name, begun }) => ({ route: name, begun }));
  }

  remaining(counts: CallFilter): string[] {
    return [...new Set(this.counted(counts).map(({ name }) => name))];
  }

  revoke(counts: CallFilter, why: string): void {
    this.counted(counts).forEach((call) => this.revokeOne(call, why));
  }

  revokeAll(why: string): void {
    this.open.forEach((call) => this.revokeOne(call, why));
  }

  private revokeOne({ identities }: WorkCall, why: string): void {
    identities.forEach((identity) => this.revocations.revoke(identity, why));
  }

  private counted(counts: CallFilter): WorkCall[] {
    // the filter is asked about those that wait, too: they may go on later
    return [...this.open].filter((call) => counts(call, call.covered) && call.waits === 0);
  }
}
