/**
 * Texts by language: BCP 47 tags such as `'de'` or `'pt-BR'`; `''` is for everybody else, and is taken to be in the first of the
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

/** The one text that stands for all where only one can be shown. */
export function mainText(text: MaintenanceText): string;
export function mainText(text: MaintenanceText | null): string | null;
export function mainText(text: MaintenanceText | null): string | null {
  // of a window that another version planned it may be anything
  const texts = textsOf(text);
  return texts ? (texts[''] ?? Object.values(texts)[0] ?? null) : typeof text === 'string' ? text : null;
}

/** All texts by language; `undefined` where there is one for all. */
export const textsOf = (text: MaintenanceText | null): MaintenanceTexts | undefined =>
  typeof text === 'object' && text !== null ? text : undefined;

/** A message as it is handed out: one text, and all of them where there are several. */
export interface DescribedMessage {
  readonly message: string | null;
  readonly messages?: MaintenanceTexts;
}

export function describeMessage(text: MaintenanceText | null): DescribedMessage {
  const messages = textsOf(text);
  return { message: mainText(text), ...(messages && { messages }) };
}

/** The text that was taken apart for that. */
export const messageFrom = ({ message, messages }: DescribedMessage): MaintenanceText | null =>
  messages ?? message;
