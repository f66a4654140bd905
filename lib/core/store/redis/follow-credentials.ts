import { isRedisClient, type RedisClient } from './redis-client.js';

/** May be rotated while an application runs. What `tls` contains is read for each connection anyway. */
const CREDENTIALS = ['username', 'password', 'sentinelUsername', 'sentinelPassword'] as const;

type Credentials = Partial<Record<(typeof CREDENTIALS)[number], unknown>>;

/**
 * From now on, each connection of the client is opened with the credentials that the application has by then.
 * @param input the application's options or client, which the client's own options are a copy of
 */
export function followCredentials(client: RedisClient, input: object): void {
  const last: Credentials = {};
  const current = (name: keyof Credentials): unknown => {
    try {
      last[name] = credentialsOf(input)[name];
    } catch {
      // a getter of the application's; the client would never connect again
    }
    return last[name];
  };
  const follow = (options: object): void =>
    CREDENTIALS.forEach((name) =>
      Object.defineProperty(options, name, {
        get: () => current(name),
        enumerable: true,
        configurable: true,
      }),
    );
  if (client.isCluster !== true) {
    follow(client.options);
    return;
  }
  follow(client.options.redisOptions ?? {});
  // the connection that subscribes has the credentials of a node
  client.on('+node', ({ options }: { readonly options: Credentials }) => {
    const hasOwn = CREDENTIALS.some((name) => (options[name] ?? undefined) !== (last[name] ?? undefined));
    if (!hasOwn) {
      follow(options);
    }
  });
}

function credentialsOf(input: object): Credentials {
  if (!isRedisClient(input)) {
    return input;
  }
  const { options } = input;
  return ((input.isCluster === true ? options.redisOptions : options) ?? {}) as Credentials;
}
