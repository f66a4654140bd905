import { MaintenanceStoreError } from '../errors/errors.js';
import type { StateManager } from '../state/state-manager.js';
import type { SeenReplica } from '../store/store.js';
import type { AcknowledgedWrites } from './acknowledged-writes.js';
import { ReportTiming } from './report-timing.js';

/** Milliseconds between two looks at the other replicas, in addition to notifications. */
const POLL_INTERVAL = 100;

/** The other replicas, as the store lists them: those that are alive, and those that are silent and not known to be gone. */
export class Peers {
  private readonly timing = new ReportTiming();

  constructor(private readonly manager: StateManager) {}

  /**
   * Asks again until the time is over if the store does not answer, or has lost the change that is waited for: reports about
   * numbers that it has given out again prove nothing.
   * @param applied where that change is
   * @throws MaintenanceStoreError, or what the signal was aborted with
   */
  async look(until: number, signal?: AbortSignal, applied?: AcknowledgedWrites): Promise<SeenReplica[]> {
    const { store } = this.manager;
    if (!store.clustered) {
      return [];
    }
    for (let asked = 1; ; asked++) {
      const { mark } = this.manager.notifier;
      // the next look may succeed at once with what this one has read
      let waits = asked > 2;
      try {
        const others = await this.ask(applied);
        if (others) {
          return others;
        }
        if (performance.now() >= until) {
          throw new MaintenanceStoreError(
            'the store lost the change, or was read from scratch, while waiting for the other replicas.',
          );
        }
      } catch (error) {
        if (!(error instanceof MaintenanceStoreError) || performance.now() >= until) {
          throw error;
        }
        waits = true;
      }
      if (waits) {
        await this.wait(mark, until, signal, applied);
      }
      signal?.throwIfAborted();
    }
  }

  /** @returns `undefined` when it has to be asked again */
  private async ask(applied: AcknowledgedWrites | undefined): Promise<SeenReplica[] | undefined> {
    const { manager } = this;
    const { store, replica } = manager;
    applied?.look();
    const mark = applied?.mark;
    const version = applied?.version;
    const deadline = manager.deadline();
    // an empty store has no history that a version could belong to
    const begun = performance.now();
    const found = await store.replicasAt(version || undefined, deadline);
    this.timing.looked(performance.now() - begun);
    const others = found?.replicas.filter(({ id }) => id !== replica.id);
    if (found && found.list !== manager.list.told) {
      // the list has started over and may lack replicas that only this one remembers: the next exchange lists them again
      await manager.sync();
      return undefined;
    }
    if (!others || others.length === found?.replicas.length) {
      // its own entry is lost, and others' may be: the exchange that records it again notices
      await manager.sync();
    }
    applied?.look();
    if (applied?.mark !== mark) {
      return undefined;
    }
    applied?.confirm(found?.version);
    return others;
  }

  /**
   * Waits for the wake-up that comes when all replicas have reported what was just written, or until a look that sets out now will
   * find that, or for as long as between two looks. As long as this replica has not reported it, it cannot have come yet.
   */
  async reports(until: number, applied: AcknowledgedWrites, signal?: AbortSignal): Promise<void> {
    const { manager, timing } = this;
    if (!manager.isReporting) {
      return;
    }
    const begun = performance.now();
    const woken = async (): Promise<void> => {
      if (await this.wait(manager.notifier.mark, until, signal, applied)) {
        timing.woken(performance.now() - begun);
      }
    };
    await firstOf(woken(), timing.next);
  }

  /**
   * Waits until a replica reports something new, or it is time to look again.
   * @returns whether one did
   */
  async wait(
    mark: number,
    until: number,
    signal?: AbortSignal,
    applied?: AcknowledgedWrites,
  ): Promise<boolean> {
    const timeout = Math.max(0, Math.min(POLL_INTERVAL, until - performance.now()));
    return this.manager.notifier.wait(mark, timeout, signal, applied?.revision);
  }
}

/** Waits at most this many ms, if any are given. */
async function firstOf(event: Promise<void>, ms: number | undefined): Promise<void> {
  if (ms === undefined) {
    return event;
  }
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([event, over]);
  clearTimeout(timer);
}
