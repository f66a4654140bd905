import type { Server } from 'socket.io';

/** The protocol of Socket.IO that the browser script speaks. */
const PROTOCOL = 5;
/** An event as its default parser writes it. */
const EVENT = { packet: { type: 2, nsp: '/', data: ['x'] }, text: '2["x"]' };

interface Parts {
  readonly _parser?: { readonly protocol?: number };
  readonly encoder?: { encode(packet: object): unknown[] };
}

/** Whether this server speaks the protocol of the browser script's Socket.IO client: its version, and the default parser. */
export function fitsBrowserScript(server: Server): boolean {
  const { _parser: parser, encoder } = server as unknown as Parts;
  const encoded = encoder?.encode(EVENT.packet);
  return parser?.protocol === PROTOCOL && encoded?.length === 1 && encoded[0] === EVENT.text;
}
