/** The dialog that switches a key on or changes what was said: for how long, what visitors read, why. */
export const ADMIN_SCRIPT_SWITCH = String.raw`
const MINUTE = 60000;
const LENGTHS = { minutes15: 15 * MINUTE, hour1: 60 * MINUTE, hours4: 240 * MINUTE, day1: 1440 * MINUTE };

/** As datetime-local wants it: the time here, without an offset. */
function localInput(ms) {
  return new Date(ms - new Date(ms).getTimezoneOffset() * MINUTE).toISOString().slice(0, 16);
}

function field(id, text, input, hint) {
  input.id = id;
  const parts = [element('label', { htmlFor: id, textContent: text }), input];
  if (hint) {
    parts.push(element('p', { id: id + '-hint', className: 'hint', dir: 'auto', textContent: hint }));
    input.setAttribute('aria-describedby', id + '-hint');
  }
  return element('div', { className: 'field' }, ...parts);
}

function lengthChoice(end) {
  const date = element('input', { type: 'datetime-local', min: localInput(Date.now()) });
  const start = Math.ceil((Date.now() + 60 * MINUTE) / (5 * MINUTE)) * 5 * MINUTE;
  date.value = localInput(start);
  const dateField = field('until', texts.date, date);
  const summary = element('p', { className: 'hint', role: 'status' });
  const ids = [...(end ? ['keepEnd'] : []), ...Object.keys(LENGTHS), 'untilDate', 'forever'];
  const radios = ids.map((id) => element('input', { type: 'radio', name: 'length', value: id, id: 'length-' + id }));
  const chosen = () => radios.find((radio) => radio.checked).value;
  const endOf = () => {
    const id = chosen();
    if (id === 'keepEnd') return Date.parse(end);
    return id === 'untilDate' ? new Date(date.value).getTime() : serverNow() + LENGTHS[id];
  };
  const draw = () => {
    dateField.hidden = chosen() !== 'untilDate';
    const at = chosen() === 'forever' ? null : endOf();
    write(summary, at === null ? texts.endsNever : Number.isNaN(at) ? '' : fill('endsAt', { time: clock(at) }));
  };
  const chips = radios.map((radio, index) =>
    element(
      'label',
      { className: 'chip' },
      radio,
      element('span', { textContent: ids[index] === 'keepEnd' ? fill('keepEnd', { time: clock(end) }) : texts[ids[index]] }),
    ),
  );
  const set = element(
    'fieldset',
    { onchange: draw, oninput: draw },
    element('legend', { textContent: texts.howLong }),
    element('div', { className: 'chips' }, ...chips),
    dateField,
    summary,
  );
  return {
    set,
    date,
    choose(id) {
      radios.find((radio) => radio.value === id).checked = true;
      draw();
    },
    /** What the server is told of the end; null when there is no such date. */
    read() {
      const id = chosen();
      if (id === 'forever') return { timeout: 0 };
      if (LENGTHS[id]) return { timeout: LENGTHS[id] };
      const at = endOf();
      return at > serverNow() ? { until: new Date(at).toISOString() } : null;
    },
  };
}

function openSwitch(name) {
  const key = keyOf(name);
  const editing = key.switched;
  const length = lengthChoice(editing ? key.until : null);
  const message = element('textarea', { rows: 3, maxLength: 10000, dir: 'auto', value: (editing && key.message) || '' });
  const reason = element('input', { type: 'text', maxLength: 1000, dir: 'auto', autocomplete: 'off', value: (editing && key.reason) || '' });
  length.choose(!editing ? 'hour1' : key.until ? 'keepEnd' : 'forever');
  openDialog(name, {
    title: editing ? 'changeTitle' : 'onTitle',
    notes: editing ? [] : [texts.closesSite],
    fields: [
      length.set,
      field('message', texts.messageField, message, fill('messageHint', { message: data.defaultMessage })),
      field('reason', texts.reasonField, reason, texts.reasonHint),
    ],
    confirm: editing ? 'confirmChange' : 'confirmOn',
    kind: editing ? 'primary' : 'danger',
    send(current) {
      const end = length.read();
      if (!end) {
        current.problem.replaceChildren(texts.pickDate);
        length.date.focus();
        return null;
      }
      const body = { mode: true, ...end };
      if (message.value.trim()) body.message = message.value.trim();
      if (reason.value.trim()) body.reason = reason.value.trim();
      return { method: 'PUT', body };
    },
  });
}
`.trim();
