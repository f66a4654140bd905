import { Cluster, type ClusterOptions } from 'ioredis';
import { OwnClients } from './own-clients.js';
import { freePort } from './process.js';
import { RedisServer, type RedisServerOptions } from './redis.js';
import { until } from './until.js';

const SIZE = 3;
const SLOTS = 16_384;

/** A real Redis Cluster of three masters on this machine, formed and agreed. */
export class RedisCluster {
  readonly #clients = new OwnClients<Cluster>();

  private constructor(readonly nodes: readonly RedisServer[]) {}

  static async start(options: Pick<RedisServerOptions, 'persist' | 'valkey'> = {}): Promise<RedisCluster> {
    const buses = await Promise.all(Array.from({ length: SIZE }, freePort));
    const config = (bus: number) => [
      'cluster-enabled yes',
      'cluster-config-file nodes.conf',
      'cluster-node-timeout 2000',
      `cluster-port ${bus}`,
    ];
    const nodes = await Promise.all(
      buses.map((bus) => RedisServer.start({ ...options, config: config(bus) })),
    );
    const cluster = new RedisCluster(nodes);
    try {
      await cluster.#form(buses);
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  /** What `new Cluster(…)` of ioredis takes first. */
  get startupNodes(): { host: string; port: number }[] {
    return this.nodes.map(({ host, port }) => ({ host, port }));
  }

  /** A connection that ends with the cluster's `stop()`. */
  client(options: ClusterOptions = {}): Cluster {
    return this.#clients.add(new Cluster(this.startupNodes, options));
  }

  async stop(): Promise<void> {
    this.#clients.disconnect();
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #form(buses: readonly number[]): Promise<void> {
    const admins = this.nodes.map((node) => node.client());
    const share = Math.ceil(SLOTS / SIZE);
    await Promise.all(
      admins.map(async (admin, index) => {
        const last = Math.min((index + 1) * share, SLOTS) - 1;
        await admin.call('CLUSTER', 'ADDSLOTSRANGE', index * share, last);
        // Epochs of their own, so that the masters need not argue first.
        await admin.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
      }),
    );
    const [first] = admins;
    for (const [index, { host, port }] of this.nodes.entries()) {
      if (index > 0) await first?.call('CLUSTER', 'MEET', host, port, buses[index] ?? 0);
    }
    const agreed = async () => {
      const reports = await Promise.all(admins.map((admin) => admin.call('CLUSTER', 'INFO').then(String)));
      return reports.every(
        (report) => report.includes('cluster_state:ok') && report.includes(`cluster_size:${SIZE}\r`),
      );
    };
    await until(agreed, { timeout: 20_000, interval: 50, what: 'the cluster to agree' });
  }
}
