import type { MaintenanceText } from '../../core/texts/maintenance-text.js';
import type { Maintenance } from '../../core/service/maintenance.js';
import type { RedisBackend } from '../backend/redis-backend.js';

/** What the operator said about the key. */
interface Words {
  readonly message: MaintenanceText | undefined;
  readonly reason: string;
  readonly actor: string;
}

/** `--keep-on-failure`: the key stays on when the command has failed, unless somebody has opened it meanwhile. */
export class KeyAfterFailure {
  private opened = false;
  /** Whether the switch has taken over from a hold whose time is over, while the command is being ended. */
  private early: Promise<boolean> | undefined;

  constructor(
    private readonly backend: RedisBackend,
    private readonly key: string,
    private readonly words: Words,
    private readonly held: Maintenance,
  ) {
    if (held.signal.aborted) {
      this.onLoss();
    }
    held.signal.addEventListener('abort', this.onLoss, { once: true });
  }

  /**
   * The command has ended: what happens to the hold from now on says nothing about it.
   * @returns whether the key stays on; `false`: it has not failed, or somebody has opened the key
   */
  async settle(code: number): Promise<boolean> {
    this.held.signal.removeEventListener('abort', this.onLoss);
    if (code === 0) {
      return false;
    }
    // an operator who opens the key after that knows that the command is being stopped
    this.opened ||= (await this.early) === true && !this.backend.service.isActive(this.key);
    if (!this.opened) {
      await this.switchOn(`The command exited with ${code}`);
    }
    return !this.opened;
  }

  private readonly onLoss = (): void => {
    this.opened = this.backend.manager.document?.keys.get(this.key)?.change.cause === 'unset';
    if (!this.opened) {
      this.early = this.switchOn('The command is being ended').then(
        () => true,
        // tried again once the command has ended
        () => false,
      );
    }
  };

  private switchOn(why: string): Promise<unknown> {
    const { message, reason, actor } = this.words;
    return this.backend.service.setMaintenance(true, this.key, {
      message,
      reason: `${why}: ${reason}`,
      actor,
    });
  }
}
