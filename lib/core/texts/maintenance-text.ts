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
  return typeof text === 'string' || text === null ? text : (text[''] ?? Object.values(text)[0] ?? null);
}

/** A message as it is handed out: one text, and all of them where there are several. */
export function describeMessage(text: MaintenanceText | null): {
  readonly message: string | null;
  readonly messages?: MaintenanceTexts;
} {
  return { message: mainText(text), ...(text !== null && typeof text !== 'string' && { messages: text }) };
}
