import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import type { MaintenanceStatusMessage } from 'nestjs-maintenance/client';
import { until } from '../support/until.js';

type Options = Partial<ManagerOptions & SocketOptions>;

/** A client of the gateway, with a connection of its own, that keeps what it is told. */
export class TestClient {
  readonly statuses: MaintenanceStatusMessage[] = [];
  readonly errors: string[] = [];

  constructor(readonly socket: Socket) {
    socket.on('status', (status: MaintenanceStatusMessage) => this.statuses.push(status));
    socket.on('connect_error', (error) => this.errors.push(error.message));
  }

  /** Connects, and waits for the first status. */
  static async connect(url: string, options: Options = {}, namespace = '/maintenance'): Promise<TestClient> {
    const client = TestClient.open(url, options, namespace);
    await client.told(1);
    return client;
  }

  static open(url: string, options: Options = {}, namespace = '/maintenance'): TestClient {
    return new TestClient(io(url + namespace, { forceNew: true, transports: ['websocket'], ...options }));
  }

  get last(): MaintenanceStatusMessage | undefined {
    return this.statuses.at(-1);
  }

  /** Waits until it was told that often. */
  async told(times: number): Promise<MaintenanceStatusMessage[]> {
    await until(() => this.statuses.length >= times, {
      timeout: 10_000,
      what: `status number ${times} (errors: ${this.errors.join(', ') || 'none'})`,
    });
    return this.statuses;
  }

  /** Waits until the last status is as wished. */
  async sees(wish: (status: MaintenanceStatusMessage) => boolean): Promise<MaintenanceStatusMessage> {
    return until(() => (this.last && wish(this.last) ? this.last : undefined), {
      timeout: 10_000,
      what: 'the status',
    });
  }

  ask<T = Record<string, unknown>>(...args: unknown[]): Promise<T> {
    return this.socket.timeout(5_000).emitWithAck('ping', ...args) as Promise<T>;
  }

  /** What was on its way to the client has arrived once this has settled: packets keep their order. */
  async settled(): Promise<void> {
    await this.ask({});
  }

  close(): void {
    this.socket.disconnect();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
