import type {
  MaintenanceHoldOptions,
  MaintenanceChange,
  MaintenanceHealth,
  MaintenanceKeyJson,
  MaintenanceQuiet,
  MaintenanceQuietOptions,
  MaintenanceReplica,
  MaintenanceWhileOpenOptions,
  MaintenanceSetOptions,
} from 'nestjs-maintenance';
import type { Outcome } from '../apps/replica.js';
import { Child } from '../support/child.js';
import { request, type Answer } from '../support/http.js';
import { until } from '../support/until.js';

/** What crosses to the other process as JSON comes back as text. */
type Sent<T> = { [Key in keyof T]: T[Key] extends Date ? string : T[Key] };

/** A replica in a process of its own. */
export class Replica {
  private constructor(readonly child: Child<{ port: number; id: string }>) {}

  static async start(url: string, env: Record<string, string> = {}): Promise<Replica> {
    return new Replica(await Child.start('replica', { env: { REDIS_URL: url, ...env }, timeout: 60_000 }));
  }

  get id(): string {
    return this.child.facts.id;
  }

  get(path: string): Promise<Answer> {
    return request(this.child.facts.port, path);
  }

  set(mode: boolean, key: string, options: MaintenanceSetOptions = {}): Promise<Sent<MaintenanceChange>> {
    return this.child.send('set', mode, key, options);
  }

  unset(key: string): Promise<void> {
    return this.child.send('unset', key);
  }

  isOn(key: string): Promise<boolean> {
    return this.child.send('isOn', key);
  }

  keyData(key: string): Promise<MaintenanceKeyJson> {
    return this.child.send('keyData', key);
  }

  replicas(): Promise<Sent<MaintenanceReplica>[]> {
    return this.child.send('replicas');
  }

  /** With instants as text. */
  quiet(key: string, options: MaintenanceQuietOptions = {}): Promise<MaintenanceQuiet> {
    return this.child.send('quiet', key, options);
  }

  forget(id: string): Promise<boolean> {
    return this.child.send('forget', id);
  }

  health(): Promise<Sent<MaintenanceHealth>> {
    return this.child.send('health');
  }

  heard(): Promise<{ changes: Sent<MaintenanceChange>[]; health: Sent<MaintenanceHealth>[] }> {
    return this.child.send('heard');
  }

  /** Holders that this process has said to be gone. */
  abandoned(): Promise<Sent<MaintenanceChange>[]> {
    return this.child.send('abandoned');
  }

  /** Hooks that were called here: event and key. */
  hooks(): Promise<string[]> {
    return this.child.send('hooks');
  }

  /** Enters a `maintain()` under a name of the spec's own; gives its fence. */
  hold(id: string, key: string, options: MaintenanceHoldOptions = {}): Promise<number> {
    return this.child.send('hold', id, key, options);
  }

  leave(id: string): Promise<void> {
    return this.child.send('leave', id);
  }

  /** Why the signal of that hold (or work) has aborted; `null` while it has not. */
  aborted(id: string): Promise<string | null> {
    return this.child.send('aborted', id);
  }

  /** Runs `maintain()` with work that waits for a gate, or until its signal aborts; `stubborn…` gates heed no signal. */
  work(gate: string, key: string, options: MaintenanceHoldOptions = {}): Promise<Outcome> {
    return this.child.send('work', gate, key, options);
  }

  /**
   * Runs work that others do not let begin, and gives its outcome once that says what they are running: a drain that is over before
   * another replica has reported says nothing about it.
   */
  async refused(gate: string, key: string, options: MaintenanceHoldOptions = {}): Promise<Outcome> {
    let outcome: Outcome = { ran: false };
    for (const drain of [500, 2_000, 8_000]) {
      outcome = await this.work(gate, key, { ...options, drain });
      if (outcome.ran || outcome.replicas?.every(({ routes }) => routes.length > 0)) break;
    }
    return outcome;
  }

  /** Takes the second key's lock, waiting for it, while it has the first one's, as soon as the gate is opened. */
  nested(gate: string, outer: string, inner: string): Promise<Outcome> {
    return this.child.send('nested', gate, outer, inner);
  }

  /** Work under `whileOpen()` that waits for a gate. */
  whileOpen(gate: string, key: string, options: MaintenanceWhileOpenOptions = {}): Promise<Outcome> {
    return this.child.send('whileOpen', gate, key, options);
  }

  open(gate: string): Promise<void> {
    return this.child.send('open', gate);
  }

  gates(): Promise<{ begun: string[]; ended: string[] }> {
    return this.child.send('gates');
  }

  /** Waits until something has come to the gate. */
  async reaches(gate: string): Promise<void> {
    await until(async () => (await this.gates()).begun.includes(gate), {
      timeout: 15_000,
      what: `something to reach the gate "${gate}"`,
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.child.kill();
  }
}

export const startReplicas = (count: number, url: string, env?: Record<string, string>): Promise<Replica[]> =>
  Promise.all(Array.from({ length: count }, () => Replica.start(url, env)));
