/** Data, elements, texts and times, for the other parts of the script. */
export const ADMIN_SCRIPT_TOOLS = String.raw`
const data = JSON.parse(document.getElementById('data').textContent);
const texts = data.texts;
let state = data.state;
// where the page was found, so that it also works behind a proxy that takes a part of the path away
const base = location.pathname.replace(/\/+$/, '').replace(/[^/]*$/, '');
const root = document.documentElement;
const locale = (navigator.languages || []).find((tag) => tag.split('-')[0] === root.lang.split('-')[0]) || root.lang;
// the server's clock counts, whatever the clock of this machine says
let ahead = Date.parse(state.now) - Date.now();

const byId = (id) => document.getElementById(id);

function element(name, properties, ...children) {
  const made = document.createElement(name);
  for (const [property, value] of Object.entries(properties || {})) {
    if (property in made && property !== 'list') made[property] = value;
    else made.setAttribute(property, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function fill(id, values) {
  return texts[id]
    .split(/(\{\w+\})/)
    .map((part) => {
      const name = part.slice(1, -1);
      return part[0] === '{' && Object.hasOwn(values, name) ? values[name] : part;
    })
    .join('');
}

const serverNow = () => Date.now() + ahead;

function clock(instant, precise) {
  const date = new Date(instant);
  const shown = { timeStyle: precise ? 'medium' : 'short' };
  if (date.toDateString() !== new Date(serverNow()).toDateString()) shown.dateStyle = 'medium';
  return date.toLocaleString(locale, shown);
}

const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'always' });

function ago(instant) {
  const seconds = Math.round((Date.parse(instant) - serverNow()) / 1000);
  const size = Math.abs(seconds);
  if (size < 5) return new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(0, 'second');
  if (size < 60) return relative.format(seconds, 'second');
  if (size < 3570) return relative.format(Math.round(seconds / 60), 'minute');
  if (size < 84600) return relative.format(Math.round(seconds / 3600), 'hour');
  return relative.format(Math.round(seconds / 86400), 'day');
}

const makeTime = () => [element('time'), element('span', { className: 'ago' })];

function writeTime([time, distance], instant) {
  time.dateTime = instant;
  time.title = new Date(instant).toLocaleString(locale, { dateStyle: 'full', timeStyle: 'long' });
  write(time, clock(instant));
  write(distance, ago(instant));
}
`.trim();
