/** What is known: the headline and one card per key. Elements are made once, so that the focus stays where it is. */
export const ADMIN_SCRIPT_CARDS = String.raw`
const cards = new Map();

function button(id, kind, action) {
  return element('button', { type: 'button', className: kind, textContent: texts[id], onclick: action });
}

function makeCard(name) {
  const at = (id) => 'key-' + name + '-' + id;
  const label = element('h3', { id: at('label'), dir: 'auto' });
  const badge = element('p', { className: 'badge' });
  const help = element('p', { className: 'help', dir: 'auto' });
  const warning = element('p', { className: 'warning', hidden: true });
  const facts = {};
  const list = element('dl', { hidden: true });
  for (const id of ['since', 'until', 'by', 'reason', 'message']) {
    facts[id] = element('dd', { dir: 'auto' });
    list.append(element('div', { className: id }, element('dt', { textContent: texts[id] }), facts[id]));
  }
  const times = { since: makeTime(), until: makeTime() };
  facts.since.append(...times.since);
  const actions = {
    on: button('switchOn', 'begin', () => openSwitch(name)),
    off: button('switchOff', 'primary', () => openOff(name)),
    change: button('change', 'plain', () => openSwitch(name)),
    unset: button('unset', 'quiet', () => openUnset(name)),
  };
  for (const [id, made] of Object.entries(actions)) {
    made.id = at(id);
    made.setAttribute('aria-describedby', label.id);
  }
  const bar = element('div', { className: 'actions' }, actions.on, actions.off, actions.change, actions.unset);
  const body = element('div', { className: 'what' }, element('div', { className: 'name' }, label, badge), help);
  const card = element('section', { className: 'card', tabIndex: -1, 'aria-labelledby': label.id }, body, bar, warning, list);
  byId('keys').append(card);
  return { card, label, badge, help, warning, list, facts, times, actions };
}

function drawCard(key) {
  if (!cards.has(key.name)) cards.set(key.name, makeCard(key.name));
  const view = cards.get(key.name);
  const may = state.mayToggle;
  view.card.classList.toggle('is-on', key.value);
  write(view.label, key.label);
  write(view.badge, texts[key.value ? 'on' : 'off']);
  write(view.help, key.helpText);
  view.help.hidden = !key.helpText;
  view.list.hidden = !key.value;
  const warning = key.abandoned ? 'abandoned' : key.held ? (key.switched ? 'heldAndOn' : 'held') : '';
  view.warning.hidden = !warning;
  view.warning.classList.toggle('severe', Boolean(key.abandoned));
  write(view.warning, warning && texts[warning]);
  if (key.value) {
    writeTime(view.times.since, key.since);
    if (key.until) {
      writeTime(view.times.until, key.until);
      if (!view.times.until[0].isConnected) view.facts.until.replaceChildren(...view.times.until);
    } else write(view.facts.until, texts.noEnd);
    write(view.facts.by, key.actor || texts.nobody);
    write(view.facts.reason, key.reason || texts.noReason);
    write(view.facts.message, key.message || data.defaultMessage);
  }
  view.actions.on.hidden = !may || key.switched;
  view.actions.on.className = key.value ? 'plain' : 'begin';
  view.actions.off.hidden = !may || !key.switched;
  view.actions.change.hidden = !may || !key.switched;
  view.actions.unset.hidden = !may || !key.value;
  view.actions.unset.className = key.abandoned && !key.switched ? 'primary' : 'quiet';
}

function drawState() {
  const present = new Set(state.keys.map((key) => key.name));
  for (const [name, view] of cards) {
    if (!present.has(name)) {
      view.card.remove();
      cards.delete(name);
    }
  }
  state.keys.forEach(drawCard);
  root.dataset.headline = state.headline;
  write(byId('headline'), texts[state.headline]);
  const told = state.active.map(({ label, since, until }) => {
    const instant = until || since;
    return fill(until ? 'activeUntil' : 'activeSince', { label, time: clock(instant) + ' (' + ago(instant) + ')' });
  });
  const note = told.length ? new Intl.ListFormat(locale).format(told) : texts.openNote;
  const inTouch = link === 'live' || link === 'polling';
  write(byId('note'), inTouch ? note : fill('lastKnown', { time: clock(heard + ahead, true), note }));
  document.title = (state.headline === 'open' ? '' : '\u25cf ') + texts[state.headline] + ' \u2013 ' + texts.title;
  notice('store', state.storeUp ? null : ['storeLost', texts.storeLostNote]);
  notice('reader', state.mayToggle ? null : [null, texts.readerNote]);
  notice('none', state.keys.length ? null : [null, texts.noKeys]);
}

/** Shows a notice above the keys, or takes it away. */
function notice(id, content, action) {
  const shown = byId('notice-' + id);
  if (!content || shown) {
    if (shown && content) write(shown.querySelector('p'), content[1]);
    else if (shown) shown.remove();
    return;
  }
  const [title, text] = content;
  const made = element('div', { id: 'notice-' + id, className: title ? 'alert' : 'hint', role: title ? 'alert' : 'note' });
  if (title) made.append(element('strong', { textContent: texts[title] }));
  made.append(element('p', { textContent: text }));
  if (action) made.append(action);
  byId('alerts').append(made);
}

let toastTimer;
function toast(text) {
  write(byId('toast'), text);
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => write(byId('toast'), ''), 8000);
}
`.trim();
