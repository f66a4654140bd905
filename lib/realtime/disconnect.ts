import type { Socket } from 'socket.io';

/** Socket.IO's packet for joining a namespace. */
const JOIN = 0;

/** Socket.IO's own name for how it discards a socket. */
const CLEAN_UP = '_cleanup';

/** A packet from Socket.IO's parser. */
interface Packet {
  readonly type: number;
  readonly nsp: string;
}

/** Socket.IO's side of a connection. */
interface Client {
  readonly sockets?: ReadonlyMap<string, Socket>;
  readonly nsps?: ReadonlyMap<string, Socket>;
  readonly decoder?: {
    on(event: 'decoded', listener: (packet: Packet) => void): void;
    off(event: 'decoded', listener: (packet: Packet) => void): void;
  };
  ondecoded?(packet: Packet): void;
}

/**
 * Ends a client's stay in our namespace at once, whether or not it reads what is queued for it. A connection that has joined
 * nothing else is closed, too.
 */
export function disconnect(socket: Socket): void {
  const client = socket.client as unknown as Client;
  const others = [...(client.sockets?.values() ?? [])].some(({ nsp }) => nsp !== socket.nsp);
  if (others) {
    socket.disconnect();
    dropLatePackets(client, socket.nsp.name);
    return;
  }
  socket.disconnect(true);
  const { conn } = socket;
  if (conn.readyState !== 'closed') {
    // Engine.IO would wait until everything buffered has been read
    conn.close(true);
  }
}

/**
 * Drops a socket that has not joined, silently if its connection goes on.
 *
 * @param refuse Socket.IO's own way, which answers as long as the connection is open
 */
export function forget(socket: Socket, refuse: () => void): void {
  const { [CLEAN_UP]: cleanUp } = socket as unknown as { [CLEAN_UP]?: () => void };
  if (socket.conn.readyState === 'open' && cleanUp) {
    cleanUp.call(socket);
  } else {
    refuse();
  }
}

/**
 * Packets of a disconnected client may still be on their way. Socket.IO treats them as a protocol violation and closes the whole
 * connection, with all its other namespaces.
 */
function dropLatePackets(client: Client, namespace: string): void {
  const { decoder, ondecoded: pass } = client;
  if (!decoder || !pass || DROPPING in pass) {
    return;
  }
  const filter = (packet: Packet): void => {
    if (packet.nsp !== namespace || packet.type === JOIN || client.nsps?.has(namespace)) {
      pass(packet);
    }
  };
  decoder.off('decoded', pass);
  decoder.on('decoded', Object.assign(filter, { [DROPPING]: true }));
  // removed again by the client when it ends
  client.ondecoded = filter;
}

const DROPPING = Symbol('nestjs-maintenance:drops-late-packets');
