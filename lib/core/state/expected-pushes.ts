import type { StateView } from './state-view.js';

/** Milliseconds that a push may take longer than the answer to a later write. */
const PUSH_DELAY = 20;

/**
 * When this process writes after others, what they wrote usually comes by push in a moment. Only if it does not is the store asked
 * for it: with many writers, each write would otherwise take an exchange.
 */
export class ExpectedPushes {
  private timer: NodeJS.Timeout | undefined;

  /** @param ask asks the store what is new */
  constructor(
    private readonly view: Pick<StateView, 'records'>,
    private readonly ask: () => void,
  ) {}

  /** Something was written after writes that are not known here. */
  wait(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      if (this.view.records.unconfirmed.length > 0) {
        this.ask();
      }
    }, PUSH_DELAY).unref();
  }

  stop(): void {
    clearTimeout(this.timer);
  }
}
