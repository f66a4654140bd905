import type { KeyRegistry } from '../keys/key-registry.js';
import type { MaintenanceKey, MaintenanceKeyJson } from '../keys/maintenance-key.js';
import type { ResolvedOptions } from '../maintenance.options.js';
import type { StateKeeper } from '../state/state-keeper.js';
import { messageOf } from '../state/store.js';
import { languageOf } from './negotiation.js';

/** Gives texts in a visitor's language, by the application's own translation. */
export class Localizer {
  constructor(
    private readonly translation: ResolvedOptions['translate'],
    private readonly warn: (message: string) => void,
  ) {}

  /** Do texts depend on who reads them. */
  get active(): boolean {
    return this.translation !== undefined;
  }

  /** Never throws: a text that cannot be translated stays as it is. */
  translate(text: string, request: unknown): string {
    if (!this.translation || text === '') {
      return text;
    }
    try {
      const translated: unknown = this.translation(text, languageOf(acceptLanguage(request)), request);
      return typeof translated === 'string' ? translated : text;
    } catch (error) {
      this.warn(`"translate" threw: ${messageOf(error)}`);
      return text;
    }
  }

  /** Key data with label, help text and message translated. */
  describe(key: MaintenanceKey, keeper: StateKeeper, request: unknown): MaintenanceKeyJson {
    const data = key.toJSON(keeper.current(key));
    const text = (english: string): string => this.translate(english, request);
    return {
      ...data,
      label: text(data.label),
      helpText: text(data.helpText),
      message: data.message === null ? null : text(data.message),
    };
  }

  /** Data of all keys, by name. */
  keyData(registry: KeyRegistry, keeper: StateKeeper, request: unknown): Record<string, MaintenanceKeyJson> {
    return Object.fromEntries(registry.all().map((key) => [key.name, this.describe(key, keeper, request)]));
  }
}

function acceptLanguage(request: unknown): string | undefined {
  const { headers, handshake } = (request ?? {}) as {
    headers?: Record<string, unknown>;
    handshake?: { headers?: Record<string, unknown> };
  };
  const value = (headers ?? handshake?.headers)?.['accept-language'];
  return typeof value === 'string' ? value : undefined;
}
