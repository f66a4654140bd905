import type { MaintenanceStatusMessage } from '../client/status-message.js';
import { messageOf } from '../core/errors/message-of.js';
import type { KeyRegistry } from '../core/keys/key-registry.js';
import { describeReopening } from '../core/keys/maintenance-key-json.js';
import type { Snapshot } from '../core/state/snapshot.js';
import type { StateManager } from '../core/state/state-manager.js';
import type { Decision } from '../decision/decision.js';
import { createRefusal, getRetryAfter } from '../decision/refusal.js';
import type { StalePolicy } from '../decision/stale-policy.js';
import type { Localizer } from '../i18n/localizer.js';
import { DEFAULT_MESSAGE } from '../i18n/texts.js';
import type { ResolvedOptions } from '../options/options.js';
import type { LiveClients } from './live-clients.js';
import { warn } from './log.js';
import type { SiteState } from './site-state.js';

/** What is computed once for many clients. */
interface Shared {
  readonly snapshot: Snapshot;
  readonly blocks: boolean;
  /** By the languages of their texts. */
  readonly statuses: Map<string, MaintenanceStatusMessage>;
  readonly variant: (listener: unknown) => string;
}

/** Puts what is known into words for pages. */
export class StatusReporter {
  private shared: Shared | undefined;

  constructor(
    private readonly manager: StateManager,
    private readonly registry: KeyRegistry,
    private readonly localizer: Localizer,
    private readonly clients: LiveClients,
    private readonly stale: StalePolicy,
    private readonly decision: Decision,
    private readonly site: SiteState,
    private readonly options: ResolvedOptions,
  ) {}

  /** Whether the status depends on its recipient. */
  get personal(): boolean {
    return this.localizer.active;
  }

  /**
   * What everybody may know. A key that is not public contributes its message, which is for visitors, but never its name.
   * @param listener the request or socket of the client, for the language
   */
  forAll(listener?: unknown): MaintenanceStatusMessage {
    const { snapshot } = this.manager;
    if (this.personal) {
      return this.make(snapshot, listener);
    }
    const { statuses, variant: variantOf } = this.share();
    const variant = variantOf(listener);
    let status = statuses.get(variant);
    if (!status) {
      status = this.make(snapshot, listener);
      statuses.set(variant, status);
    }
    return status;
  }

  /**
   * The languages of the texts that this client gets, if operators gave several: the status is the same for all clients that
   * have them.
   */
  variant(listener: unknown): string {
    return this.share().variant(listener);
  }

  /** What clients with `see_info` may know. */
  forInsider(listener: unknown): MaintenanceStatusMessage {
    try {
      const maintenance = this.localizer.keyData(this.registry, this.manager, listener);
      return { ...this.forAll(listener), maintenance };
    } catch (error) {
      warn(`Key data could not be read: ${messageOf(error)}`);
      return this.forAll(listener);
    }
  }

  /** What applies to one client alone while visitors come back one after another; `undefined`: nothing. */
  ownOf(listener: unknown): Partial<MaintenanceStatusMessage> | undefined {
    const keys = this.stale.blocks ? [] : this.site.gradual(this.manager.snapshot);
    const refused = keys.length > 0 ? this.decision.first(keys, listener) : undefined;
    if (!refused) {
      return undefined;
    }
    const now = this.manager.store.now();
    const { message, retryAfter, until } = createRefusal(refused, this.options, now, (state, builtIn) =>
      this.localizer.say(state, builtIn, listener),
    );
    return { maintenanceMode: true, message, retryAfter, until: until?.toISOString() ?? null };
  }

  /** Whether a key is in maintenance; `undefined` if the client must not know the key. */
  modeOf(name: string, insider: boolean): boolean | undefined {
    const key = this.registry.find(name);
    return key && (key.public || insider) ? this.manager.snapshot.of(key).value : undefined;
  }

  get closed(): boolean {
    return this.site.closing(this.manager.snapshot) !== undefined;
  }

  /** What is the same for all clients that come in one turn of the event loop: thousands may come back together. */
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
    const closing = this.site.closing(snapshot)?.state;
    const texts = [
      closing?.messages,
      closing?.progress?.steps,
      ...snapshot.upcoming.map(({ key, occurrence }) => (key.public ? occurrence.messages : undefined)),
    ].filter((messages) => messages !== undefined);
    return texts.length === 0
      ? () => ''
      : (listener) => texts.map((messages) => this.localizer.languageOf(messages, listener)).join();
  }

  private make(snapshot: Snapshot, listener: unknown): MaintenanceStatusMessage {
    const { key, state: closing } = this.site.closing(snapshot) ?? {};
    const until = closing?.until ?? null;
    const upcoming = this.localizer.upcoming(this.manager, listener);
    const reopening = closing ? undefined : this.site.reopening(snapshot);
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
      revision: this.site.revision(key),
      spread: this.clients.spread,
    };
  }
}
