import { Inject, Injectable } from '@nestjs/common';
import { merge, type Observable } from 'rxjs';
import { Decision } from '../decision/decision.js';
import { isGradual } from '../decision/visitor.js';
import { createRefusal, getRetryAfter } from '../decision/refusal.js';
import { StalePolicy, UNKNOWN } from '../decision/stale-policy.js';
import { DEFAULT_MESSAGE } from '../i18n/texts.js';
import type { MaintenanceStatusMessage } from '../client/status-message.js';
import { Localizer } from '../i18n/localizer.js';
import { KeyRegistry } from '../core/keys/key-registry.js';
import type { MaintenanceKey } from '../core/keys/maintenance-key.js';
import { describeReopening } from '../core/keys/maintenance-key-json.js';
import { OFF, type MaintenanceReopening, type MaintenanceState } from '../core/keys/maintenance-state.js';
import type { Snapshot } from '../core/state/snapshot.js';
import { StateManager } from '../core/state/state-manager.js';
import { messageOf } from '../core/errors/message-of.js';
import type { ResolvedOptions } from '../options/options.js';
import { OPTIONS } from '../options/tokens.js';
import { closesSite } from './closes-site.js';
import { LiveClients } from './live-clients.js';
import { warn } from './log.js';
import { markOf } from './progress-mark.js';

/** What is made once for many clients. */
interface Shared {
  readonly snapshot: Snapshot;
  readonly blocks: boolean;
  /** By the languages of their texts. */
  readonly statuses: Map<string, MaintenanceStatusMessage>;
  readonly variant: (listener: unknown) => string;
}

/** Puts what is known into words for pages. */
@Injectable()
export class StatusReporter {
  /** Emits when touch with the store was lost or found: what is reported may be another, though no key has changed. */
  readonly certainty: Observable<unknown>;
  private shared: Shared | undefined;

  constructor(
    @Inject(StateManager) private readonly manager: StateManager,
    @Inject(KeyRegistry) private readonly registry: KeyRegistry,
    @Inject(Localizer) private readonly localizer: Localizer,
    @Inject(LiveClients) private readonly clients: LiveClients,
    @Inject(StalePolicy) private readonly stale: StalePolicy,
    @Inject(Decision) private readonly decision: Decision,
    @Inject(OPTIONS) private readonly options: ResolvedOptions,
  ) {
    this.certainty = merge(manager.health$, stale.changes);
  }

  /** Whether the status depends on who gets it. */
  get personal(): boolean {
    return this.localizer.active;
  }

  /**
   * What everybody may know. A key that is not public lends its message, which is for visitors, but never its name.
   * @param listener the request or socket of the client, for the language
   */
  forAll(listener?: unknown): MaintenanceStatusMessage {
    const { snapshot } = this.manager;
    if (this.personal) {
      return this.make(snapshot, listener);
    }
    const { statuses, variant } = this.share();
    const known = statuses.get(variant(listener));
    const status = known ?? this.make(snapshot, listener);
    if (!known) {
      statuses.set(variant(listener), status);
    }
    return status;
  }

  /** The languages of the texts that this client gets, where operators gave several: what is the same for all who have them. */
  variant(listener: unknown): string {
    return this.share().variant(listener);
  }

  /** Changes with what nothing is written for when it comes: announcements of planned windows, and phases. */
  get planned(): string {
    const { snapshot } = this.manager;
    const phases = snapshot.refusing.map(({ key, state: { phase, reopening } }) =>
      [key.name, phase, reopening?.from.getTime(), reopening?.until.getTime()].join(),
    );
    return [...phases, this.announced(snapshot)].join('|');
  }

  private announced({ upcoming }: Snapshot): string {
    return upcoming
      .map(({ key, occurrence: { id, start, end, message, messages } }) =>
        key.public ? [id, start.getTime(), end.getTime(), message, JSON.stringify(messages)].join() : '',
      )
      .join();
  }

  /** Changes with how far work is, by whole percents. */
  get progressed(): string {
    return this.manager.snapshot.active
      .map(({ key, state: { progress } }) => (progress ? `${key.name} ${markOf(progress)}` : ''))
      .join('\n');
  }

  /** Changes when visitors must be notified: not with time, nor with the number of clients, nor with keys they do not know. */
  get fingerprint(): string {
    const revision = this.lastWrite((key) => key.public);
    const closing = this.closing(this.manager.snapshot)?.state;
    const progress = closing?.progress?.public && markOf(closing.progress);
    return JSON.stringify({
      ...this.forAll(),
      messages: closing?.messages,
      progress,
      retryAfter: 0,
      spread: 0,
      revision,
    });
  }

  /** What those with `see_info` may know. */
  forInsider(listener: unknown): MaintenanceStatusMessage {
    try {
      const maintenance = this.localizer.keyData(this.registry, this.manager, listener);
      return { ...this.forAll(listener), maintenance };
    } catch (error) {
      warn(`Key data could not be read: ${messageOf(error)}`);
      return this.forAll(listener);
    }
  }

  /** What is so for one client alone while visitors come back one after another; `undefined`: nothing. */
  ownOf(listener: unknown): Partial<MaintenanceStatusMessage> | undefined {
    const keys = this.manager.snapshot.refusing.filter(
      (one) => isGradual(one) && closesSite(one.key, { ...one.state, value: true }),
    );
    const refused = keys.length > 0 && !this.stale.blocks ? this.decision.first(keys, listener) : undefined;
    if (!refused) {
      return undefined;
    }
    const now = this.manager.store.now();
    const { message, retryAfter, until } = createRefusal(refused, this.options, now, (state, builtIn) =>
      this.localizer.say(state, builtIn, listener),
    );
    return { maintenanceMode: true, message, retryAfter, until: until?.toISOString() ?? null };
  }

  /** Is a key in maintenance; `undefined` for one that is not to be known. */
  modeOf(name: string, insider: boolean): boolean | undefined {
    const key = this.registry.find(name);
    return key && (key.public || insider) ? this.manager.snapshot.of(key).value : undefined;
  }

  get closed(): boolean {
    return this.closing(this.manager.snapshot) !== undefined;
  }

  /** What is the same for all who come in one turn of the event loop: thousands may come back together. */
  private share(): Shared {
    const { snapshot } = this.manager;
    const { blocks } = this.stale;
    if (this.shared?.snapshot !== snapshot || this.shared.blocks !== blocks) {
      this.shared = { snapshot, blocks, statuses: new Map(), variant: this.variants(snapshot) };
      setImmediate(() => (this.shared = undefined));
    }
    return this.shared;
  }

  private variants(snapshot: Snapshot): (listener: unknown) => string {
    const closing = this.closing(snapshot)?.state;
    const texts = [
      closing?.messages,
      closing?.progress?.steps,
      ...snapshot.upcoming.map(({ occurrence }) => occurrence.messages),
    ].filter((messages) => messages !== undefined);
    return texts.length === 0
      ? () => ''
      : (listener) => texts.map((messages) => this.localizer.languageOf(messages, listener)).join();
  }

  private make(snapshot: Snapshot, listener: unknown): MaintenanceStatusMessage {
    const { key, state: closing } = this.closing(snapshot) ?? {};
    const until = closing?.until ?? null;
    const upcoming = this.localizer.upcoming(this.manager, listener);
    const reopening = closing ? undefined : this.reopening(snapshot);
    const progress = closing && this.localizer.progress(closing, listener);
    const modes = this.registry
      .all()
      .filter((key) => key.public)
      .map((key) => [key.name, snapshot.of(key).value] as const);
    return {
      maintenanceMode: closing !== undefined,
      modes: Object.fromEntries(modes),
      message: closing ? this.localizer.say(closing, DEFAULT_MESSAGE, listener) : null,
      retryAfter: closing ? getRetryAfter(until, this.options.refreshDelay, this.manager.store.now()) : null,
      until: until?.toISOString() ?? null,
      ...(reopening && { reopening: describeReopening(reopening) }),
      ...(progress && { progress }),
      ...(upcoming.length > 0 && { upcoming }),
      revision: this.revision(key),
      spread: this.clients.spread,
    };
  }

  /** What refuses an ordinary visitor a page, if anything does. */
  private closing(snapshot: Snapshot): { key: MaintenanceKey | null; state: MaintenanceState } | undefined {
    return this.stale.blocks
      ? { key: null, state: UNKNOWN }
      : snapshot.active.find(({ key, state }) => closesSite(key, state));
  }

  /** The reopening of the first key that would have refused an ordinary visitor a page. */
  private reopening({ active, refusing }: Snapshot): MaintenanceReopening | undefined {
    return refusing === active
      ? undefined
      : refusing.find(({ key, state }) => state.reopening && closesSite(key, { ...state, value: true }))
          ?.state.reopening;
  }

  /**
   * The last write that visitors may have noticed: of a key that is public, or that closes the site or has closed it. It is the same
   * on every replica, since pages remember it while they are answered by several.
   */
  private revision(deciding: MaintenanceKey | null | undefined): number {
    return this.lastWrite(
      (key) =>
        key.public ||
        key === deciding ||
        (!this.manager.current(key).value && closesSite(key, { ...OFF, value: true })),
    );
  }

  private lastWrite(counts: (key: MaintenanceKey) => boolean): number {
    const { document } = this.manager;
    const revisions = this.registry
      .all()
      .filter(counts)
      .map((key) => document?.keys.get(key.name)?.change.revision ?? 0);
    return Math.max(0, ...revisions);
  }
}
