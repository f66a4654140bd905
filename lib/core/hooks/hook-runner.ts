import { withDeadline } from '../common/with-deadline.js';
import { describeValue, MaintenanceError } from '../errors/errors.js';
import type { MaintenanceChange } from '../document/change.js';
import { inWay } from '../history/way.js';
import { messageOf } from '../errors/message-of.js';
import type { MaintenanceEvent } from './maintenance-event.js';
import { askNested } from './nested-asks.js';

/** Milliseconds a hook may take. */
export const HOOK_TIMEOUT = 5_000;

/** A registered hook. */
export interface Hook {
  /** Class and method, for messages. */
  readonly name: string;
  readonly event: MaintenanceEvent;
  /** Names of keys; empty for all. */
  readonly keys: readonly string[];
  call(change: MaintenanceChange): unknown;
}

/** What `changing` hooks have thrown: it may look like any error of this library. */
const refusals = new WeakSet<object>();

/** Whether a `changing` hook threw this. A primitive can come from nowhere else. */
export const isHookRefusal = (error: unknown): boolean =>
  Object(error) !== error || refusals.has(error as object);

/** Calls hooks, and keeps failing ones from stopping anybody. */
export class HookRunner {
  private readonly hooks: Hook[] = [];

  constructor(private readonly error: (message: string) => void) {}

  add(hook: Hook): void {
    this.hooks.push(hook);
  }

  /** The keys that hooks were registered for. */
  get keys(): readonly { name: string; key: string }[] {
    return this.hooks.flatMap(({ name, keys }) => keys.map((key) => ({ name, key })));
  }

  /**
   * Asks all `changing` hooks, one after another.
   * @throws what a hook throws, or MaintenanceError when one does not answer in time: the change is refused
   */
  async ask(change: MaintenanceChange): Promise<void> {
    for (const hook of this.of('changing', change)) {
      try {
        await askNested(
          hook,
          change.key,
          () => inTime(hook, change),
          () =>
            new MaintenanceError(
              `Maintenance hook ${describeValue(hook.name)} changes "${change.key}" each time it is asked about a change of it; nothing was changed.`,
            ),
        );
      } catch (error) {
        refusals.add(Object(error) as object);
        throw error;
      }
    }
  }

  /** Whether a hook here is registered for it. */
  has(event: MaintenanceEvent, key: string): boolean {
    return this.of(event, { key }).length > 0;
  }

  /** Calls hooks after the fact; settles when all have, and never rejects. */
  async notify(event: Exclude<MaintenanceEvent, 'changing'>, change: MaintenanceChange): Promise<void> {
    await Promise.all(
      this.of(event, change).map((hook) =>
        inTime(hook, change).catch((error: unknown) =>
          this.error(`Maintenance hook ${hook.name} (${event} "${change.key}") failed: ${messageOf(error)}`),
        ),
      ),
    );
  }

  private of(event: MaintenanceEvent, change: Pick<MaintenanceChange, 'key'>): Hook[] {
    return this.hooks.filter(
      (hook) => hook.event === event && (hook.keys.length === 0 || hook.keys.includes(change.key)),
    );
  }
}

function inTime(hook: Hook, change: MaintenanceChange): Promise<unknown> {
  return withDeadline(
    // the application makes the changes of its hooks, no matter who triggered the hook
    inWay('code', async () => hook.call(change)),
    HOOK_TIMEOUT,
    () =>
      new MaintenanceError(
        `Maintenance hook ${describeValue(hook.name)} did not finish within ${HOOK_TIMEOUT} ms.`,
      ),
  );
}
