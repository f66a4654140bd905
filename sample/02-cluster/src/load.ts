import { setTimeout as delay } from 'node:timers/promises';

/** Clients that write orders and read them, one request after another. */
export class Load {
  readonly clients = 24;
  written = 0;
  refused = 0;
  read = 0;
  failed = 0;

  private running = true;
  private done: Promise<unknown> = Promise.resolve();

  constructor(private readonly port: number) {}

  start(): void {
    this.done = Promise.all(Array.from({ length: this.clients }, (_, index) => this.client(index % 3 > 0)));
  }

  async stop(): Promise<void> {
    this.running = false;
    await this.done;
  }

  private async client(writes: boolean): Promise<void> {
    while (this.running) {
      const response = await fetch(`http://localhost:${this.port}/orders`, {
        method: writes ? 'POST' : 'GET',
      });
      await response.arrayBuffer();
      if (response.status === 503) {
        this.refused++;
      } else if (!response.ok) {
        this.failed++;
      } else if (writes) {
        this.written++;
      } else {
        this.read++;
      }
      await delay(writes && response.ok ? 0 : 100);
    }
  }
}
