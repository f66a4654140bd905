/** Milliseconds, but for the last three. */
export interface RedisStoreOptions {
  readonly commandTimeout: number;
  readonly replicaLease: number;
  readonly lockLease: number;
  /** How many entries of the history are kept. */
  readonly historyKeep?: number;
  /** Whether anybody needs to tell this store from others. */
  readonly identified?: boolean;
  /** Without cache-manager-ioredis-yet, which scripts need not have. */
  readonly direct?: boolean;
}
