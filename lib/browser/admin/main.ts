// The script of the admin page. It writes all data as text only, and shows a change only after the server has said
// that it was made.
import { urlOf } from './api.js';
import { ignoreHeldKeys } from './arm.js';
import { drawCards } from './cards.js';
import { openChange } from './change-dialog.js';
import { watchOthers } from './dialog.js';
import { readDraft } from './draft.js';
import { element } from './elements.js';
import { openOff, openUnset } from './end-dialogs.js';
import { drawHistory } from './history.js';
import { drawHeadline } from './headline.js';
import { setNotice } from './notices.js';
import { drawWindows } from './windows.js';
import { live, page, texts, tickets } from './page.js';
import { refresh, setAwake, setConnection, startDrawing } from './refresh.js';

/** Milliseconds between two looks: the socket wakes, looking again and again guarantees. */
const LOOK = 5_000;
const LOOK_HIDDEN = 30_000;
const LOOK_LOST = 2_000;

let timer: ReturnType<typeof setTimeout> | undefined;

function draw(): void {
  const { storeUp, mayToggle, keys } = page.state;
  drawCards({ change: openChange, end: openOff, unset: openUnset });
  drawWindows();
  drawHeadline();
  drawHistory();
  setNotice('store', storeUp ? null : { title: texts.storeLost, text: texts.storeLostNote });
  setNotice('reader', mayToggle ? null : { text: texts.readerNote });
  setNotice('none', keys.length > 0 ? null : { text: texts.noKeys });
}

function plan(): void {
  clearTimeout(timer);
  const wait = page.connection === 'lost' ? LOOK_LOST : LOOK;
  timer = setTimeout(look, document.hidden ? LOOK_HIDDEN : wait);
}

function look(): void {
  void refresh().finally(plan);
}

startDrawing({ draw, taken: watchOthers });
addEventListener('maintenance:change', look);
addEventListener('maintenance:connection', (event) => {
  setAwake((event as CustomEvent<string>).detail === 'live');
  look();
});
addEventListener('online', look);
addEventListener('offline', () => setConnection('lost'));
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) {
    look();
  }
});

ignoreHeldKeys();
setConnection('polling');
plan();
const draft = readDraft();
if (draft && page.state.mayToggle) {
  openChange(draft.name);
}
if (live) {
  const script = element('script', { src: urlOf('script'), async: true });
  // this page shows by itself what the script would mark
  script.dataset['admin'] = 'none';
  if (tickets) {
    script.dataset['ticket'] = urlOf('admin/ticket');
  }
  document.head.append(script);
}
// times are shown relative to now
setInterval(() => {
  draw();
  watchOthers();
}, LOOK);
