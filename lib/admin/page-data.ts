import type { MaintenanceKeyJson } from '../core/keys/maintenance-key-json.js';
import type { MaintenanceHistoryEvent } from '../core/history/maintenance-history-event.js';
import type { MaintenanceWay } from '../core/history/maintenance-way.js';
import type { MaintenanceText } from '../core/texts/maintenance-text.js';
import type { AdminText } from '../i18n/admin-texts.js';

/** How much of the site is affected: what the page says first. */
export type Headline = 'open' | 'part' | 'readOnly' | 'closed';

/** A key as the admin page shows it. */
export interface PageKey extends MaintenanceKeyJson {
  /** Entity tag, for `If-Match`. */
  readonly tag: string;
  /** Is the operator's switch on. */
  readonly switched: boolean;
  /** Does a running `maintain()` hold it. */
  readonly held: boolean;
}

/** What takes an entry of the history back, as the body of a `PUT` of its key. */
export interface Undo {
  readonly mode: boolean;
  readonly message?: MaintenanceText | null;
  readonly reason?: string | null;
  readonly until?: string;
  readonly timeout?: number | null;
}

/** What takes back what was done to a planned window. */
export interface UndoWindow {
  readonly window: 'cancel' | 'restore';
}

/** An entry of the history as the admin page shows it. */
export interface PageEntry {
  readonly id: string;
  /** Name of the key. */
  readonly key: string;
  readonly event: MaintenanceHistoryEvent;
  readonly way: MaintenanceWay;
  readonly actor: string | null;
  readonly reason: string | null;
  /** ISO 8601. */
  readonly at: string;
  /** Of its key, translated. */
  readonly label: string;
  /** How it is taken back; `null`: not at all. */
  readonly undo: Undo | UndoWindow | null;
}

/** A planned window as the admin page shows it, by the occurrence that is on or comes next. Dates are ISO 8601. */
export interface PageWindow {
  readonly id: string;
  readonly key: string;
  /** Of its key. */
  readonly label: string;
  readonly revision: number;
  readonly start: string;
  readonly end: string;
  /** Is that occurrence on. */
  readonly on: boolean;
  readonly repeat: { readonly cron: string; readonly timeZone: string } | null;
  /** Until when only writes are refused, and until when visitors come back; `null`: not at all. */
  readonly readOnlyUntil: string | null;
  readonly reopensUntil: string | null;
  readonly reason: string | null;
}

/** All that changes on the admin page. */
export interface PageState {
  /** The server's clock. */
  readonly now: string;
  readonly mayToggle: boolean;
  readonly headline: Headline;
  /** All keys that are in maintenance, also those that are not offered. */
  readonly active: readonly Pick<MaintenanceKeyJson, 'label' | 'since' | 'until'>[];
  /** Is the store in reach. */
  readonly storeUp: boolean;
  readonly keys: readonly PageKey[];
  /** What was done last. */
  readonly history: readonly PageEntry[];
  /** Of these keys, in the order in which they begin. */
  readonly windows: readonly PageWindow[];
}

/** What the admin page is served with. */
export interface PageData {
  readonly state: PageState;
  /** Its texts, translated. */
  readonly texts: Readonly<Record<AdminText, string>>;
  /** What visitors read where no message was given. */
  readonly defaultMessage: string;
  /** What the page is called. */
  readonly title: string;
  /** Where to sign in; `null`: nobody has said. */
  readonly loginUrl: string | null;
  /** Is there a browser script to include. */
  readonly live: boolean;
  /** Does it need tickets to be given key data. */
  readonly tickets: boolean;
}
