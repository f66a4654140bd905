import type { PageKey } from '../../admin/page-data.js';
import { armLate } from './arm.js';
import { button, byId, element, fill, write } from './elements.js';
import { passFocus } from './focus.js';
import { say } from './notices.js';
import { defaultMessage, page, texts } from './page.js';
import { drawProgress } from './progress.js';
import { clock, makeTime, writeTime, type ShownTime } from './times.js';

const FACTS = ['since', 'until', 'by', 'job', 'progress', 'reason', 'message'] as const;

/** What the buttons of a card do. */
export interface CardActions {
  /** Starts its maintenance, or changes it. */
  change(name: string): void;
  end(name: string): void;
  unset(name: string): void;
}

/** The elements of one key. They are created once, so that the focus stays where it is. */
interface Card {
  readonly section: HTMLElement;
  readonly label: HTMLElement;
  readonly badge: HTMLElement;
  readonly help: HTMLElement;
  readonly warning: HTMLElement;
  readonly list: HTMLElement;
  readonly facts: Readonly<Record<(typeof FACTS)[number], HTMLElement>>;
  readonly times: { readonly since: ShownTime; readonly until: ShownTime };
  /** In this order: the button that ends a maintenance must not appear where the one that starts it was. */
  readonly buttons: Readonly<Record<'on' | 'change' | 'off' | 'unset', HTMLButtonElement>>;
  /** Whether it has been rendered before. */
  drawn: boolean;
}

const cards = new Map<string, Card>();

/** One card per key. */
export function drawCards(actions: CardActions): void {
  const present = new Set(page.state.keys.map((key) => key.name));
  for (const [name, { section }] of cards) {
    if (!present.has(name)) {
      passFocus(section, byId('main'));
      section.remove();
      cards.delete(name);
    }
  }
  for (const key of page.state.keys) {
    let card = cards.get(key.name);
    if (!card) {
      card = makeCard(key.name, actions);
      cards.set(key.name, card);
    }
    drawCard(card, key);
  }
}

/** Gives a key the focus, unless it has it; the button that had it may have gone. */
export function focusCard(name: string): void {
  const card = cards.get(name);
  if (card && !card.section.contains(document.activeElement)) {
    (
      Object.values(card.buttons).find(({ hidden, disabled }) => !hidden && !disabled) ?? card.section
    ).focus();
  }
}

function makeCard(name: string, actions: CardActions): Card {
  const at = (id: string): string => `key-${name}-${id}`;
  const label = element('h3', { id: at('label'), dir: 'auto' });
  const badge = element('p', { className: 'badge' });
  const help = element('p', { className: 'help', dir: 'auto' });
  const warning = element('p', { className: 'warning', hidden: true });
  const list = element('dl', { hidden: true });
  const facts = {} as Record<(typeof FACTS)[number], HTMLElement>;
  for (const id of FACTS) {
    facts[id] = element('dd', { dir: 'auto' });
    list.append(element('div', { className: id }, element('dt', { textContent: texts[id] }), facts[id]));
  }
  const times = { since: makeTime(), until: makeTime() };
  facts.since.append(times.since.time, times.since.distance);
  const buttons = {
    on: button('switchOn', 'begin', () => actions.change(name)),
    change: button('change', 'plain', () => actions.change(name)),
    off: button('switchOff', 'primary', () => actions.end(name)),
    unset: button('unset', 'plain', () => actions.unset(name)),
  };
  for (const [id, made] of Object.entries(buttons)) {
    made.id = at(id);
    made.hidden = true;
    made.setAttribute('aria-describedby', label.id);
  }
  const section = element(
    'section',
    { className: 'card', tabIndex: -1, 'aria-labelledby': label.id },
    element('div', { className: 'what' }, element('div', { className: 'name' }, label, badge), help),
    warning,
    list,
    element('div', { className: 'actions' }, ...Object.values(buttons)),
  );
  byId('keys').append(section);
  return { section, label, badge, help, warning, list, facts, times, buttons, drawn: false };
}

function drawCard(card: Card, key: PageKey): void {
  if (card.drawn && card.section.classList.contains('is-on') !== key.value) {
    say(`${key.label}: ${texts[key.value ? 'on' : 'off']}`);
  }
  card.section.classList.toggle('is-on', key.value);
  write(card.label, key.label);
  write(card.badge, texts[key.value ? 'on' : 'off']);
  write(card.help, key.helpText);
  card.help.hidden = !key.helpText;
  drawWarning(card, key);
  card.list.hidden = !key.value;
  if (key.value) {
    drawFacts(card, key);
  }
  drawButtons(card, key);
  card.drawn = true;
}

function drawWarning({ warning }: Card, { abandoned, held, switched }: PageKey): void {
  const text = abandoned ? 'abandoned' : held ? (switched ? 'heldAndOn' : 'held') : null;
  warning.hidden = text === null;
  warning.classList.toggle('severe', abandoned);
  write(warning, text ? texts[text] : '');
}

function drawFacts({ facts, times }: Card, key: PageKey): void {
  if (key.since) {
    writeTime(times.since, key.since);
  }
  drawEnd(facts.until, times.until, key);
  write(facts.by, key.actor || texts.nobody);
  (facts.job.parentElement as HTMLElement).hidden = !key.holder;
  if (key.holder) {
    const { host, pid, step } = key.holder;
    write(facts.job, [fill('jobPlace', { host, pid: String(pid) }), step].filter(Boolean).join(' \u00b7 '));
  }
  drawProgress(facts.progress, key);
  write(facts.reason, key.reason || texts.noReason);
  write(facts.message, messageOf(key));
}

/** The end that visitors see; without one, also the one that they do not see. */
function drawEnd(fact: HTMLElement, { time, distance }: ShownTime, { until, endsAt }: PageKey): void {
  if (until) {
    writeTime({ time, distance }, until);
    if (!time.isConnected) {
      fact.replaceChildren(time, distance);
    }
    return;
  }
  const hidden = endsAt ? fill('safetyNet', { time: clock(endsAt) }) : texts.neverOpens;
  if (fact.children.length !== 2 || time.isConnected) {
    fact.replaceChildren(
      element('span', { textContent: texts.noEnd }),
      element('span', { className: 'ago' }),
    );
  }
  write(fact.children[1] as Element, hidden);
}

/** In every language it was given in. */
const messageOf = ({ message, messages }: PageKey): string =>
  Object.entries(messages ?? { '': message || defaultMessage })
    .map(([tag, text]) => (tag ? `${tag}: ${text}` : text))
    .join('\n');

function drawButtons({ section, buttons, drawn }: Card, { value, switched, held, abandoned }: PageKey): void {
  const may = page.state.mayToggle;
  const dead = abandoned && !held;
  const shown = {
    on: may && !switched,
    change: may && switched,
    off: may && switched,
    unset: may && (held || abandoned),
  };
  buttons.on.className = value ? 'plain' : 'begin';
  write(buttons.unset, texts[dead ? 'unsetDead' : 'unset']);
  buttons.unset.className = dead && !switched ? 'primary' : 'plain';
  for (const [id, wanted] of Object.entries(shown)) {
    const one = buttons[id as keyof typeof shown];
    if (wanted && one.hidden && drawn) {
      // the operator may have been about to press something else there
      armLate(one);
    }
    if (!wanted) {
      passFocus(one, section);
    }
    one.hidden = !wanted;
  }
}
