import type { AdminText } from '../../i18n/admin-texts.js';
import type { ApiRequest } from './api.js';

/** A dialog before a change: what it says, and what it sends. */
export interface DialogContent {
  readonly title: AdminText;
  readonly notes: readonly string[];
  readonly fields?: readonly HTMLElement[];
  readonly confirm: AdminText;
  readonly kind: 'primary' | 'danger';
  /** Where it is sent, if not to the key. */
  readonly path?: string;
  /** What is said afterwards, if that does not follow from the response. */
  readonly done?: AdminText;
  /** On which state of the key it was decided. Default: the present one. */
  readonly tag?: string;
  /** Whether something was typed or chosen. */
  typed?(asked: Asked): void;
  /** A state has arrived, or time has passed. */
  taken?(): void;
  /** The change; `null`: something is missing, and the dialog says what. */
  send(asked: Asked): ApiRequest | null;
}

/** The open dialog: for which key, and on which state it was opened. */
export interface Asked {
  readonly name: string;
  /** What was around the button that opened it. */
  readonly home: HTMLElement | null;
  readonly confirm: AdminText;
  readonly problem: HTMLElement;
  readonly go: HTMLButtonElement;
  readonly cancel: HTMLButtonElement;
  readonly taken: (() => void) | undefined;
  tag: string | null;
  busy: boolean;
  conflict: boolean;
}
