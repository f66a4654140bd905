import type { Socket } from 'socket.io';

/** Socket.IO's packet that joins a namespace. */
const JOIN = 0;

/** Socket.IO's own name for what it does with a socket that is no longer needed. */
const CLEAN_UP = '_cleanup';

/** A packet as Socket.IO's parser gives it. */
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
 * Ends a client's stay in our namespace: at once, whether or not it takes what waits for it. A connection that has joined
 * nothing else goes with it.
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
    // Engine.IO would wait until all that is buffered has been taken
    conn.close(true);
  }
}

/**
 * Drops a socket that has not joined, without a word where its connection goes on.
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
 * Packets of one that was disconnected may be on their way. Socket.IO takes them for a violation of its protocol and closes
 * the whole connection, other namespaces and all.
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
  // what the client takes away again when it ends
  client.ondecoded = filter;
}

const DROPPING = Symbol('nestjs-maintenance:drops-late-packets');
