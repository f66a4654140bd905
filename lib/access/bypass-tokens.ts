import { createHmac, timingSafeEqual } from 'node:crypto';
import type { MaintenanceKey } from '../core/keys/maintenance-key.js';
import { DAY } from '../core/keys/durations.js';
import { MaintenanceConfigurationError } from '../core/errors/errors.js';

/** What a bypass token grants. @publicApi */
export interface BypassTokenOptions {
  /** Milliseconds it is good for. Default: a day. */
  expiresIn?: number;
  /** Only these keys; default: all. */
  keys?: readonly (string | MaintenanceKey)[];
}

/** What a good token says. */
export interface BypassGrant {
  /** Epoch ms. */
  readonly expires: number;
  /** `undefined`: all keys. */
  readonly keys: ReadonlySet<string> | undefined;
}

/** A token is `payload.signature`, both base64url; longer ones were not made here. */
const LONGEST = 4096;

/** Makes and checks bypass tokens: signed, so that nothing has to be stored. */
export class BypassTokens {
  constructor(
    private readonly secret: string | undefined,
    private readonly namespace: string,
  ) {}

  get enabled(): boolean {
    return this.secret !== undefined;
  }

  /** @param nameOf resolves a key or throws */
  create(
    { expiresIn = DAY, keys }: BypassTokenOptions = {},
    nameOf: (key: string | MaintenanceKey) => string,
  ): string {
    if (this.secret === undefined) {
      throw new MaintenanceConfigurationError(
        'A bypass token needs the maintenance option "bypass.secret".',
        { option: 'bypass.secret' },
      );
    }
    if (!Number.isSafeInteger(expiresIn) || expiresIn <= 0 || Date.now() + expiresIn > 8.64e15) {
      throw MaintenanceConfigurationError.of('expiresIn', expiresIn, 'whole milliseconds above 0');
    }
    if (keys !== undefined && (!Array.isArray(keys) || keys.length === 0)) {
      throw MaintenanceConfigurationError.of('keys', keys, 'an array of at least one key');
    }
    const payload = JSON.stringify({ exp: Date.now() + expiresIn, ...(keys && { keys: keys.map(nameOf) }) });
    const body = Buffer.from(payload).toString('base64url');
    return `${body}.${this.sign(body).toString('base64url')}`;
  }

  /** What a token grants now; `undefined` for one that is wrong, expired or malformed. Never throws. */
  check(token: unknown): BypassGrant | undefined {
    if (this.secret === undefined || typeof token !== 'string' || token.length > LONGEST) {
      return undefined;
    }
    const [, body, signature] = /^([\w-]+)\.([\w-]{43})$/.exec(token) ?? [];
    if (body === undefined || signature === undefined) {
      return undefined;
    }
    const expected = this.sign(body);
    const received = Buffer.from(signature, 'base64url');
    // the last character of base64url has bits to spare: only one spelling is ours
    if (
      received.length !== expected.length ||
      !timingSafeEqual(received, expected) ||
      received.toString('base64url') !== signature
    ) {
      return undefined;
    }
    const { exp, keys } = JSON.parse(Buffer.from(body, 'base64url').toString()) as {
      exp: number;
      keys?: string[];
    };
    return exp > Date.now() ? { expires: exp, keys: keys && new Set(keys) } : undefined;
  }

  private sign(body: string): Buffer {
    return createHmac('sha256', this.secret ?? '')
      .update(`nestjs-maintenance:bypass:${this.namespace}:${body}`)
      .digest();
  }
}
