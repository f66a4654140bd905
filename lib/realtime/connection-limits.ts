import type { Socket } from 'socket.io';
import { disconnect } from './disconnect.js';

/** Packets that a connection may send us at once, and per second in the long run. */
const BURST = 40;
const RATE = 50;
/** What joining counts as: it costs the server as much as several packets. */
const JOIN = 8;
/** Characters that may be queued for a visitor; an operator's key data may be longer than anything that visitors get. */
const ROOM = 32 * 1024;
const ROOM_FOR_KEY_DATA = 1024 * 1024;
/** Socket.IO's packet for leaving a namespace. */
const LEAVE = 1;

/** The part of an Engine.IO connection that is used here. */
interface Connection {
  readonly writeBuffer?: readonly { readonly data?: unknown }[];
}

/** Socket.IO's name for {@link Receive}. */
const RECEIVE = '_onpacket';

/** How Socket.IO's client passes a packet on to a socket. */
type Receive = (this: Socket, packet: { readonly type: number }) => void;

interface Allowance {
  left: number;
  at: number;
}

/** What is queued in one buffer; the next one starts empty. */
interface Backlog {
  readonly buffer: unknown;
  length: number;
}

/**
 * Limits what one connection may cost, over all its joins of our namespace: what it sends us, and what is queued for it. Other
 * namespaces of the same connection are not counted. A connection that exceeds a limit gets no answer and is disconnected.
 */
export class ConnectionLimits {
  private readonly allowances = new WeakMap<object, Allowance>();
  private readonly backlogs = new WeakMap<object, Backlog>();
  /** One function for all sockets: with many clients, what is kept per client counts. */
  private receive: Receive | undefined;

  /** Whether it may join. */
  admits(socket: Socket): boolean {
    return this.take(socket, JOIN);
  }

  /** From here on its packets count. */
  watch(socket: Socket): void {
    const receiver = socket as unknown as { [RECEIVE]?: Receive };
    const { [RECEIVE]: receive } = receiver;
    if (receive) {
      this.receive ??= limited(receive, (sender) => this.take(sender, 1));
      receiver[RECEIVE] = this.receive;
    }
  }

  /**
   * Sends it something, unless too much is queued already.
   * @param withKeyData whether it may contain key data
   */
  send(socket: Socket, withKeyData: boolean, write: () => void): void {
    const conn = socket.conn as unknown as Connection;
    const { writeBuffer: buffer } = conn;
    if (this.waiting(conn) >= (withKeyData ? ROOM_FOR_KEY_DATA : ROOM)) {
      disconnect(socket);
      return;
    }
    const before = buffer?.length ?? 0;
    write();
    if (buffer && buffer === conn.writeBuffer && buffer.length > before) {
      this.note(conn, buffer, before);
    }
  }

  private take(socket: Socket, cost: number): boolean {
    const now = performance.now();
    let allowance = this.allowances.get(socket.conn);
    if (!allowance) {
      allowance = { left: BURST, at: now };
      this.allowances.set(socket.conn, allowance);
    }
    allowance.left = Math.min(BURST, allowance.left + ((now - allowance.at) / 1000) * RATE);
    allowance.at = now;
    if (allowance.left < cost) {
      disconnect(socket);
      return false;
    }
    allowance.left -= cost;
    return true;
  }

  /** Characters of ours that are queued. */
  private waiting(conn: Connection): number {
    const backlog = this.backlogs.get(conn);
    return backlog && backlog.buffer === conn.writeBuffer ? backlog.length : 0;
  }

  private note(conn: Connection, buffer: NonNullable<Connection['writeBuffer']>, from: number): void {
    const length = this.waiting(conn);
    const added = buffer.slice(from).reduce((sum, { data }) => sum + String(data ?? '').length, 0);
    this.backlogs.set(conn, { buffer, length: length + added });
  }
}

/** Leaving is never held up. */
function limited(receive: Receive, takes: (socket: Socket) => boolean): Receive {
  return function (packet) {
    if (packet.type === LEAVE || (this.connected && takes(this))) {
      receive.call(this, packet);
    }
  };
}
