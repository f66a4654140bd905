import { Inject, Injectable } from '@nestjs/common';
import { distinctUntilChanged, map, merge, share, skip, startWith, type Observable } from 'rxjs';
import { StateManager } from '../core/state/state-manager.js';
import { StalePolicy } from '../decision/stale-policy.js';
import { markOf } from './progress-mark.js';
import { SiteState } from './site-state.js';
import { StatusReporter } from './status-reporter.js';

/** What is news to clients although no key has changed, and whether anything is. */
@Injectable()
export class StatusNews {
  /** What happens without a write: announcements of planned windows, and phases. */
  readonly planned: Observable<unknown>;
  /** The progress of work, in whole percents. */
  readonly progress: Observable<unknown>;
  /** Contact with the store was lost or restored: the reported state may differ. */
  readonly certainty: Observable<unknown>;

  constructor(
    @Inject(StateManager) private readonly manager: StateManager,
    @Inject(SiteState) private readonly site: SiteState,
    @Inject(StatusReporter) private readonly reporter: StatusReporter,
    @Inject(StalePolicy) stale: StalePolicy,
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
