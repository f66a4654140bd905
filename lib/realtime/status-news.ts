import { distinctUntilChanged, map, merge, share, skip, startWith, type Observable } from 'rxjs';
import type { StateManager } from '../core/state/state-manager.js';
import type { StalePolicy } from '../decision/stale-policy.js';
import { markOf } from './progress-mark.js';
import type { SiteState } from './site-state.js';
import type { StatusReporter } from './status-reporter.js';

/** What is news to clients although no key has changed, and whether anything is. */
export class StatusNews {
  /** What happens without a write: announcements of planned windows, and phases. */
  readonly planned: Observable<unknown>;
  /** The progress of work, in whole percents. */
  readonly progress: Observable<unknown>;
  /** Contact with the store was lost or restored: the reported state may differ. */
  readonly certainty: Observable<unknown>;

  constructor(
    private readonly manager: StateManager,
    private readonly site: SiteState,
    private readonly reporter: StatusReporter,
    stale: StalePolicy,
  ) {
    this.planned = this.changesOf(() => this.describePlanned());
    this.progress = this.changesOf(() => this.describeProgress());
    this.certainty = merge(manager.health$, stale.changes);
  }

  /** Changes when visitors must be notified: not with time, nor with the number of clients, nor with keys they do not know. */
  get fingerprint(): string {
    const status = this.reporter.forAll();
    const { messages, progress } = this.site.closing(this.manager.snapshot)?.state ?? {};
    return JSON.stringify({
      ...status,
      messages,
      progress: progress?.public && markOf(progress),
      retryAfter: 0,
      spread: 0,
      revision: this.site.publicRevision,
    });
  }

  private describePlanned(): string {
    const { refusing, upcoming } = this.manager.snapshot;
    const phases = refusing.map(({ key, state: { phase, reopening } }) => [
      key.name,
      phase,
      reopening?.from.getTime(),
      reopening?.until.getTime(),
    ]);
    const announced = upcoming
      .filter(({ key }) => key.public)
      .map(({ occurrence: { id, start, end, message, messages } }) => [
        id,
        start.getTime(),
        end.getTime(),
        message,
        messages,
      ]);
    return JSON.stringify([phases, announced]);
  }

  private describeProgress(): string {
    return this.manager.snapshot.active
      .map(({ key, state: { progress } }) => (progress ? `${key.name} ${markOf(progress)}` : ''))
      .join('\n');
  }

  /** Emits when something differs from before; read once for all subscribers. */
  private changesOf(read: () => string): Observable<unknown> {
    return this.manager.updates.pipe(
      startWith(undefined),
      map(read),
      distinctUntilChanged(),
      skip(1),
      share(),
    );
  }
}
