import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

interface Pair {
  readonly client: Socket;
  readonly upstream: Socket;
  /** What the client has said first: with ioredis, the connection's name, and what it subscribes to. */
  greeting: string;
  /** Nothing passes any more, and nobody is told. */
  frozen: boolean;
}

/** Words of a client that do not pass; once they were said, what lets them pass after all. */
interface Trap {
  readonly words: string;
  letGo?: () => void;
}

/** A wire to a TCP server that can be made slow, silent or cut. */
export class TcpProxy {
  readonly #pairs = new Set<Pair>();
  #latency = 0;
  #latencyOfAnswers = 0;
  #trap: Trap | undefined;
  #paused = false;
  #closed = false;

  private constructor(
    private readonly server: Server,
    private target: { host: string; port: number },
  ) {
    server.on('connection', (client) => this.#accept(client));
  }

  static async start(target: { host: string; port: number }): Promise<TcpProxy> {
    const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TcpProxy(server, target);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** How many connections are open. */
  get size(): number {
    return this.#pairs.size;
  }

  /** New connections lead elsewhere, as after a name was moved; those that are open stay. */
  retarget(target: { host: string; port: number }): void {
    this.target = target;
  }

  /** Milliseconds that everything takes longer, in each direction. */
  set latency(ms: number) {
    this.#latency = ms;
  }

  /** Milliseconds that answers take longer besides. */
  set latencyOfAnswers(ms: number) {
    this.#latencyOfAnswers = ms;
  }

  /** Nothing passes, in either direction, and nobody is told; new connections open and stay silent, too. */
  pause(): void {
    this.#paused = true;
    this.#pairs.forEach((pair) => this.#hold(pair));
  }

  /** What was held back goes on its way. */
  resume(): void {
    this.#paused = false;
    for (const pair of this.#pairs) {
      if (!pair.frozen) this.#release(pair);
    }
  }

  /**
   * The connections of this moment are half open for good, as after a router forgot them; new ones work.
   * @param greeting only those whose first words hold it
   * @returns resets them
   */
  freeze(greeting: string | RegExp = ''): () => void {
    const frozen = this.#greetedBy(greeting);
    for (const pair of frozen) {
      pair.frozen = true;
      this.#hold(pair);
    }
    return () => frozen.forEach(reset);
  }

  /** Resets all connections, or those whose first words hold the greeting; new ones work. */
  cut(greeting: string | RegExp = ''): void {
    this.#greetedBy(greeting).forEach(reset);
  }

  /**
   * The next time a client says these words they do not pass, nor does what it says after them.
   * @returns lets them pass
   */
  holdBack(words: string): () => void {
    const trap: Trap = { words };
    this.#trap = trap;
    return () => {
      this.#trap = undefined;
      trap.letGo?.();
    };
  }

  /** Are some held back. */
  get holdsBack(): boolean {
    return this.#trap?.letGo !== undefined;
  }

  async stop(): Promise<void> {
    this.#closed = true;
    for (const { client, upstream } of this.#pairs) {
      client.destroy();
      upstream.destroy();
    }
    this.server.close();
    await once(this.server, 'close');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #greetedBy(greeting: string | RegExp): Pair[] {
    return [...this.#pairs].filter((pair) => pair.greeting.search(greeting) >= 0);
  }

  #accept(client: Socket): void {
    const upstream = connect(this.target);
    // a wire does not wait for acknowledgements before it passes something on
    client.setNoDelay(true);
    upstream.setNoDelay(true);
    const pair: Pair = { client, upstream, greeting: '', frozen: false };
    this.#pairs.add(pair);
    client.on('data', (chunk: Buffer) => {
      if (pair.greeting.length < 512) pair.greeting += chunk.toString('latin1');
    });
    this.#forward(pair, client, upstream);
    this.#forward(pair, upstream, client);
    if (this.#closed) {
      client.destroy();
    } else if (this.#paused) {
      this.#hold(pair);
    } else {
      client.resume();
    }
  }

  #forward(pair: Pair, from: Socket, to: Socket): void {
    from.setNoDelay(true);
    from.on('data', (chunk: Buffer) => {
      const trap = this.#trap;
      const latency = this.#latency + (from === pair.upstream ? this.#latencyOfAnswers : 0);
      if (trap && !trap.letGo && from === pair.client && chunk.includes(trap.words)) {
        from.pause();
        trap.letGo = () => {
          to.write(chunk);
          from.resume();
        };
      } else if (latency > 0) setTimeout(() => to.writable && to.write(chunk), latency);
      else if (to.writable) to.write(chunk);
    });
    from.on('error', () => undefined);
    from.on('close', () => {
      if (to.destroyed) this.#pairs.delete(pair);
      // a frozen wire carries no news of an end either
      if (!pair.frozen || from === pair.client) to.destroy();
    });
  }

  #hold({ client, upstream }: Pair): void {
    client.pause();
    upstream.pause();
  }

  #release({ client, upstream }: Pair): void {
    client.resume();
    upstream.resume();
  }
}

function reset({ client, upstream }: Pair): void {
  client.resetAndDestroy();
  upstream.destroy();
}
