import { MaintenanceStoreError } from '../../errors/errors.js';
import { formatPresence, type PresenceText } from '../presence.js';
import type { Presence, Version } from '../store.js';
import type { RedisCommands } from './redis-commands.js';

/** What this replica has reported to Redis: it does not repeat what Redis has, and wakes those who wait only for something new. */
export class RedisReport {
  /** What others may wait for in the last report. */
  private at: Version | undefined;
  private draining = '{}';
  /** The constant facts about this replica, as last sent, and as Redis has them. */
  private sent = '';
  private told = '';
  /** Redis does not replace a report by one with a lower number. */
  private readonly numbers = new WeakMap<Presence, number>();
  private count = 0;

  constructor(
    private readonly commands: RedisCommands,
    private readonly replicaLease: number,
  ) {}

  /** Whether anything was reported that others may wait for. */
  get isKnown(): boolean {
    return this.at !== undefined;
  }

  /** The texts to send with an exchange; no facts if Redis has them. */
  prepare(presence: Presence | null): PresenceText {
    if (!presence) {
      this.sent = '';
      return { facts: '', figures: '' };
    }
    const { facts, figures } = this.format(presence);
    this.sent = facts;
    return { facts: facts === this.told ? '' : facts, figures };
  }

  /** Whether others may wait for this report. */
  isAwaited(presence: Presence | null): boolean {
    return presence !== null && (presence.at !== this.at || this.drains(presence));
  }

  /** The same, whatever others have applied: what is still running here has changed. */
  drains(presence: Presence | null): boolean {
    return presence !== null && JSON.stringify(presence.draining) !== this.draining;
  }

  /** Redis has recorded it, with the facts that were prepared last. */
  taken(presence: Presence): void {
    this.reported(presence);
    this.told = this.sent;
  }

  /** Redis does not have the facts, or no longer. */
  forgotten(): void {
    this.told = '';
  }

  /**
   * Reports what was applied, and nothing else, so that it need not wait for an exchange that is under way.
   * @returns `false` if it takes an exchange
   * @throws MaintenanceStoreError
   */
  async acknowledge(version: Version, presence: Presence, deadline: number): Promise<boolean> {
    const { commands } = this;
    const { facts, figures } = this.format(presence);
    if (facts !== this.told || !commands.isAcquainted) {
      return false;
    }
    const reply = await commands.run(
      'acknowledge',
      'ACKNOWLEDGE',
      ['records', 'replicas', 'applied', 'writes'],
      deadline,
      () => {
        if (!commands.isAcquainted) {
          throw new MaintenanceStoreError('The connection to Redis has ended.', 'refused');
        }
        return [
          version,
          presence.id,
          figures,
          this.replicaLease,
          commands.term(deadline),
          commands.channel,
          this.drains(presence) ? '1' : '',
        ];
      },
    );
    if (reply !== 1) {
      return false;
    }
    this.reported(presence);
    return true;
  }

  /** A report that is sent again has the number that it had. */
  private format(presence: Presence): PresenceText {
    const number = this.numbers.get(presence) ?? ++this.count;
    this.numbers.set(presence, number);
    return formatPresence(presence, this.commands.ownChannel, number);
  }

  private reported(presence: Presence): void {
    this.at = presence.at;
    this.draining = JSON.stringify(presence.draining);
  }
}
