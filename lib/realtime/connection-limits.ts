import type { Socket } from 'socket.io';
import { disconnect } from './disconnect.js';

/** Packets a connection may send us at once, and per second in the long run. */
const BURST = 40;
const RATE = 50;
/** What joining counts as: it costs the server several packets' worth. */
const JOIN = 8;
/** Characters that wait for a visitor to take them; an operator's key data may be longer than all that visitors get. */
const ROOM = 32 * 1024;
const ROOM_FOR_KEY_DATA = 1024 * 1024;
/** Socket.IO's packet that leaves a namespace. */
const LEAVE = 1;

/** What is used of an Engine.IO connection. */
interface Connection {
  readonly writeBuffer?: readonly { readonly data?: unknown }[];
}

/** Socket.IO's name for {@link Receive}. */
const RECEIVE = '_onpacket';

/** How Socket.IO's client hands a packet on to a socket. */
type Receive = (this: Socket, packet: { readonly type: number }) => void;

interface Allowance {
  left: number;
  at: number;
}

/** What waits in one buffer; the next one starts with nothing. */
interface Backlog {
  readonly buffer: unknown;
  length: number;
}

/**
 * Bounds what one connection may cost, over all its joins of our namespace: what it sends us, and what waits for it to take.
 * Other namespaces of the same connection are not counted. Who goes beyond is not answered, and is disconnected.
 */
export class ConnectionLimits {
  private readonly allowances = new WeakMap<object, Allowance>();
  private readonly backlogs = new WeakMap<object, Backlog>();
  /** One function for all sockets: what is kept per client is what counts with many. */
  private receive: Receive | undefined;

  /** May it join. */
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
   * Sends it something, unless too much waits already.
   * @param withKeyData is it for somebody who sees key data
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

  /** Characters of ours that wait. */
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

/** Whoever leaves is never held up. */
function limited(receive: Receive, takes: (socket: Socket) => boolean): Receive {
  return function (packet) {
    if (packet.type === LEAVE || (this.connected && takes(this))) {
      receive.call(this, packet);
    }
  };
}
