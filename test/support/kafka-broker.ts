import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';

/** Reads what kafkajs sends, in the order the protocol has it. */
class Reader {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  int8 = (): number => this.bytes.readInt8(this.move(1));
  int16 = (): number => this.bytes.readInt16BE(this.move(2));
  int32 = (): number => this.bytes.readInt32BE(this.move(4));
  int64 = (): bigint => this.bytes.readBigInt64BE(this.move(8));
  string = (): string => this.take(this.int16()).toString();
  data = (): Buffer => this.take(this.int32());
  array = <T>(read: () => T): T[] => Array.from({ length: this.int32() }, read);

  private take(length: number): Buffer {
    const from = this.move(Math.max(0, length));
    return this.bytes.subarray(from, this.at);
  }

  private move(by: number): number {
    const from = this.at;
    this.at += by;
    return from;
  }
}

const int8 = (value: number): Buffer => number(1, (bytes) => bytes.writeInt8(value));
const int16 = (value: number): Buffer => number(2, (bytes) => bytes.writeInt16BE(value));
const int32 = (value: number): Buffer => number(4, (bytes) => bytes.writeInt32BE(value));
const int64 = (value: number | bigint): Buffer => number(8, (bytes) => bytes.writeBigInt64BE(BigInt(value)));
const string = (value: string): Buffer =>
  Buffer.concat([int16(Buffer.byteLength(value)), Buffer.from(value)]);
const data = (value: Buffer): Buffer => Buffer.concat([int32(value.length), value]);
const array = (items: readonly Buffer[]): Buffer => Buffer.concat([int32(items.length), ...items]);
const all = (...parts: Buffer[]): Buffer => Buffer.concat(parts);

function number(size: number, write: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.alloc(size);
  write(bytes);
  return bytes;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What it can be asked, by the protocol's numbers, with the version it speaks. */
const VERSIONS: readonly (readonly [api: number, version: number])[] = [
  [1, 0],
  [2, 0],
  [3, 0],
  [8, 2],
  [9, 1],
  [10, 0],
  [11, 0],
  [12, 0],
  [13, 0],
  [14, 0],
  [18, 0],
];

/**
 * As much of a Kafka broker as one consumer needs: topics with partitions, one group of one member, offsets that are committed and
 * fetched. No package ships a real one; it speaks the protocol with the real client.
 */
export class KafkaBroker {
  /** What has been committed, by topic and partition, in order. */
  readonly commits: { topic: string; partition: number; offset: number }[] = [];
  /** What happens before a heartbeat is answered: its client waits meanwhile. */
  beforeHeartbeat: () => Promise<void> = () => Promise.resolve();
  private readonly sockets = new Set<Socket>();
  private readonly delivered = new Set<string>();

  private constructor(
    private readonly server: Server,
    private readonly topics: ReadonlyMap<string, readonly string[][]>,
  ) {}

  /** @param topics their names and how many partitions they have */
  static async start(topics: Record<string, number>): Promise<KafkaBroker> {
    const logs = Object.entries(topics).map(
      ([topic, partitions]) => [topic, Array.from({ length: partitions }, (): string[] => [])] as const,
    );
    const server = createServer();
    const broker = new KafkaBroker(server, new Map(logs));
    server.on('connection', (socket) => broker.serve(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return broker;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  send(topic: string, partition: number, value: unknown): void {
    this.topics.get(topic)?.[partition]?.push(JSON.stringify(value));
  }

  /** The offset behind what is committed last. */
  committed(topic: string, partition: number): number {
    const last = this.commits.findLast((commit) => commit.topic === topic && commit.partition === partition);
    return last?.offset ?? 0;
  }

  /** Whether a client has fetched anything of it. */
  hasDelivered(topic: string, partition: number): boolean {
    return this.delivered.has(`${topic}/${partition}`);
  }

  async stop(): Promise<void> {
    this.sockets.forEach((socket) => socket.destroy());
    this.server.close();
    await once(this.server, 'close');
  }

  private serve(socket: Socket): void {
    let rest = Buffer.alloc(0);
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
        const end = 4 + rest.readInt32BE(0);
        const reader = new Reader(rest.subarray(4, end));
        rest = rest.subarray(end);
        const [api, , correlation] = [reader.int16(), reader.int16(), reader.int32()];
        reader.string();
        void this.answer(api, reader).then((body) => socket.write(data(all(int32(correlation), body))));
      }
    });
  }

  private async answer(api: number, reader: Reader): Promise<Buffer> {
    switch (api) {
      case 1:
        return this.fetch(reader);
      case 2:
        reader.int32();
        return this.perPartition(
          reader,
          () => (reader.int64(), reader.int32(), all(int16(0), array([int64(0)]))),
        );
      case 3:
        return this.metadata(reader);
      case 8:
        reader.string();
        reader.int32();
        reader.string();
        reader.int64();
        return this.perPartition(reader, (topic, partition) => {
          this.commits.push({ topic, partition, offset: Number(reader.int64()) });
          reader.string();
          return int16(0);
        });
      case 9:
        reader.string();
        return this.perPartition(reader, (topic, partition) =>
          all(int64(this.committed(topic, partition) || -1), string(''), int16(0)),
        );
      case 10:
        return all(int16(0), this.node());
      case 11:
        return this.join(reader);
      case 12:
        await this.beforeHeartbeat();
        return int16(0);
      case 14:
        [reader.string(), reader.int32(), reader.string()].at(0);
        return all(
          int16(0),
          data(reader.array(() => (reader.string(), reader.data()))[0] ?? Buffer.alloc(0)),
        );
      case 18:
        return all(
          int16(0),
          array(VERSIONS.map(([key, version]) => all(int16(key), int16(version), int16(version)))),
        );
      default:
        return int16(0);
    }
  }

  private node(): Buffer {
    return all(int32(0), string('127.0.0.1'), int32(this.port));
  }

  private metadata(reader: Reader): Buffer {
    const asked = reader.array(reader.string);
    const topics = asked.length > 0 ? asked : [...this.topics.keys()];
    const described = topics.map((topic) => {
      const partitions = (this.topics.get(topic) ?? []).map((_, partition) =>
        all(int16(0), int32(partition), int32(0), array([int32(0)]), array([int32(0)])),
      );
      return all(int16(0), string(topic), array(partitions));
    });
    return all(array([this.node()]), array(described));
  }

  private join(reader: Reader): Buffer {
    reader.string();
    reader.int32();
    reader.string();
    reader.string();
    const [[name, metadata]] = reader.array(() => [reader.string(), reader.data()] as const) as [
      readonly [string, Buffer],
    ];
    const me = string('member');
    return all(int16(0), int32(1), string(name), me, me, array([all(me, data(metadata))]));
  }

  /** Waits for a moment when there is nothing: the client asks again. */
  private async fetch(reader: Reader): Promise<Buffer> {
    [reader.int32(), reader.int32(), reader.int32()].at(0);
    let found = 0;
    const body = this.perPartition(reader, (topic, partition) => {
      const from = Number(reader.int64());
      reader.int32();
      const log = this.topics.get(topic)?.[partition] ?? [];
      const messages = log.slice(from, from + 100).map((value, index) => {
        const message = all(int32(0), int8(0), int8(0), int32(-1), data(Buffer.from(value)));
        return all(int64(from + index), data(message));
      });
      found += messages.length;
      if (messages.length > 0) this.delivered.add(`${topic}/${partition}`);
      return all(int16(0), int64(log.length), data(all(...messages)));
    });
    await pause(found > 0 ? 0 : 20);
    return body;
  }

  private perPartition(reader: Reader, answer: (topic: string, partition: number) => Buffer): Buffer {
    return array(
      reader.array(() => {
        const topic = reader.string();
        return all(
          string(topic),
          array(
            reader.array(() => {
              const partition = reader.int32();
              return all(int32(partition), answer(topic, partition));
            }),
          ),
        );
      }),
    );
  }
}
