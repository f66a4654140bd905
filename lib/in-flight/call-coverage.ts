import type { MaintenanceKey } from '../core/keys/maintenance-key.js';
import { callChain, type Call } from '../core/calls/call.js';
import { WorkCall } from '../core/calls/work-calls.js';
import type { CoverageSource } from '../core/service/service-ports.js';
import type { WouldRefuse } from '../decision/would-refuse.js';
import { HandlerCall } from './handler-calls.js';
import type { InFlight } from './in-flight.js';

/** Calls that are waited for already: what they start belongs to them. */
export class CallCoverage implements CoverageSource {
  constructor(
    private readonly inFlight: InFlight,
    private readonly judge: WouldRefuse,
  ) {}

  covers(call: Call, key: MaintenanceKey, since: number, on: number): boolean | Promise<boolean> {
    const unsure: Promise<boolean>[] = [];
    for (const around of callChain(call)) {
      const answer = around.isAwaitedSince(since) && this.isWaitedFor(around, key, on);
      if (answer === true) {
        return true;
      }
      if (answer !== false) {
        unsure.push(answer.then((waitedFor) => waitedFor && around.isAwaitedSince(since)));
      }
    }
    return unsure.length > 0 && Promise.all(unsure).then((answers) => answers.includes(true));
  }

  /** Nobody waits for what has begun since a key is on and comes from no request: an event, a client that connects, a schedule. */
  private isWaitedFor(call: Call, key: MaintenanceKey, on: number): boolean | Promise<boolean> {
    if (call instanceof WorkCall) {
      return (call.covered || call.begun < on) && call.scope.isConcernedBy(key);
    }
    if (!(call instanceof HandlerCall)) {
      return false;
    }
    const found = this.inFlight.contextOf(call);
    const isLate = !found?.known && call.begun >= on && !this.inFlight.isAdmitted(call);
    return found !== undefined && !isLate && this.judge.ask(key.name, found.context, !found.known);
  }
}
