import type { MaintenanceKeyJson } from '../core/keys/maintenance-key-json.js';
import type { MaintenanceHistoryEvent } from '../core/history/maintenance-history-event.js';
import type { MaintenanceWay } from '../core/history/maintenance-way.js';
import type { MaintenanceText } from '../core/texts/maintenance-text.js';
import type { AdminText } from '../i18n/admin-texts.js';

/** How much of the site is affected; the page's headline. */
export type Headline = 'open' | 'part' | 'readOnly' | 'closed';

/** A key as the admin page shows it. */
export interface PageKey extends MaintenanceKeyJson {
  /** Entity tag, for `If-Match`. */
  readonly tag: string;
  /** Whether the operator's switch is on. */
  readonly switched: boolean;
  /** Whether a running `maintain()` holds it. */
  readonly held: boolean;
}

/** What undoes an entry of the history: the body of a `PUT` of its key. */
export interface Undo {
  readonly mode: boolean;
  readonly message?: MaintenanceText | null;
  readonly reason?: string | null;
  readonly until?: string;
  readonly timeout?: number | null;
}

/** What undoes a change of a planned window. */
export interface UndoWindow {
  readonly window: 'cancel' | 'restore';
}

/** A value that an entry of the history has changed. */
export interface PageValue {
  /** What it is. */
  readonly name: AdminText;
  /** A time is ISO 8601, and so is a period; lengths are milliseconds. */
  readonly kind: 'text' | 'time' | 'times' | 'length';
  /** `null`: none. */
  readonly before: string | null;
  readonly after: string | null;
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
  /** What has changed, from what to what. */
  readonly values: readonly PageValue[];
  /** How to undo it; `null`: impossible. */
  readonly undo: Undo | UndoWindow | null;
}

/** A planned window as the admin page shows it: the occurrence that is on or comes next. Dates are ISO 8601. */
export interface PageWindow {
  readonly id: string;
  readonly key: string;
  /** Of its key. */
  readonly label: string;
  readonly revision: number;
  readonly start: string;
  readonly end: string;
  /** Whether that occurrence is on. */
  readonly on: boolean;
  readonly repeat: { readonly cron: string; readonly timeZone: string } | null;
  /** Until when only writes are refused, and until when visitors come back; `null`: neither. */
  readonly readOnlyUntil: string | null;
  readonly reopensUntil: string | null;
  readonly reason: string | null;
}

/** Everything on the admin page that changes. */
export interface PageState {
  /** The server's clock. */
  readonly now: string;
  readonly mayToggle: boolean;
  readonly headline: Headline;
  /** Keys that are in maintenance, including those that are not offered: the first, if there are very many. */
  readonly active: readonly Pick<MaintenanceKeyJson, 'label' | 'since' | 'until'>[];
  /** How many there are besides. */
  readonly activeMore: number;
  /** Whether the store is reachable. */
  readonly storeUp: boolean;
  readonly keys: readonly PageKey[];
  /** The latest entries of the history. */
  readonly history: readonly PageEntry[];
  /** Of these keys, by start. */
  readonly windows: readonly PageWindow[];
}

/** What the admin page is served with. */
export interface PageData {
  readonly state: PageState;
  /** Its texts, translated. */
  readonly texts: Readonly<Record<AdminText, string>>;
  /** What visitors read if no message was given. */
  readonly defaultMessage: string;
  /** The title of the page. */
  readonly title: string;
  /** Routes that are not beside the page, by the beginning of their path; relative. */
  readonly elsewhere: Readonly<Record<string, string>>;
  /** Where to sign in; `null`: not configured. */
  readonly loginUrl: string | null;
  /** Whether there is a browser script to include. */
  readonly live: boolean;
  /** Whether it needs tickets to receive key data. */
  readonly tickets: boolean;
}
