import { Kafka, type Admin, type Producer } from 'kafkajs';
import { end, spawnMortal } from './process.js';
import { requireTool } from './tools.mjs';

/** What kcat says when the broker inside it is there. */
const ADDRESS = /replaced with ([\d.]+:\d+)/;

/**
 * A Kafka broker that others have made: the one that librdkafka brings for the tests of clients, inside kcat. Unlike
 * {@link KafkaBroker} it knows groups of several members and brings their partitions to others; what it has it keeps in memory.
 */
export class LibrdkafkaBroker {
  private constructor(
    readonly address: string,
    private readonly producer: Producer,
    private readonly admin: Admin,
    private readonly stopServer: () => Promise<void>,
  ) {}

  static async start(): Promise<LibrdkafkaBroker> {
    const options = ['-X', 'test.mock.num.brokers=1', '-d', 'conf'];
    // it is there as long as somebody consumes something
    const child = spawnMortal(requireTool('kcat'), ['-C', '-b', '127.0.0.1:1', '-t', 'idle', ...options], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let output = '';
    const address = await new Promise<string>((resolve, reject) => {
      child.stderr?.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        const found = ADDRESS.exec(output)?.[1];
        if (found) resolve(found);
      });
      child.once('exit', () => reject(new Error(`kcat ended before it was ready:\n${output}`)));
    });
    const kafka = new Kafka({ brokers: [address], logLevel: 0 });
    const [producer, admin] = [kafka.producer(), kafka.admin()];
    await Promise.all([producer.connect(), admin.connect()]);
    return new LibrdkafkaBroker(address, producer, admin, () => end(child));
  }

  async send(topic: string, partition: number, values: readonly unknown[]): Promise<void> {
    const messages = values.map((value) => ({ value: JSON.stringify(value), partition }));
    await this.producer.send({ topic, messages });
  }

  /** The offsets behind what a group has committed, by partition. */
  async committed(groupId: string, topic: string): Promise<number[]> {
    const [of] = await this.admin.fetchOffsets({ groupId, topics: [topic] });
    const partitions = [...(of?.partitions ?? [])].sort((a, b) => a.partition - b.partition);
    return partitions.map(({ offset }) => Math.max(0, Number(offset)));
  }

  async stop(): Promise<void> {
    await Promise.all([this.producer.disconnect(), this.admin.disconnect()]);
    await this.stopServer();
  }
}
