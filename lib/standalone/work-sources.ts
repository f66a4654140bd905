import { callChain, type Call } from '../core/calls/call.js';
import { WorkCall } from '../core/calls/work-calls.js';
import type { CallJudge } from '../core/cluster/running-calls.js';
import type { KeyRegistry } from '../core/keys/key-registry.js';
import type { MaintenanceKey } from '../core/keys/maintenance-key.js';
import type { CoverageSource } from '../core/service/service-ports.js';

const belongsTo = (call: object, key: MaintenanceKey): boolean =>
  call instanceof WorkCall && call.scope.isConcernedBy(key);

/** If only work under `whileOpen()` runs, its keys show which drains wait for it. */
export class WorkSources implements CallJudge, CoverageSource {
  constructor(private readonly registry: KeyRegistry) {}

  ask(name: string, call: object): boolean {
    const key = this.registry.find(name);
    return key !== undefined && belongsTo(call, key);
  }

  covers(call: Call, key: MaintenanceKey, since: number): boolean {
    return [...callChain(call)].some((around) => around.isAwaitedSince(since) && belongsTo(around, key));
  }
}
