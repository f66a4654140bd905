import { createHash, randomBytes } from 'node:crypto';
import type { StateManager } from '../core/state/state-manager.js';
import { randomId } from '../core/document/codec.js';
import type { ResolvedStructure } from '../options/structural-options.js';

/** Milliseconds a ticket is valid. */
export const TICKET_LIFETIME = 30_000;

/** The name under which the fences of tickets are counted; not a valid key name. */
const FENCE = '~tickets';
const TICKET = /^[\w-]{43}$/;

/** What is read of a socket. */
interface TicketHolder {
  readonly handshake: { readonly auth?: Readonly<Record<string, unknown>> };
}

/**
 * Where guards of the application protect the admin API, a socket has not passed them. A ticket proves that they admitted its
 * bearer: the guarded API issues it, and any replica accepts it, once.
 *
 * A ticket is a lease in the store, and so is the mark that it was used.
 */
export class SocketTickets {
  /** Whether sockets need one to receive key data. */
  readonly needed: boolean;
  /** A ticket is used once, however often permissions are checked for its bearer. */
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

  /** Whether permissions should be checked for this client at all: it has presented a valid ticket, or needs none. */
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

  /** Whether this ticket is unused; marks it as used. Never rejects: without the store the answer is no. */
  private async redeem(ticket: unknown): Promise<boolean> {
    if (typeof ticket !== 'string' || !TICKET.test(ticket)) {
      return false;
    }
    try {
      // concurrent checks share one look: forged tickets cost the store no more than that
      await this.manager.refresh();
      return (
        this.manager.holds.has(leaseOf('ticket', ticket)) && (await this.take(leaseOf('used-ticket', ticket)))
      );
    } catch {
      return false;
    }
  }

  /** Takes a lease that is never renewed, and removes it when it has expired. Nobody else can take it meanwhile. */
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

/** Only hashes are stored, so that read access to the store does not reveal tickets. */
const leaseOf = (kind: string, ticket: string): string =>
  `${kind}:${createHash('sha256').update(ticket).digest('base64url')}`;
