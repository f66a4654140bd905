import type { MaintenanceKeyJson } from '../../core/keys/maintenance-key-json.js';
import type { PageKey } from '../../admin/page-data.js';
import type { AdminText } from '../../i18n/admin-texts.js';
import { ask, type ApiRequest } from './api.js';
import { arm, armLate, disarm } from './arm.js';
import { focusCard } from './cards.js';
import type { Asked, DialogContent } from './dialog-content.js';
import { drawGo, tellNow, tellSignedOut } from './dialog-problem.js';
import { clearDraft } from './draft.js';
import { button, byId, element, fill } from './elements.js';
import { isFocusLost, passFocus } from './focus.js';
import { toast } from './notices.js';
import { findKey, page, texts } from './page.js';
import { refresh } from './refresh.js';

/** What the server says about a change, including one that it refused. */
type Outcome = Partial<MaintenanceKeyJson> & { outcome?: string; code?: string };

const dialog = byId('dialog') as HTMLDialogElement;
let asked: Asked | null = null;

// the event arrives late: the next dialog may be open by now
dialog.addEventListener('close', () => {
  if (!dialog.open) {
    leave();
  }
});
dialog.addEventListener('cancel', (event) => {
  if (asked?.busy) {
    event.preventDefault();
  }
});

export function openDialog(key: PageKey, content: DialogContent): void {
  const heading = element('h2', {
    id: 'dialog-title',
    tabIndex: -1,
    textContent: fill(content.title, { label: key.label }),
  });
  const problem = element('div', { className: 'problem', role: 'alert', tabIndex: -1 });
  const go = element('button', {
    type: 'submit',
    className: content.kind,
    textContent: texts[content.confirm],
  });
  const cancel = button('cancel', 'plain', closeDialog);
  const form = element(
    'form',
    { method: 'dialog', noValidate: true },
    heading,
    ...content.notes.map((text) => element('p', { className: 'note', textContent: text })),
    ...(content.fields ?? []),
    problem,
    element('div', { className: 'actions' }, cancel, go),
  );
  const opened: Asked = {
    name: key.name,
    home: document.activeElement?.closest<HTMLElement>('[tabindex="-1"]') ?? null,
    confirm: content.confirm,
    problem,
    go,
    cancel,
    taken: content.taken,
    tag: content.path === undefined ? (content.tag ?? key.tag) : null,
    busy: false,
    conflict: false,
  };
  asked = opened;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void submit(opened, content);
  });
  form.addEventListener('input', () => {
    content.typed?.(opened);
    if (!opened.busy) {
      arm(go);
    }
  });
  dialog.replaceChildren(form);
  dialog.showModal();
  // the press that opened the dialog may be repeated, and must not count as an answer
  armLate(go);
  heading.focus();
  watchOthers();
}

/** Tells the operator that somebody else has just changed this key; their own input stays. */
export function watchOthers(): void {
  if (!asked || asked.busy || !dialog.open) {
    return;
  }
  const key = findKey(asked.name);
  if (!key) {
    closeDialog();
    return;
  }
  asked.taken?.();
  if (asked.tag !== null && key.tag !== asked.tag) {
    asked.conflict = true;
    tellNow(asked, key, texts.changedMeanwhile);
    drawGo(asked);
    // a disabled button cannot have the focus
    passFocus(asked.go, asked.problem);
    // the button has a new label
    armLate(asked.go);
  }
}

export function closeDialog(): void {
  dialog.close();
  leave();
}

/** Returns the focus to where the dialog was opened; the browser itself does that if the button is still there. */
function leave(): void {
  const left = asked;
  asked = null;
  if (!left) {
    return;
  }
  clearDraft();
  if (isFocusLost()) {
    left.home?.focus();
  }
  if (isFocusLost()) {
    focusCard(left.name);
  }
}

async function submit(current: Asked, content: DialogContent): Promise<void> {
  const request = current.busy || current.go.disabled ? null : content.send(current);
  if (!request) {
    return;
  }
  if (request.method === 'PATCH' && Object.keys(request.body ?? {}).length === 0) {
    closeDialog();
    return;
  }
  current.busy = true;
  // it is on its way, and cannot be called back
  current.cancel.disabled = true;
  drawGo(current);
  disarm(current.go);
  current.problem.replaceChildren();
  const path = content.path ?? `keys/${encodeURIComponent(current.name)}`;
  const sent = current.tag === null ? request : { ...request, tag: current.tag };
  const answer = await ask<Outcome>(path, sent).catch(() => null);
  await refresh();
  current.busy = false;
  current.cancel.disabled = false;
  const key = findKey(current.name);
  if (answer?.ok) {
    if (asked === current) {
      closeDialog();
    }
    toast(fill(content.done ?? describeOutcome(request, answer.json), { label: key?.label ?? current.name }));
    return;
  }
  if (asked !== current) {
    // some browsers close a dialog when Escape is pressed twice
    toast(answer?.json?.message || texts.noAnswer);
    return;
  }
  const wasConflict = current.conflict;
  current.conflict = answer?.status === 409;
  if (page.connection === 'signedOut') {
    tellSignedOut(current);
  } else if (!answer?.json || answer.json.outcome === 'unknown') {
    tellNow(current, key, texts[answer?.json ? 'unknownOutcome' : 'noAnswer']);
  } else if (current.conflict && key && current.tag !== null && key.tag !== current.tag) {
    tellNow(current, key, texts.changedMeanwhile);
  } else {
    const ended = answer.json.code === 'MAINTENANCE_NOT_ON';
    current.problem.replaceChildren(ended ? texts.endedMeanwhile : answer.json.message || texts.noAnswer);
    current.conflict = wasConflict;
  }
  drawGo(current);
  armLate(current.go);
  // the button that was pressed is disabled, and has lost the focus
  current.problem.focus();
}

function describeOutcome({ method, body }: ApiRequest, json: Outcome | null): AdminText {
  if (method === 'PATCH' || (method === 'PUT' && body?.['mode'])) {
    return method === 'PATCH' ? 'changed' : 'isOn';
  }
  return json?.value ? 'isHeld' : 'isOff';
}
