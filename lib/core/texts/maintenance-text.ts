/**
 * Texts by language: BCP 47 tags such as `'de'` or `'pt-BR'`; `''` is for everybody else and is assumed to be in the first of the
 * application's `languages` (English by default).
 * @publicApi
 */
export type MaintenanceTexts = Readonly<Record<string, string>>;

/**
 * A text for visitors: one for all, or one per language.
 * @example `{ '': 'Back soon', de: 'Gleich zurück' }`
 * @publicApi
 */
export type MaintenanceText = string | MaintenanceTexts;

/** The one text that stands for all of them where only one can be shown. */
export function mainText(text: MaintenanceText): string;
export function mainText(text: MaintenanceText | null): string | null;
export function mainText(text: MaintenanceText | null): string | null {
  // a window that another version has planned may hold anything
  const texts = textsOf(text);
  return texts ? (texts[''] ?? Object.values(texts)[0] ?? null) : typeof text === 'string' ? text : null;
}

/** All texts by language; `undefined` if there is one for all. */
export const textsOf = (text: MaintenanceText | null): MaintenanceTexts | undefined =>
  typeof text === 'object' && text !== null ? text : undefined;

/** A message in the form that users get: one text, and all of them if there are several. */
export interface DescribedMessage {
  readonly message: string | null;
  readonly messages?: MaintenanceTexts;
}

export function describeMessage(text: MaintenanceText | null): DescribedMessage {
  const messages = textsOf(text);
  return { message: mainText(text), ...(messages && { messages }) };
}

/** The reverse: the text that was split into these fields. */
export const messageFrom = ({ message, messages }: DescribedMessage): MaintenanceText | null =>
  messages ?? message;
