import { Redis, type RedisOptions } from 'ioredis';
import { OwnClients } from './own-clients.js';
import { RedisServer, type RedisServerOptions } from './redis.js';
import { until } from './until.js';

const NAME = 'maintenance';

/** A real master with one replica, watched by a sentinel that promotes the replica when the master is gone. */
export class RedisSentinel {
  readonly #clients = new OwnClients<Redis>();

  /** The name that the sentinel knows the master by. */
  readonly name = NAME;

  private constructor(
    readonly master: RedisServer,
    readonly replica: RedisServer,
    readonly sentinel: RedisServer,
  ) {}

  static async start(options: Pick<RedisServerOptions, 'persist' | 'valkey'> = {}): Promise<RedisSentinel> {
    const master = await RedisServer.start(options);
    const replica = await RedisServer.start({
      ...options,
      config: [`replicaof ${master.host} ${master.port}`],
    });
    const sentinel = await RedisServer.start({
      valkey: options.valkey,
      sentinel: true,
      config: [
        `sentinel monitor ${NAME} ${master.host} ${master.port} 1`,
        // a master that is only slow on a busy machine must stay the master
        `sentinel down-after-milliseconds ${NAME} 1500`,
        `sentinel failover-timeout ${NAME} 2000`,
      ],
    });
    const group = new RedisSentinel(master, replica, sentinel);
    try {
      await group.#settle();
    } catch (error) {
      await group.stop();
      throw error;
    }
    return group;
  }

  /** What `new Redis(…)` of ioredis needs to find the present master. */
  get options(): Required<Pick<RedisOptions, 'sentinels' | 'name'>> {
    return { sentinels: [{ host: this.sentinel.host, port: this.sentinel.port }], name: NAME };
  }

  /** A connection to the present master that ends with the group's `stop()`. */
  client(options: RedisOptions = {}): Redis {
    return this.#clients.add(new Redis({ ...this.options, ...options }));
  }

  async stop(): Promise<void> {
    this.#clients.disconnect();
    await Promise.all([this.sentinel, this.replica, this.master].map((server) => server.stop()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Only a replica that the sentinel has seen in sync can be promoted. */
  async #settle(): Promise<void> {
    const sentinel = this.sentinel.client();
    const healthy = async () => {
      const replicas = (await sentinel.call('SENTINEL', 'REPLICAS', NAME)) as string[][];
      const [fields] = replicas;
      return fields?.[fields.indexOf('master-link-status') + 1] === 'ok';
    };
    await until(healthy, { timeout: 25_000, interval: 100, what: 'the sentinel to see the replica in sync' });
  }
}
