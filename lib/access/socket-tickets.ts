import { createHash, randomBytes } from 'node:crypto';
import type { StateManager } from '../core/state/state-manager.js';
import { randomId } from '../core/document/codec.js';
import type { ResolvedStructure } from '../options/structural-options.js';

/** Milliseconds a ticket is good for. */
export const TICKET_LIFETIME = 30_000;

/** What all fences of tickets are counted under: no name of a key. */
const FENCE = '~tickets';
const TICKET = /^[\w-]{43}$/;

/** What is looked at of a socket. */
interface TicketHolder {
  readonly handshake: { readonly auth?: Readonly<Record<string, unknown>> };
}

/**
 * Where guards of the application stand in front of the admin API, nothing that comes by socket has passed them. A ticket
 * proves that they have let somebody through: the guarded API gives it, any replica takes it, once.
 *
 * A ticket is a lease in the store, and so is having used it.
 */
export class SocketTickets {
  /** Do sockets need one, to be given key data. */
  readonly needed: boolean;
  /** A ticket is used once, however often its bearer is asked about. */
  private readonly admitted = new WeakMap<TicketHolder, Promise<boolean>>();

  constructor(
    { admin }: Pick<ResolvedStructure, 'admin'>,
    private readonly manager: StateManager,
  ) {
    this.needed = admin !== false && (admin.guards?.length ?? 0) > 0;
  }

  /** @throws MaintenanceStoreError */
  async create(): Promise<string> {
    const ticket = randomBytes(32).toString('base64url');
    await this.take(leaseOf('ticket', ticket));
    return ticket;
  }

  /** May this client be asked about at all: it has come with a good ticket, or needs none. */
  admits(client: TicketHolder): boolean | Promise<boolean> {
    if (!this.needed) {
      return true;
    }
    let admitted = this.admitted.get(client);
    if (!admitted) {
      admitted = this.redeem(client.handshake.auth?.['ticket']);
      this.admitted.set(client, admitted);
    }
    return admitted;
  }

  /** Is this a ticket that nobody has used yet; it is used now. Never rejects: without the store there is no telling. */
  private async redeem(ticket: unknown): Promise<boolean> {
    if (typeof ticket !== 'string' || !TICKET.test(ticket)) {
      return false;
    }
    try {
      // all who ask at once share one look: made-up tickets cost the store no more than that
      await this.manager.refresh();
      return (
        this.manager.holds.has(leaseOf('ticket', ticket)) && (await this.take(leaseOf('used-ticket', ticket)))
      );
    } catch {
      return false;
    }
  }

  /** A lease that nobody prolongs, taken away when its time is over. Nobody takes the same one while it is there. */
  private async take(name: string): Promise<boolean> {
    const { leases } = this.manager.store;
    const request = { names: [name], key: FENCE, token: randomId(), lease: TICKET_LIFETIME };
    const { fence } = await leases.acquire(request, null, this.manager.deadline());
    const clear = (): void =>
      void leases.release(request.names, request.token, this.manager.deadline()).catch(() => undefined);
    setTimeout(clear, TICKET_LIFETIME).unref();
    return fence !== null;
  }
}

/** Somebody who can read the store does not learn the tickets. */
const leaseOf = (kind: string, ticket: string): string =>
  `${kind}:${createHash('sha256').update(ticket).digest('base64url')}`;
