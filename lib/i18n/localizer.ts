import type { ApplicationCalls } from '../core/common/application-calls.js';
import type { KeyRegistry } from '../core/keys/key-registry.js';
import { MaintenanceKey } from '../core/keys/maintenance-key.js';
import {
  describeUpcoming,
  type MaintenanceKeyJson,
  type MaintenanceUpcoming,
} from '../core/keys/maintenance-key-json.js';
import type { ResolvedOptions } from '../options/options.js';
import type { StateManager } from '../core/state/state-manager.js';
import { DEFAULT_ANNOUNCEMENT } from './texts.js';
import type { Languages } from './languages.js';

const BUILT_IN = 'the built-in data is given';

/** Gives texts in a visitor's language, by the application's own translation. */
export class Localizer {
  constructor(
    private readonly translation: ResolvedOptions['translate'],
    private readonly languages: Languages,
    private readonly calls: ApplicationCalls,
  ) {}

  /** Do texts depend on who reads them. */
  get active(): boolean {
    return this.translation !== undefined;
  }

  /** The language that whoever sends this request asks for, among those there are. */
  language(request: unknown): string {
    return this.languages.pick(acceptLanguage(request));
  }

  /** The language that built-in texts are in for this request. */
  textLanguage(request: unknown): string {
    return this.active ? this.language(request) : 'en';
  }

  /** Never throws: a text that cannot be translated stays as it is. */
  translate(text: string, request: unknown): string {
    const { translation } = this;
    if (!translation || text === '') {
      return text;
    }
    const english = 'the text stays as it is';
    const translated: unknown = this.calls.askNow('"translate"', english, text, () =>
      translation(text, this.language(request), request),
    );
    if (typeof translated !== 'string') {
      this.calls.wrong('"translate"', translated, english);
      return text;
    }
    return translated;
  }

  /** Key data with label, help text and message translated. Never throws. */
  describe(key: MaintenanceKey, manager: StateManager, request: unknown): MaintenanceKeyJson {
    const state = manager.current(key);
    // whoever ends the maintenance must see the key, whatever its class says of it
    const data =
      this.calls.askNow(`toJSON() of maintenance key "${key.name}"`, BUILT_IN, undefined, () =>
        key.toJSON(state),
      ) ?? MaintenanceKey.prototype.toJSON.call(key, state);
    const text = (english: string): string => this.translate(english, request);
    return {
      ...data,
      label: text(data.label),
      helpText: text(data.helpText),
      message: data.message === null ? null : text(data.message),
    };
  }

  /** What is announced to visitors, in their language. */
  upcoming(manager: StateManager, request: unknown): MaintenanceUpcoming[] {
    return manager.snapshot.upcoming
      .filter(({ key }) => key.public)
      .map(({ key, occurrence }) => {
        const message = this.translate(occurrence.message ?? DEFAULT_ANNOUNCEMENT, request);
        return describeUpcoming(key, { ...occurrence, message });
      });
  }

  /** Data of all keys, by name. */
  keyData(
    registry: KeyRegistry,
    manager: StateManager,
    request: unknown,
  ): Record<string, MaintenanceKeyJson> {
    return Object.fromEntries(registry.all().map((key) => [key.name, this.describe(key, manager, request)]));
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
