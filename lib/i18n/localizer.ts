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
import type { MaintenanceOccurrence, MaintenanceState } from '../core/keys/maintenance-state.js';
import type { MaintenanceVisibleProgress } from '../core/progress/maintenance-progress.js';
import type { MaintenanceTexts } from '../core/texts/maintenance-text.js';
import { TextChoice } from './text-choice.js';
import { DEFAULT_ANNOUNCEMENT } from './texts.js';
import type { Languages } from './languages.js';

const BUILT_IN = 'the built-in data is given';

/** A message in the form in which keys and windows carry it. */
export interface Message {
  readonly message: string | null;
  readonly messages?: MaintenanceTexts | undefined;
}

/** Provides texts in a visitor's language, through the application's own translation. */
export class Localizer {
  private readonly choice: TextChoice;

  constructor(
    private readonly translation: ResolvedOptions['translate'],
    private readonly languages: Languages,
    private readonly calls: ApplicationCalls,
  ) {
    this.choice = new TextChoice(languages.first);
  }

  /** Whether texts depend on the reader. */
  get active(): boolean {
    return this.translation !== undefined;
  }

  /** The language that the sender of this request asks for, among those available. */
  language(request: unknown): string {
    return this.languages.pick(acceptLanguage(request));
  }

  /** The language of built-in texts for this request. */
  textLanguage(request: unknown): string {
    return this.active ? this.language(request) : 'en';
  }

  /**
   * Which of a message's languages the sender of this request reads; `''` for the one for everybody else, or if there is only
   * one.
   */
  languageOf(messages: MaintenanceTexts | undefined, request: unknown): string {
    return messages ? this.choice.pick(messages, acceptLanguage(request)) : '';
  }

  /**
   * A message in the visitor's language. Never throws.
   * @param builtIn the sentence if none was given
   */
  say({ message, messages }: Message, builtIn: string, request: unknown): string {
    const tag = this.languageOf(messages, request);
    const text = messages ? messages[tag] : message;
    return tag !== '' && text !== undefined && text !== null
      ? text
      : this.translate(text ?? builtIn, request);
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
    if (typeof translated !== 'string' || translated === '') {
      // an empty text is one that is missing: a page would say nothing
      this.calls.wrong('"translate"', translated, english);
      return text;
    }
    return translated;
  }

  /** Key data with label, help text and message translated. Never throws. */
  describe(key: MaintenanceKey, manager: StateManager, request: unknown): MaintenanceKeyJson {
    const state = manager.current(key);
    // operators who end the maintenance must see the key, whatever its class does
    const data =
      this.calls.askNow(`toJSON() of maintenance key "${key.name}"`, BUILT_IN, undefined, () =>
        key.toJSON(state),
      ) ?? MaintenanceKey.prototype.toJSON.call(key, state);
    const text = (english: string): string => this.translate(english, request);
    const upcoming =
      data.upcoming && state.upcoming?.map((occurrence) => this.announcement(key, occurrence, request));
    return {
      ...data,
      ...(upcoming && { upcoming }),
      label: text(data.label),
      helpText: text(data.helpText),
      message: data.message === null ? null : this.say(data, data.message, request),
    };
  }

  /** The progress of the work that keeps a key on, if visitors may see it, in their language. */
  progress(
    { progress }: Pick<MaintenanceState, 'progress'>,
    request: unknown,
  ): MaintenanceVisibleProgress | undefined {
    if (!progress?.public) {
      return undefined;
    }
    const { value, step, steps, remaining, overrun } = progress;
    return {
      value,
      step: step === null ? null : this.say({ message: step, messages: steps }, step, request),
      remaining,
      overrun,
    };
  }

  /** The announcements for visitors, in their language. */
  upcoming(manager: StateManager, request: unknown): MaintenanceUpcoming[] {
    return manager.snapshot.upcoming
      .filter(({ key }) => key.public)
      .map(({ key, occurrence }) => {
        const message = this.say(occurrence, DEFAULT_ANNOUNCEMENT, request);
        return describeUpcoming(key, { ...occurrence, message });
      });
  }

  /** One in key data, where the built-in sentence is `null`. */
  private announcement(
    key: MaintenanceKey,
    occurrence: MaintenanceOccurrence,
    request: unknown,
  ): MaintenanceUpcoming {
    const { message } = occurrence;
    return describeUpcoming(key, {
      ...occurrence,
      message: message === null ? null : this.say(occurrence, message, request),
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
  const { headers, handshake, getMap } = (request ?? {}) as {
    headers?: Record<string, unknown>;
    handshake?: { headers?: Record<string, unknown> };
    /** Metadata of gRPC. */
    getMap?: () => Record<string, unknown>;
  };
  const named = headers ?? handshake?.headers ?? (typeof getMap === 'function' ? getMap.call(request) : {});
  const value = named['accept-language'];
  return typeof value === 'string' ? value : undefined;
}
