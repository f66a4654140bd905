import type { PageKey } from '../../admin/page-data.js';
import { button, byId, element, write } from './elements.js';
import { defaultMessage, page, texts } from './page.js';
import { makeTime, writeTime, type ShownTime } from './times.js';

const FACTS = ['since', 'until', 'by', 'reason', 'message'] as const;

/** What the buttons of a card do. */
export interface CardActions {
  /** Switches it on, or changes what was said. */
  change(name: string): void;
  end(name: string): void;
  unset(name: string): void;
}

/** The elements of one key. They are made once, so that the focus stays where it is. */
interface Card {
  readonly section: HTMLElement;
  readonly label: HTMLElement;
  readonly badge: HTMLElement;
  readonly help: HTMLElement;
  readonly warning: HTMLElement;
  readonly list: HTMLElement;
  readonly facts: Readonly<Record<(typeof FACTS)[number], HTMLElement>>;
  readonly times: { readonly since: ShownTime; readonly until: ShownTime };
  readonly buttons: Readonly<Record<'on' | 'off' | 'change' | 'unset', HTMLButtonElement>>;
}

const cards = new Map<string, Card>();

/** One card per key. */
export function drawCards(actions: CardActions): void {
  const present = new Set(page.state.keys.map((key) => key.name));
  for (const [name, { section }] of cards) {
    if (!present.has(name)) {
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
    (Object.values(card.buttons).find((action) => !action.hidden) ?? card.section).focus();
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
    off: button('switchOff', 'primary', () => actions.end(name)),
    change: button('change', 'plain', () => actions.change(name)),
    unset: button('unset', 'quiet', () => actions.unset(name)),
  };
  for (const [id, made] of Object.entries(buttons)) {
    made.id = at(id);
    made.setAttribute('aria-describedby', label.id);
  }
  const section = element(
    'section',
    { className: 'card', tabIndex: -1, 'aria-labelledby': label.id },
    element('div', { className: 'what' }, element('div', { className: 'name' }, label, badge), help),
    element('div', { className: 'actions' }, ...Object.values(buttons)),
    warning,
    list,
  );
  byId('keys').append(section);
  return { section, label, badge, help, warning, list, facts, times, buttons };
}

function drawCard(card: Card, key: PageKey): void {
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
}

function drawWarning({ warning }: Card, { abandoned, held, switched }: PageKey): void {
  const text = abandoned ? 'abandoned' : held ? (switched ? 'heldAndOn' : 'held') : null;
  warning.hidden = text === null;
  warning.classList.toggle('severe', abandoned === true);
  write(warning, text ? texts[text] : '');
}

function drawFacts({ facts, times }: Card, key: PageKey): void {
  if (key.since) {
    writeTime(times.since, key.since);
  }
  if (key.until) {
    writeTime(times.until, key.until);
    if (!times.until.time.isConnected) {
      facts.until.replaceChildren(times.until.time, times.until.distance);
    }
  } else {
    write(facts.until, texts.noEnd);
  }
  write(facts.by, key.actor || texts.nobody);
  write(facts.reason, key.reason || texts.noReason);
  write(facts.message, key.message || defaultMessage);
}

function drawButtons({ buttons }: Card, { value, switched, abandoned }: PageKey): void {
  const may = page.state.mayToggle;
  buttons.on.hidden = !may || switched;
  buttons.on.className = value ? 'plain' : 'begin';
  buttons.off.hidden = !may || !switched;
  buttons.change.hidden = !may || !switched;
  buttons.unset.hidden = !may || !value;
  buttons.unset.className = abandoned && !switched ? 'primary' : 'quiet';
}
