import type { PageState } from '../../admin/page-data.js';
import { ask } from './api.js';
import { button, byId, element, fill, root, write } from './elements.js';
import { setNotice } from './notices.js';
import { loginUrl, page, takeState, texts, type Connection } from './page.js';
import { clock } from './times.js';

/** What is rendered again. */
export interface Drawing {
  /** Something is known that may look different. */
  draw(): void;
  /** A state has arrived from the server. */
  taken(): void;
}

let drawing: Drawing | undefined;
let asked = 0;
let shown = 0;
/** Whether the socket notifies us. */
let awake = false;

/** Sets how the state is rendered. */
export function startDrawing(given: Drawing): void {
  drawing = given;
}

export function setAwake(next: boolean): void {
  awake = next;
}

export function setConnection(next: Connection): void {
  if (page.connection === next) {
    return;
  }
  page.connection = next;
  root.dataset['link'] = next;
  write(byId('link'), texts[next]);
  const time = clock(page.heard + page.ahead, true);
  setNotice('lost', next === 'lost' ? { title: texts.lost, text: fill('lostNote', { time }) } : null);
  setNotice(
    'signedOut',
    next === 'signedOut'
      ? {
          title: texts.signedOut,
          text: texts.signedOutNote,
          action:
            loginUrl === null
              ? button('reload', 'primary', () => location.reload())
              : element('a', { className: 'primary', href: loginUrl, textContent: texts.signIn }),
        }
      : null,
  );
  drawing?.draw();
}

/** Asks for the state; if responses overtake one another, the latest request counts. */
export async function refresh(): Promise<void> {
  const mine = ++asked;
  const answer = await ask<PageState>('admin/state').catch(() => null);
  if (mine < shown) {
    return;
  }
  if (answer?.ok && answer.json) {
    shown = mine;
    takeState(answer.json);
    setConnection(awake ? 'live' : 'polling');
    drawing?.draw();
    drawing?.taken();
  } else if (mine === asked) {
    const denied =
      answer && (answer.elsewhere || answer.status === 401 || answer.status === 403 || answer.status === 200);
    setConnection(denied ? 'signedOut' : 'lost');
  }
}
