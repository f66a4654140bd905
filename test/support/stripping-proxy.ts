import { createServer, request, type OutgoingHttpHeaders } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

export interface StrippingProxy extends AsyncDisposable {
  readonly port: number;
}

/**
 * A reverse proxy that serves an application below a path and does not pass that path on, as `location /shop/` with a
 * `proxy_pass` that ends in a slash does.
 * @param headers sent along, such as `X-Forwarded-Prefix`
 */
export async function strippingProxy(
  path: string,
  port: number,
  headers: OutgoingHttpHeaders = {},
): Promise<StrippingProxy> {
  const server = createServer((incoming, outgoing) => {
    const { url = '/', method } = incoming;
    if (!url.startsWith(`${path}/`)) {
      outgoing.writeHead(404).end('not of this application');
      return;
    }
    const passed = request(
      {
        host: '127.0.0.1',
        port,
        method,
        path: url.slice(path.length),
        headers: { ...incoming.headers, ...headers },
      },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    passed.on('error', () => outgoing.destroy());
    incoming.pipe(passed);
  });
  server.on('upgrade', (incoming, socket, head) => {
    const passed = request({
      host: '127.0.0.1',
      port,
      path: (incoming.url ?? '').slice(path.length),
      headers: { ...incoming.headers, ...headers },
    });
    passed.on('upgrade', (answer, behind, first) => {
      const lines = [];
      for (let i = 0; i < answer.rawHeaders.length; i += 2) {
        lines.push(`${answer.rawHeaders[i]}: ${answer.rawHeaders[i + 1]}`);
      }
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`);
      socket.write(first);
      behind.write(head);
      behind.pipe(socket).pipe(behind);
      behind.on('error', () => socket.destroy());
      socket.on('error', () => behind.destroy());
    });
    passed.on('error', () => socket.destroy());
    passed.end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
