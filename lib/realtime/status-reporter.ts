import { getRetryAfter } from '../decision/refusal.js';
import { DEFAULT_MESSAGE } from '../i18n/texts.js';
import type { MaintenanceStatusMessage } from '../client/status-message.js';
import type { Localizer } from '../i18n/localizer.js';
import type { KeyRegistry } from '../core/keys/key-registry.js';
import type { ActiveKey, Snapshot } from '../core/state/snapshot.js';
import type { StateManager } from '../core/state/state-manager.js';
import { messageOf } from '../core/store/store.js';

/** Puts what is known into words for sockets. */
export class StatusReporter {
  private shared: { readonly snapshot: Snapshot; readonly status: MaintenanceStatusMessage } | undefined;

  constructor(
    private readonly manager: StateManager,
    private readonly registry: KeyRegistry,
    private readonly localizer: Localizer,
    /** Milliseconds. */
    private readonly refreshDelay: number,
    private readonly warn: (message: string) => void,
  ) {}

  /** Does what is told depend on who hears it. */
  get personal(): boolean {
    return this.localizer.active;
  }

  /** What everybody may know. A key that is not public lends its message, which is for visitors, but never its name. */
  forAll(socket?: unknown): MaintenanceStatusMessage {
    const { snapshot } = this.manager;
    if (this.personal) {
      return this.make(snapshot, socket);
    }
    // made once for all who come in one turn of the event loop: thousands may come back together
    if (this.shared?.snapshot !== snapshot) {
      this.shared = { snapshot, status: this.make(snapshot, undefined) };
      setImmediate(() => (this.shared = undefined));
    }
    return this.shared.status;
  }

  private make(snapshot: Snapshot, socket: unknown): MaintenanceStatusMessage {
    const closing = snapshot.active.find(closesSite)?.state;
    const until = closing?.until ?? null;
    const modes = this.registry
      .all()
      .filter((key) => key.public)
      .map((key) => [key.name, snapshot.of(key).value] as const);
    return {
      maintenanceMode: closing !== undefined,
      modes: Object.fromEntries(modes),
      message: closing ? this.localizer.translate(closing.message ?? DEFAULT_MESSAGE, socket) : null,
      retryAfter: closing ? getRetryAfter(until, this.refreshDelay, this.manager.store.now()) : null,
      until: until?.toISOString() ?? null,
      revision: snapshot.revision,
    };
  }

  /** What those with `see_info` may know. */
  forInsider(socket: unknown): MaintenanceStatusMessage {
    try {
      const maintenance = this.localizer.keyData(this.registry, this.manager, socket);
      return { ...this.forAll(socket), maintenance };
    } catch (error) {
      this.warn(`Key data could not be made: ${messageOf(error)}`);
      return this.forAll(socket);
    }
  }

  /** Is a key in maintenance; `undefined` for one that is not to be known. */
  modeOf(name: string, insider: boolean): boolean | undefined {
    const key = this.registry.find(name);
    return key && (key.public || insider) ? this.manager.snapshot.of(key).value : undefined;
  }

  get closed(): boolean {
    return this.manager.snapshot.active.some(closesSite);
  }
}

/** Would an ordinary visitor be refused a page. A status class that cannot say so without a request counts as its value. */
function closesSite({ key, state }: ActiveKey): boolean {
  if (key.scope !== 'site' || key.readOnly) {
    return false;
  }
  try {
    const Status = key.getStatusClass();
    return new Status(state.value, key, undefined, state).active;
  } catch {
    return state.value;
  }
}
