import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

type Listener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Later versions of Node ask for each request whether its connection goes on in another protocol. */
interface AskedServer {
  shouldUpgradeCallback?: (this: Server, request: IncomingMessage) => boolean;
}

/** What makes a request an offer to go on in HTTP/2 (RFC 7540, 3.2). */
const OFFER: ReadonlySet<string> = new Set(['upgrade', 'http2-settings']);

const isOffer = ({ headers, socket }: IncomingMessage): boolean =>
  headers.upgrade?.toLowerCase() === 'h2c' && !('encrypted' in socket);

/**
 * Serves requests over plain http that offer HTTP/2, as those of programs in Java do, as if they did not. So does Node unless
 * somebody listens to `upgrade`; Socket.IO does, and ends their connections without an answer. Where others listen too, nothing is
 * changed.
 * @param server one that a Socket.IO server listens to
 */
export function serveHttp2Offers(server: Server): void {
  const [listener, ...others] = server.listeners('upgrade') as Listener[];
  if (!listener || others.length > 0) {
    return;
  }
  const asked = server as AskedServer;
  const { shouldUpgradeCallback: upgrades } = asked;
  const isServed = (request: IncomingMessage): boolean =>
    isOffer(request) && server.listenerCount('upgrade') === 1;
  if (upgrades) {
    asked.shouldUpgradeCallback = (request) => !isServed(request) && upgrades.call(server, request);
    return;
  }
  server.off('upgrade', listener);
  server.on('upgrade', (request, socket, head) => {
    if (isServed(request)) {
      socket.unshift(Buffer.concat([Buffer.from(withoutOffer(request), 'latin1'), head]));
      server.emit('connection', socket);
    } else {
      listener.call(server, request, socket, head);
    }
  });
}

/** The head of the request, as it would be without the offer. */
function withoutOffer({ method, url, httpVersion, rawHeaders }: IncomingMessage): string {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = rawHeaders.slice(index, index + 2);
    if (name.toLowerCase() === 'connection') {
      const tokens = value.split(',').filter((token) => !OFFER.has(token.trim().toLowerCase()));
      lines.push(`${name}: ${tokens.join()}`);
    } else if (!OFFER.has(name.toLowerCase())) {
      lines.push(`${name}: ${value}`);
    }
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}
