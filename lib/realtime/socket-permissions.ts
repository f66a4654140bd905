import type { Socket } from 'socket.io';
import { withDeadline } from '../core/common/with-deadline.js';
import type { Permissions } from '../access/permissions.js';
import type { SocketTickets } from '../access/socket-tickets.js';
import type { SocketOrigins } from './socket-origins.js';

/** Questions that the application is asked at once: all clients may come back together, and its database answers few. */
const AT_ONCE = 100;

/** Asks the application which clients may see key data. */
export class SocketPermissions {
  private open = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly permissions: Permissions,
    private readonly origins: SocketOrigins,
    private readonly tickets: Pick<SocketTickets, 'admits'>,
  ) {}

  /** The answer, as soon as there is one. */
  async ask(socket: Socket): Promise<boolean> {
    if (!this.origins.trusts(socket) || !(await this.tickets.admits(socket))) {
      return false;
    }
    if (this.open >= AT_ONCE) {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    } else {
      this.open++;
    }
    if (!socket.connected) {
      this.next();
      return false;
    }
    const answer = this.permissions.eventuallyAllows('see_info', { type: 'socket', socket });
    // one that never comes must not keep others from being asked
    void this.inTime(answer).finally(() => this.next());
    return answer;
  }

  /**
   * An answer that does not come within `callTimeout` (the application's database may be what is being maintained) is
   * `undefined`.
   */
  inTime(answer: Promise<boolean>): Promise<boolean | undefined> {
    return withDeadline(answer, this.permissions.timeout, () => undefined).catch(() => undefined);
  }

  /** Whoever waits takes the place that has become free. */
  private next(): void {
    const waiting = this.waiting.shift();
    if (waiting) {
      waiting();
    } else {
      this.open--;
    }
  }
}
