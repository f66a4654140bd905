import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

export interface FrameOptions {
  /** 1 text (default), 2 binary, 0 continuation, 8 close, 9 ping, 10 pong; the others mean nothing. */
  opcode?: number;
  fin?: boolean;
  /** The three reserved bits. */
  rsv?: number;
  /** A client must mask what it sends. */
  mask?: boolean;
  /** What the header says, when that is not the truth. */
  length?: number;
}

/** The bytes of one WebSocket frame, right or wrong. */
export function frame(payload: string | Buffer, options: FrameOptions = {}): Buffer {
  const { opcode = 1, fin = true, rsv = 0, mask = true } = options;
  const body = Buffer.from(payload);
  const length = options.length ?? body.length;
  const bit = mask ? 0x80 : 0;
  const first = (fin ? 0x80 : 0) | ((rsv & 7) << 4) | (opcode & 15);
  let head: Buffer;
  if (length < 126) {
    head = Buffer.from([first, bit | length]);
  } else if (length < 65_536) {
    head = Buffer.from([first, bit | 126, length >> 8, length & 255]);
  } else {
    head = Buffer.alloc(10);
    head.writeUInt16BE((first << 8) | bit | 127, 0);
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  if (!mask) {
    return Buffer.concat([head, body]);
  }
  const key = randomBytes(4);
  return Buffer.concat([head, key, body.map((byte, index) => byte ^ (key[index % 4] ?? 0))]);
}

/** The request that asks for a WebSocket of the Socket.IO server. */
export function upgradeRequest(headers: readonly string[] = [], query = 'EIO=4&transport=websocket'): string {
  return [
    `GET /socket.io/?${query} HTTP/1.1`,
    'Host: shop.example',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...headers,
    '',
    '',
  ].join('\r\n');
}

/** A WebSocket over a bare TCP connection: nothing that is sent is looked at, let alone mended. */
export class RawWebSocket {
  /** Text frames, in the order in which they came. */
  readonly received: string[] = [];
  /** Answers to WebSocket pings. */
  pongs = 0;
  closed = false;
  private readonly watchers = new Set<() => void>();
  private bytes: Buffer = Buffer.alloc(0);
  private upgraded = false;

  private constructor(private readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => this.read(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.closed = true;
      this.watchers.forEach((look) => look());
    });
  }

  /** Connects, and waits for Engine.IO's own handshake. */
  static async open(port: number, headers: readonly string[] = []): Promise<RawWebSocket> {
    const socket = connect(port, '127.0.0.1');
    // many small frames that the other side answers one by one
    socket.setNoDelay(true);
    const client = new RawWebSocket(socket);
    socket.write(upgradeRequest(headers));
    await client.next((packet) => packet.startsWith('0{'), 'the handshake');
    return client;
  }

  /** Text goes out as a text frame, bytes as they are. */
  send(...parts: readonly (string | Buffer)[]): void {
    for (const part of parts) {
      if (!this.socket.destroyed) {
        this.socket.write(typeof part === 'string' ? frame(part) : part);
      }
    }
  }

  /** Joins a namespace, and gives what is said on joining. */
  async join(namespace = '/maintenance', packet = `40${namespace},`): Promise<string> {
    this.send(packet);
    return this.next((text) => text.startsWith(`42${namespace},["status"`), 'the first status');
  }

  /** Waits for a packet; one that has come counts, too. */
  async next(wish: (packet: string) => boolean, what: string): Promise<string> {
    let found: string | undefined;
    await this.until(() => (found = this.received.find(wish)) !== undefined, what);
    return found ?? '';
  }

  /** Waits until the other side has closed the connection. */
  ended(): Promise<void> {
    return this.until(() => this.closed, 'the end of the connection');
  }

  /** Waits for something to be true; looked at whenever something has come. */
  until(isSo: () => boolean, what: string, timeout = 10_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (isSo()) {
          settle();
          resolve();
        }
      };
      const settle = (): void => {
        clearTimeout(timer);
        this.watchers.delete(look);
      };
      const timer = setTimeout(() => {
        settle();
        const said = this.received.map((packet) => packet.slice(0, 200)).join('\n');
        reject(
          new Error(
            `Waited ${timeout} ms for ${what}; ${this.closed ? 'closed' : 'open'}, received:\n${said}`,
          ),
        );
      }, timeout);
      this.watchers.add(look);
      look();
    });
  }

  /** From here on the other side's packets stay where they are. */
  stopReading(): void {
    this.socket.pause();
  }

  close(): void {
    this.socket.destroy();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  private read(chunk: Buffer): void {
    this.bytes = Buffer.concat([this.bytes, chunk]);
    const end = this.bytes.indexOf('\r\n\r\n');
    if (!this.upgraded && end >= 0 && this.bytes.toString('latin1').startsWith('HTTP/1.1 101 ')) {
      this.upgraded = true;
      this.bytes = this.bytes.subarray(end + 4);
    }
    for (let whole = this.take(); whole; whole = this.take()) {
      if (whole.opcode === 1) {
        this.received.push(whole.body.toString());
      } else if (whole.opcode === 10) {
        this.pongs++;
      } else if (whole.opcode === 8) {
        this.socket.end();
      }
    }
    this.watchers.forEach((look) => look());
  }

  /** One whole frame of a server: never masked. */
  private take(): { opcode: number; body: Buffer } | undefined {
    const { bytes } = this;
    if (!this.upgraded || bytes.length < 2) {
      return undefined;
    }
    const opcode = (bytes[0] ?? 0) & 15;
    const short = (bytes[1] ?? 0) & 127;
    const start = short === 126 ? 4 : short === 127 ? 10 : 2;
    if (bytes.length < start) {
      return undefined;
    }
    const length =
      short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
    if (bytes.length < start + length) {
      return undefined;
    }
    this.bytes = bytes.subarray(start + length);
    return { opcode, body: bytes.subarray(start, start + length) };
  }
}
