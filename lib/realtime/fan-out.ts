import type { Namespace, Socket } from 'socket.io';

/** Sends one client the event. */
export type Send = (socket: Socket) => void;

/** Socket.IO's packet that carries an event. */
const EVENT = 2;
/** Engine.IO's packet that carries one of Socket.IO's. */
const MESSAGE = '4';

interface Encoder {
  encode(packet: { type: number; nsp: string; data: unknown[] }): unknown[];
}

/**
 * One event for many clients of this replica. It is encoded once, as in Socket.IO's own broadcast, and framed in one piece:
 * writing head and payload separately for each client takes up to a third more time. If something is not as expected, such as
 * another parser or a listener for outgoing events, Socket.IO sends it itself.
 */
export function fanOut(namespace: Namespace, event: string, data: unknown): Send {
  const { encoder } = namespace.server as unknown as { encoder?: Encoder };
  const packets = encoder?.encode({ type: EVENT, nsp: namespace.name, data: [event, data] }) ?? [];
  const [text] = packets;
  if (packets.length !== 1 || typeof text !== 'string') {
    return (socket) => void socket.emit(event, data);
  }
  const frame = frameOf(MESSAGE + text);
  // Engine.IO knows the frame, its types do not
  const options = (frame ? { wsPreEncodedFrame: [frame] } : {}) as object;
  return (socket) => {
    if (socket.listenersAnyOutgoing().length > 0) {
      socket.emit(event, data);
    } else if (socket.connected) {
      socket.conn.write(text, options);
    }
  };
}

/** An unmasked text frame (RFC 6455, 5.2); `undefined` if longer than 64 kB. */
function frameOf(text: string): Buffer | undefined {
  const payload = Buffer.from(text);
  const { length } = payload;
  if (length > 0xffff) {
    return undefined;
  }
  const head = length < 126 ? [0x81, length] : [0x81, 126, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), payload]);
}
