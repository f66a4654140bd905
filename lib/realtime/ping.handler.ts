import type { Socket } from 'socket.io';
import type { MaintenancePingError, MaintenancePong } from '../client/status-message.js';
import type { StatusReporter } from './status-reporter.js';

/** Pings a client may send at once, and per second in the long run. */
const BURST = 40;
const RATE = 20;
/** Answers that wait for a client to take them; one that takes none gets no more. */
const BACKLOG = 10_000;

interface Allowance {
  left: number;
  at: number;
}

/** Answers pings: within bounds, and whatever they are. */
export class PingHandler {
  private readonly allowances = new WeakMap<Socket, Allowance>();

  constructor(
    private readonly reporter: StatusReporter,
    /** May this client see key data, asked afresh. */
    private readonly isInsider: (socket: Socket) => Promise<boolean>,
  ) {}

  async answer(socket: Socket, args: readonly unknown[]): Promise<void> {
    const ack = args[args.length - 1];
    if (typeof ack !== 'function' || backlogOf(socket) > BACKLOG) {
      return;
    }
    if (!this.allows(socket)) {
      ack(this.error(`Too many pings: at most ${RATE} per second.`));
      return;
    }
    const key = keyOf(args.slice(0, -1));
    if (key === null) {
      ack(this.error('Malformed ping: send { key } with the name of a key, or {}.'));
      return;
    }
    ack(await this.pong(socket, key));
  }

  private async pong(socket: Socket, key: string | undefined): Promise<MaintenancePong> {
    const insider = await this.isInsider(socket);
    const currentMode = key === undefined ? undefined : this.reporter.modeOf(key, insider);
    return {
      ...(insider ? this.reporter.forInsider(socket) : this.reporter.forAll(socket)),
      ...(currentMode !== undefined && { currentMode }),
    };
  }

  private error(error: string): MaintenancePingError {
    return { error, maintenanceMode: this.reporter.closed };
  }

  /** A bucket of {@link BURST} that fills at {@link RATE}; made when the first ping comes, since most clients send none. */
  private allows(socket: Socket): boolean {
    const now = performance.now();
    let allowance = this.allowances.get(socket);
    if (!allowance) {
      allowance = { left: BURST, at: now };
      this.allowances.set(socket, allowance);
    }
    allowance.left = Math.min(BURST, allowance.left + ((now - allowance.at) / 1000) * RATE);
    allowance.at = now;
    if (allowance.left < 1) {
      return false;
    }
    allowance.left--;
    return true;
  }
}

/** The key asked for, `undefined` for none, `null` for what is malformed. */
function keyOf(args: readonly unknown[]): string | undefined | null {
  const [query = {}] = args;
  if (args.length > 1 || typeof query !== 'object' || query === null) {
    return null;
  }
  if (Array.isArray(query) || ArrayBuffer.isView(query)) {
    return null;
  }
  const { key } = query as { key?: unknown };
  return key === undefined || typeof key === 'string' ? key : null;
}

/** Packets that wait for the transport. */
function backlogOf(socket: Socket): number {
  return (socket.conn as unknown as { writeBuffer?: unknown[] }).writeBuffer?.length ?? 0;
}
