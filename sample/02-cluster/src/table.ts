import { setTimeout as delay } from 'node:timers/promises';
import type { Load } from './load.js';

interface ReplicaJson {
  readonly id: string;
  readonly pid: number;
  readonly revision: number;
  readonly inFlight: number;
}

const EVERY_MS = 500;

/** The live replicas and what the clients got; drawn over and over on a terminal, once a second elsewhere. */
export class Table {
  private running = true;
  private lines = 0;
  private drawn: Promise<void> = Promise.resolve();

  constructor(
    private readonly port: number,
    private readonly load: Load,
  ) {}

  start(): void {
    this.drawn = this.run();
  }

  async stop(): Promise<void> {
    this.running = false;
    await this.drawn;
  }

  /** A line that stays. */
  say(text: string): void {
    this.lines = 0;
    console.log(`\n${text}\n`);
  }

  private async run(): Promise<void> {
    while (this.running) {
      const response = await fetch(`http://localhost:${this.port}/replicas`);
      if (response.ok) {
        this.draw((await response.json()) as ReplicaJson[]);
      }
      await delay(process.stdout.isTTY ? EVERY_MS : EVERY_MS * 2);
    }
  }

  private draw(replicas: readonly ReplicaJson[]): void {
    const { written, refused, read, failed } = this.load;
    const rows = [
      'replica       pid      revision  in flight',
      ...replicas
        .toSorted((a, b) => a.pid - b.pid)
        .map(({ id, pid, revision, inFlight }) =>
          [
            id.padEnd(12),
            String(pid).padEnd(7),
            String(revision).padStart(9),
            String(inFlight).padStart(9),
          ].join('  '),
        ),
      `orders: ${written} written, ${refused} refused, ${read} times read, ${failed} failed`,
    ];
    const up = process.stdout.isTTY && this.lines > 0 ? `\u001B[${this.lines}A\u001B[J` : '';
    this.lines = rows.length;
    process.stdout.write(`${up}${rows.join('\n')}\n`);
  }
}
