import type { Presence } from '../store/store.js';
import type { Replica } from './replica-lease.js';
import type { StateView } from './state-view.js';

/** What a replica reports besides its identity and what it has applied. */
export type ReplicaDetails = Omit<Presence, keyof Replica | 'at' | 'revision' | 'clockSkew'>;

/** Milliseconds that a clock may be off without being reported. */
const HARDLY = 1_000;

const IDLE: ReplicaDetails = {
  inFlight: 0,
  observer: true,
  unknownKeys: [],
  foreignKeys: [],
  draining: {},
  running: {},
};

/** What a replica reports with each exchange. */
export class ReplicaReport {
  /** Provides the details that only the counter of calls knows, which sets it. */
  details: () => ReplicaDetails = () => IDLE;

  constructor(
    private readonly replica: Replica,
    private readonly view: StateView,
    private readonly clockSkew: () => number,
  ) {}

  /**
   * Others may take this replica for an observer, in which nothing runs: it has reported so, and the store has accepted no other
   * report since. Not before it has read anything: until then `onUnknown` says whether something may begin.
   */
  passesForObserver = false;

  /** Of this replica. */
  get id(): string {
    return this.replica.id;
  }

  /** The current report. */
  tell(): Presence {
    const presence = this.presence();
    if (presence.observer && this.view.hasRead) {
      this.passesForObserver = true;
    }
    return presence;
  }

  /** The store has accepted the last report. */
  taken({ observer }: Presence): void {
    this.passesForObserver = observer;
  }

  /** As of now. */
  presence(): Presence {
    // what runs of what was heard is known only then
    this.view.settle();
    const skew = this.clockSkew();
    return {
      ...this.replica,
      at: this.view.version ?? '',
      revision: this.view.known?.revision ?? 0,
      clockSkew: Math.abs(skew) > HARDLY ? skew : 0,
      ...this.details(),
    };
  }
}
