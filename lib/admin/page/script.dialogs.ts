/** Changes: each in a dialog that says what it does, and that keeps what was typed until the server has taken it. */
export const ADMIN_SCRIPT_DIALOGS = String.raw`
const dialog = byId('dialog');
/** The dialog that is open: for which key, decided by which state. */
let asking = null;
const keyOf = (name) => state.keys.find((key) => key.name === name);

function openDialog(name, { title, notes, fields, confirm, kind, send }) {
  const key = keyOf(name);
  const heading = element('h2', { id: 'dialog-title', textContent: fill(title, { label: key.label }) });
  const problem = element('div', { className: 'problem', role: 'alert' });
  const go = element('button', { type: 'submit', className: kind, textContent: texts[confirm] });
  const cancel = button('cancel', 'plain', closeDialog);
  const form = element(
    'form',
    { method: 'dialog', noValidate: true },
    heading,
    ...notes.map((text) => element('p', { className: 'note', textContent: text })),
    ...(fields || []),
    problem,
    element('div', { className: 'actions' }, cancel, go),
  );
  asking = { name, tag: key.tag, problem, go, confirm, busy: false, conflict: false };
  const current = asking;
  form.onsubmit = (event) => {
    event.preventDefault();
    void submit(current, send);
  };
  dialog.replaceChildren(form);
  dialog.showModal();
  (form.querySelector(':checked') || (kind === 'danger' ? cancel : go)).focus();
}

/** Gives the focus back; the button that opened the dialog may have gone with the change. */
function leave() {
  const view = asking && cards.get(asking.name);
  asking = null;
  if (view && !view.card.contains(document.activeElement)) {
    (Object.values(view.actions).find((action) => !action.hidden) || view.card).focus();
  }
}

function closeDialog() {
  dialog.close();
  leave();
}

// the event comes late: the next dialog may be open by now
dialog.onclose = () => void (dialog.open || leave());
dialog.oncancel = (event) => {
  if (asking && asking.busy) event.preventDefault();
};

async function submit(current, send) {
  const request = current.busy ? null : send(current);
  if (!request) return;
  current.busy = true;
  drawGo(current);
  current.problem.replaceChildren();
  const headers = { 'If-Match': current.tag };
  if (request.body) headers['Content-Type'] = 'application/json';
  const body = request.body && JSON.stringify(request.body);
  const answer = await ask('keys/' + encodeURIComponent(current.name), { method: request.method, headers, body }).catch(() => null);
  await refresh();
  current.busy = false;
  if (asking !== current) return;
  const key = keyOf(current.name);
  if (answer && answer.ok) {
    closeDialog();
    toast(fill(outcomeOf(request, current, answer.json), { label: key ? key.label : current.name }));
    return;
  }
  const lost = !answer || !answer.json || answer.json.outcome === 'unknown';
  if (lost) tellNow(current, key, texts[answer && answer.json ? 'unknownOutcome' : 'noAnswer']);
  else if (answer.status === 409 && key && key.tag !== current.tag) tellNow(current, key, texts.changedMeanwhile);
  else current.problem.replaceChildren(answer.json.message || texts.noAnswer);
  current.conflict = answer !== null && answer.status === 409;
  drawGo(current);
  current.go.focus();
}

function outcomeOf(request, current, json) {
  if (request.method === 'PUT' && request.body.mode) return current.confirm === 'confirmChange' ? 'changed' : 'isOn';
  return json && json.value ? 'isHeld' : 'isOff';
}

function drawGo(current) {
  current.go.disabled = current.busy;
  write(current.go, texts[current.busy ? 'working' : current.conflict ? 'confirmAnyway' : current.confirm]);
}

/** Tells whoever is about to change a key that somebody else just did; their own input stays. */
function watchOthers() {
  if (!asking || asking.busy || !dialog.open) return;
  const key = keyOf(asking.name);
  if (!key) return closeDialog();
  if (key.tag !== asking.tag) {
    asking.conflict = true;
    tellNow(asking, key, texts.changedMeanwhile);
    drawGo(asking);
  }
}

/** What is true now; from here on the person decides by that. */
function tellNow(current, key, text) {
  current.problem.replaceChildren(element('p', { textContent: text }));
  if (!key) return;
  current.tag = key.tag;
  const facts = [texts[key.value ? 'on' : 'off']];
  if (key.since) facts.push(texts.since + ' ' + clock(key.since, true));
  for (const fact of [key.actor, key.reason]) if (fact) facts.push(fact);
  current.problem.append(element('p', { className: 'now', dir: 'auto', textContent: facts.join(' \u00b7 ') }));
  current.problem.scrollIntoView({ block: 'nearest' });
}

function openOff(name) {
  openDialog(name, {
    title: 'offTitle',
    notes: [texts[keyOf(name).held ? 'staysHeld' : 'opensSite']],
    confirm: 'confirmOff',
    kind: 'primary',
    send: () => ({ method: 'PUT', body: { mode: false } }),
  });
}

function openUnset(name) {
  openDialog(name, {
    title: 'unsetTitle',
    notes: [texts.unsetNote],
    confirm: 'confirmUnset',
    kind: 'danger',
    send: () => ({ method: 'DELETE' }),
  });
}
`.trim();
