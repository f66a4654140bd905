import { createHmac, timingSafeEqual } from 'node:crypto';
import type { MaintenanceKeyLike } from '../core/keys/maintenance-key-like.js';
import { TOKEN_OPTIONS, type MaintenanceBypassTokenOptions } from '../core/service/bypass-token-options.js';
import { checkOptionNames } from '../core/service/call-options.js';
import type { TokenSource } from '../core/service/service-ports.js';
import { HOST_COOKIE } from './bypass-cookie.js';
import { DAY } from '../core/keys/durations.js';
import type { StateStore } from '../core/store/store.js';
import { MaintenanceConfigurationError } from '../core/errors/errors.js';

/** What a valid token grants. */
export interface BypassGrant {
  /** Epoch ms. */
  readonly expires: number;
  /** `undefined`: all keys. */
  readonly keys: ReadonlySet<string> | undefined;
}

/** The signed content of a token. */
interface Payload {
  /** Epoch ms. */
  readonly exp: number;
  /** Names; absent: all keys. */
  readonly keys?: readonly string[];
  /** The id of the store it was made for; absent if none was known. */
  readonly store?: string;
}

/**
 * Browsers discard a cookie whose name and value are longer than this in total. A token is `payload.signature`, both base64url.
 */
const LONGEST = 4_096 - HOST_COOKIE.length;

/**
 * Creates and verifies bypass tokens. They are signed, so nothing has to be stored. A token is valid for one namespace and,
 * where stores can be told apart, for one store: a token of the staging environment opens nothing in production, even if both
 * use the same secret.
 */
export class BypassTokens implements TokenSource {
  constructor(
    /** The first signs, all verify; empty: there are no tokens. */
    private readonly secrets: readonly string[],
    private readonly namespace: string,
    /** Its id is part of a token as soon as it is known; by its clock one machine creates a token, and others verify it. */
    private readonly store: Pick<StateStore, 'id' | 'now'>,
  ) {}

  get enabled(): boolean {
    return this.secrets.length > 0;
  }

  /** @param getKey resolves a key or throws */
  create(
    options: MaintenanceBypassTokenOptions = {},
    getKey: (key: MaintenanceKeyLike) => { readonly name: string },
  ): string {
    // a misspelt `keys` would grant all of them
    checkOptionNames('createBypassToken', options, TOKEN_OPTIONS);
    const { expiresIn = DAY, keys } = options;
    const [secret] = this.secrets;
    if (secret === undefined) {
      throw new MaintenanceConfigurationError(
        'A bypass token needs the maintenance option "bypass.secret".',
        { option: 'bypass.secret' },
      );
    }
    if (!Number.isSafeInteger(expiresIn) || expiresIn <= 0 || this.store.now() + expiresIn > 8.64e15) {
      throw MaintenanceConfigurationError.of('expiresIn', expiresIn, 'whole milliseconds above 0');
    }
    if (keys !== undefined && (!Array.isArray(keys) || keys.length === 0)) {
      throw MaintenanceConfigurationError.of('keys', keys, 'an array of at least one key');
    }
    const store = this.store.id;
    const payload: Payload = {
      exp: Math.ceil(this.store.now() + expiresIn),
      ...(keys && { keys: keys.map((key) => getKey(key).name) }),
      ...(store !== undefined && { store }),
    };
    const body = Buffer.from(JSON.stringify(payload)).toString('base64url');
    const token = `${body}.${this.sign(body, secret).toString('base64url')}`;
    if (token.length > LONGEST) {
      throw MaintenanceConfigurationError.of(
        'keys',
        keys,
        `as many keys as fit into a token of ${LONGEST} characters, the most that a cookie can hold`,
        () => `${keys?.length} keys, which need ${token.length} characters`,
      );
    }
    return token;
  }

  /** What a token grants now; `undefined` if it is wrong, expired or malformed. Never throws. */
  check(token: unknown): BypassGrant | undefined {
    if (typeof token !== 'string' || token.length > LONGEST) {
      return undefined;
    }
    const [, body, signature] = /^([\w-]+)\.([\w-]{43})$/.exec(token) ?? [];
    if (body === undefined || signature === undefined) {
      return undefined;
    }
    const received = Buffer.from(signature, 'base64url');
    // the last base64url character has spare bits: only one spelling is ours
    if (
      received.toString('base64url') !== signature ||
      !this.secrets.some((secret) => timingSafeEqual(received, this.sign(body, secret)))
    ) {
      return undefined;
    }
    const { exp, keys, store } = JSON.parse(Buffer.from(body, 'base64url').toString()) as Payload;
    const id = this.store.id;
    const isOurs = id === undefined || store === id;
    return isOurs && exp > this.store.now() ? { expires: exp, keys: keys && new Set(keys) } : undefined;
  }

  private sign(body: string, secret: string): Buffer {
    return createHmac('sha256', secret)
      .update(`nestjs-maintenance:bypass:${this.namespace}:${body}`)
      .digest();
  }
}
