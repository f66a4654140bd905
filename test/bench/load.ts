import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const HEAD_END = Buffer.from('\r\n\r\n');

/** One keep-alive connection with at most one request under way. It costs little, so that the server is what is measured. */
class Connection {
  private head: Buffer | undefined;
  /** Bytes of the answer still to come; -1 while its head is incomplete. */
  private left = -1;
  private settle: ((error?: Error) => void) | undefined;
  private again: () => boolean = () => false;
  private request: Buffer = Buffer.alloc(0);

  constructor(
    private readonly socket: Socket,
    private readonly status: string,
  ) {
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('error', (error) => this.settle?.(error));
    socket.on('close', () => this.settle?.(new Error('the server closed the connection')));
  }

  /** Asks again after each answer for as long as `again` says so. */
  async run(request: Buffer, again: () => boolean): Promise<void> {
    if (this.socket.destroyed) {
      throw new Error('the server has closed the connection');
    }
    this.request = request;
    this.again = again;
    await new Promise<void>((resolve, reject) => {
      this.settle = (error) => (error ? reject(error) : resolve());
      this.socket.write(request);
    });
    this.settle = undefined;
  }

  close(): void {
    this.settle = undefined;
    this.socket.destroy();
  }

  private receive(chunk: Buffer): void {
    if (this.left < 0) {
      const data = this.head ? Buffer.concat([this.head, chunk]) : chunk;
      const end = data.indexOf(HEAD_END);
      if (end < 0) {
        this.head = data;
        return;
      }
      this.head = undefined;
      const head = data.toString('latin1', 0, end);
      const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
      if (length === undefined || head.slice(9, 12) !== this.status) {
        this.settle?.(new Error(`not the expected ${this.status} with a length: ${head}`));
        return;
      }
      this.left = Number(length) - (data.length - end - HEAD_END.length);
    } else {
      this.left -= chunk.length;
    }
    if (this.left === 0) {
      this.left = -1;
      if (this.again()) {
        this.socket.write(this.request);
      } else {
        this.settle?.();
      }
    }
  }
}

export interface Served {
  readonly requests: number;
  /** Milliseconds. */
  readonly wall: number;
}

/** Keep-alive connections to one server. */
export class Load {
  private constructor(private readonly connections: Connection[]) {}

  /** @param status what every answer must have */
  static async open(port: number, count: number, status = 200): Promise<Load> {
    const sockets = Array.from({ length: count }, () => connect(port, '127.0.0.1'));
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    return new Load(sockets.map((socket) => new Connection(socket, String(status))));
  }

  /** Requests over the first `connections` of them, each as soon as the one before is answered. */
  async run(
    ms: number,
    { connections = this.connections.length, path = '/', accept = 'application/json', cookie = '' } = {},
  ): Promise<Served> {
    const headers = `Host: 127.0.0.1\r\nAccept: ${accept}\r\n${cookie && `Cookie: ${cookie}\r\n`}`;
    const request = Buffer.from(`GET ${path} HTTP/1.1\r\n${headers}\r\n`);
    const begun = performance.now();
    const end = begun + ms;
    let requests = 0;
    const again = (): boolean => {
      requests++;
      return performance.now() < end;
    };
    await Promise.all(
      this.connections.slice(0, connections).map((connection) => connection.run(request, again)),
    );
    return { requests, wall: performance.now() - begun };
  }

  close(): void {
    this.connections.forEach((connection) => connection.close());
  }
}
