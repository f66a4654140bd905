import { openDialog } from './dialog.js';
import { findKey, texts } from './page.js';

/** Ends what an operator has started. */
export function openOff(name: string): void {
  const key = findKey(name);
  if (key) {
    openDialog(key, {
      title: 'offTitle',
      notes: [texts[key.held ? 'staysHeld' : 'opensSite']],
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
