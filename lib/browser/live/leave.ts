import type { MaintenanceStatusMessage } from '../../client/status-message.js';

/** How much longer a page may wait that nobody looks at. */
const HIDDEN = 5_000;

/** Something that each page does at a moment of its own, so that not all do it at once. */
export interface Leave {
  /** What is planned. */
  readonly plan: string | undefined;
  /** Plans to do something within this many milliseconds, replacing what was planned. */
  within(ms: number, plan: string, action: () => void): void;
  /** Plans to do something after this many milliseconds, whether the page is visible or not. */
  after(ms: number, plan: string, action: () => void): void;
  /** The page has become visible: now is the moment. */
  hurry(): void;
  cancel(): void;
}

export function createLeave(): Leave {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let plan: string | undefined;
  /** Does it at once, unless it has a moment that it waits for. */
  let hurry: (() => void) | undefined;

  function cancel(): void {
    clearTimeout(timer);
    plan = hurry = undefined;
  }

  /** @returns does it at once */
  function set(ms: number, next: string, action: () => void): () => void {
    const run = (): void => {
      cancel();
      action();
    };
    cancel();
    plan = next;
    timer = setTimeout(run, ms);
    return run;
  }

  return {
    get plan() {
      return plan;
    },
    within(ms, next, then) {
      hurry = set(Math.random() * (document.hidden ? ms * 4 + HIDDEN : ms), next, then);
    },
    after: set,
    hurry: () => hurry?.(),
    cancel,
  };
}

/**
 * Over what time pages spread what all of them must do now. A page that has just been loaded comes at a moment of its own. A
 * server that has just started does not know yet how many pages there are.
 */
export function spreadOf(
  { spread = 0 }: MaintenanceStatusMessage,
  before: MaintenanceStatusMessage | undefined,
): number {
  return before ? Math.max(spread, before.spread ?? 0) : 0;
}
