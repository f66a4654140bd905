import { createHmac, timingSafeEqual } from 'node:crypto';
import type { MaintenanceKeyLike } from '../core/keys/maintenance-key-like.js';
import type { MaintenanceBypassTokenOptions } from '../core/service/bypass-token-options.js';
import type { TokenSource } from '../core/service/service-ports.js';
import { DAY } from '../core/keys/durations.js';
import { MaintenanceConfigurationError } from '../core/errors/errors.js';

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
export class BypassTokens implements TokenSource {
  constructor(
    /** The first signs, all verify; none: there are no tokens. */
    private readonly secrets: readonly string[],
    private readonly namespace: string,
  ) {}

  get enabled(): boolean {
    return this.secrets.length > 0;
  }

  /** @param getKey resolves a key or throws */
  create(
    { expiresIn = DAY, keys }: MaintenanceBypassTokenOptions = {},
    getKey: (key: MaintenanceKeyLike) => { readonly name: string },
  ): string {
    const [secret] = this.secrets;
    if (secret === undefined) {
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
    const payload = JSON.stringify({
      exp: Date.now() + expiresIn,
      ...(keys && { keys: keys.map((key) => getKey(key).name) }),
    });
    const body = Buffer.from(payload).toString('base64url');
    return `${body}.${this.sign(body, secret).toString('base64url')}`;
  }

  /** What a token grants now; `undefined` for one that is wrong, expired or malformed. Never throws. */
  check(token: unknown): BypassGrant | undefined {
    if (typeof token !== 'string' || token.length > LONGEST) {
      return undefined;
    }
    const [, body, signature] = /^([\w-]+)\.([\w-]{43})$/.exec(token) ?? [];
    if (body === undefined || signature === undefined) {
      return undefined;
    }
    const received = Buffer.from(signature, 'base64url');
    // the last character of base64url has bits to spare: only one spelling is ours
    if (
      received.toString('base64url') !== signature ||
      !this.secrets.some((secret) => timingSafeEqual(received, this.sign(body, secret)))
    ) {
      return undefined;
    }
    const { exp, keys } = JSON.parse(Buffer.from(body, 'base64url').toString()) as {
      exp: number;
      keys?: string[];
    };
    return exp > Date.now() ? { expires: exp, keys: keys && new Set(keys) } : undefined;
  }

  private sign(body: string, secret: string): Buffer {
    return createHmac('sha256', secret)
      .update(`nestjs-maintenance:bypass:${this.namespace}:${body}`)
      .digest();
  }
}
