import { readText, toStoredJson } from '../texts/stored-text.js';
import type { MaintenanceText } from '../texts/maintenance-text.js';

/** How far a hold's work is, as it is stored beside its lease. Instants are epoch ms by the store's clock. */
export interface ProgressRecord {
  /** 0 to 1. */
  readonly value: number;
  readonly done: number | null;
  readonly total: number | null;
  readonly step: MaintenanceText | null;
  /** When it will probably be done; `null`: unknown. */
  readonly end: number | null;
  readonly public: boolean;
  /** When it was reported. */
  readonly at: number;
}

export const encodeProgress = ({ step, ...record }: ProgressRecord): string =>
  toStoredJson({ ...record, message: step });

/** `undefined` for what cannot be read: it is shown to people only. */
export function decodeProgress(text: string): ProgressRecord | undefined {
  try {
    const raw = JSON.parse(text) as Record<string, unknown>;
    const number = (name: string): number | null => (typeof raw[name] === 'number' ? raw[name] : null);
    const value = number('value');
    return value === null
      ? undefined
      : {
          value,
          done: number('done'),
          total: number('total'),
          step: readText(raw, 'message'),
          end: number('end'),
          public: raw['public'] === true,
          at: number('at') ?? 0,
        };
  } catch {
    return undefined;
  }
}
