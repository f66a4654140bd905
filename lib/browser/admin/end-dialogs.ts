import type { PageKey } from '../../admin/page-data.js';
import type { AdminText } from '../../i18n/admin-texts.js';
import { openDialog } from './dialog.js';
import { findKey, page, texts } from './page.js';

/** Whom it lets in to end what an operator has started. A window that is on ends with it, and may reopen gradually. */
export const noteOfEnd = ({ name, held, abandoned }: PageKey): AdminText =>
  held
    ? 'staysHeld'
    : abandoned
      ? 'staysDead'
      : page.state.windows.some(({ key, on, reopensUntil }) => key === name && on && reopensUntil)
        ? 'opensGradually'
        : 'opensSite';

/** Ends what an operator has started. */
export function openOff(name: string): void {
  const key = findKey(name);
  if (key) {
    openDialog(key, {
      title: 'offTitle',
      notes: [texts[noteOfEnd(key)]],
      confirm: 'confirmOff',
      kind: 'primary',
      send: () => ({ method: 'PUT', body: { mode: false } }),
    });
  }
}

/** Ends all of it, including running jobs. */
export function openUnset(name: string): void {
  const key = findKey(name);
  if (key) {
    const dead = key.abandoned && !key.held;
    openDialog(key, {
      title: dead ? 'unsetDeadTitle' : 'unsetTitle',
      notes: [texts[dead ? 'unsetDeadNote' : 'unsetNote']],
      confirm: dead ? 'confirmUnsetDead' : 'confirmUnset',
      kind: 'danger',
      send: () => ({ method: 'DELETE' }),
    });
  }
}
