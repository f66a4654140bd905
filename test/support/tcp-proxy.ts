import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** One connection through the proxy. */
interface Link {
  readonly near: Socket;
  readonly far: Socket;
  /** What the client has sent first, to tell one kind of connection from another. */
  greeting: string;
  frozen: boolean;
}

/** A wire that can be held up, half opened and cut: stands between a client and a server of this machine. */
export class TcpProxy {
  readonly #links = new Set<Link>();
  #paused = false;
  #port = 0;

  private constructor(
    private readonly server: Server,
    private readonly target: number,
    private readonly delay: number,
  ) {
    server.on('connection', (near) => this.#accept(near));
  }

  /**
   * @param target port of the server on 127.0.0.1
   * @param delay milliseconds before a new connection carries its first byte
   */
  static async start(target: number, { delay = 0 }: { delay?: number } = {}): Promise<TcpProxy> {
    const proxy = new TcpProxy(createServer(), target, delay);
    proxy.server.listen(0, '127.0.0.1');
    await once(proxy.server, 'listening');
    proxy.#port = (proxy.server.address() as AddressInfo).port;
    return proxy;
  }

  get port(): number {
    return this.#port;
  }

  /** Holds every byte back, also those of new connections; nothing is lost. */
  pause(): void {
    this.#paused = true;
    this.#links.forEach((link) => this.#flow(link));
  }

  resume(): void {
    this.#paused = false;
    this.#links.forEach((link) => this.#flow(link));
  }

  /** Ends the connections whose greeting holds the text; all by default. New ones are welcome. */
  cut(greeting = ''): void {
    for (const { near, far } of this.#chosen(greeting)) {
      near.destroy();
      far.destroy();
    }
  }

  /** Those connections stay open and carry nothing ever again: the other machine has lost power. New ones are welcome. */
  freeze(greeting = ''): void {
    for (const link of this.#chosen(greeting)) {
      link.frozen = true;
      this.#flow(link);
    }
  }

  async stop(): Promise<void> {
    this.cut();
    const closed = once(this.server, 'close');
    this.server.close();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #chosen(greeting: string): Link[] {
    return [...this.#links].filter((link) => link.greeting.includes(greeting));
  }

  #accept(near: Socket): void {
    const far = connect(this.target, '127.0.0.1');
    const link: Link = { near, far, greeting: '', frozen: false };
    this.#links.add(link);
    const carry = (from: Socket, to: Socket, note?: (chunk: Buffer) => void): void => {
      from.setNoDelay(true);
      from.on('data', (chunk: Buffer) => {
        note?.(chunk);
        to.write(chunk);
      });
      from.on('error', () => to.destroy());
      from.on('close', () => {
        // whoever is frozen never hears of the end either
        if (!link.frozen) to.destroy();
        if (to.destroyed) this.#links.delete(link);
      });
    };
    carry(near, far, (chunk) => {
      if (link.greeting.length < 512) link.greeting += chunk.toString('latin1');
    });
    carry(far, near);
    if (this.delay > 0) {
      near.pause();
      setTimeout(() => this.#flow(link), this.delay);
    } else {
      this.#flow(link);
    }
  }

  #flow({ near, far, frozen }: Link): void {
    const held = frozen || this.#paused;
    for (const socket of [near, far]) {
      if (held) socket.pause();
      else if (!socket.destroyed) socket.resume();
    }
  }
}
